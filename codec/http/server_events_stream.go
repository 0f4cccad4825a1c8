//go:build linux

package http

import (
	"bytes"
	"net"
	"unicode/utf8"

	"fanloop/engine"
	"fanloop/internal/rounds"
)

// EventStream is a connection to which events are sent. It belongs to its loop: its methods are to be called there only, that
// is inside its callbacks and those of the loop's other connections, timers and posted tasks. Ref is what others may hold;
// a hub's messages become events without a type. Nothing is read from the client; that it has gone is noticed at once.
// After the stream has ended, every method may still be called; those that change something do nothing, or return
// engine.ErrClosed.
type EventStream struct {
	conn   *engine.Conn
	events *Events
	desk   *desk
	seat   rounds.Seat // in the rounds of heartbeats
	old    bool        // HTTP/1.0: without chunks
}

var _ engine.Peer = (*EventStream)(nil)

// The formats put messages of a hub on event streams, encoded once for all that there are. What is not text cannot be
// expressed.
var (
	eventFormat = engine.NewFormat(
		func(dst, data []byte, binary bool) []byte {
			if binary {
				return nil
			}
			return eventChunk(dst, data)
		},
		sayGoodbye,
	)
	oldEventFormat = engine.NewFormat(
		func(dst, data []byte, binary bool) []byte {
			if binary || !utf8.Valid(data) {
				return nil
			}
			return appendMessage(dst, data)
		},
		sayGoodbye,
	)
)

// sayGoodbye ends a stream in its protocol, which has no word for a code or a reason but those that Goodbye finds.
func sayGoodbye(conn *engine.Conn, code int, reason string) {
	c, ok := conn.Handler().(*eventSession)
	if !ok {
		return
	}
	var last *Event
	if goodbye := c.events.Goodbye; goodbye != nil {
		last = goodbye(code, reason)
	}
	c.end(engine.ErrClosed, last)
}

func (c *EventStream) format() *engine.Format {
	if c.old {
		return oldEventFormat
	}
	return eventFormat
}

// ID is the connection's number, from 1 up, never used again in this process.
func (c *EventStream) ID() uint64 { return c.conn.ID() }

// Value is what SetValue stored with the connection, Exchange.SetValue too.
func (c *EventStream) Value() any { return c.conn.Value() }

// SetValue stores something of the user's with the connection.
func (c *EventStream) SetValue(v any) { c.conn.SetValue(v) }

// RemoteAddr is the client's address: the peer's, or what a trusted proxy has told. It stays valid after the connection has closed.
func (c *EventStream) RemoteAddr() net.Addr { return c.conn.RemoteAddr() }

// LocalAddr is the address that the client connected to. It stays valid after the connection has closed.
func (c *EventStream) LocalAddr() net.Addr { return c.conn.LocalAddr() }

// Loop is the loop that the connection lives on.
func (c *EventStream) Loop() *engine.Loop { return c.conn.Loop() }

// Ref is the connection as other goroutines, and a hub, may hold it.
func (c *EventStream) Ref() engine.Ref { return c.conn.Ref() }

// smallEvent is the length up to which an event is encoded on the stack and copied, not kept.
const smallEvent = 1 << 10

// Send sends p, UTF-8, as the data of one event; p is copied. Events leave in the order in which they were sent. The errors
// are ErrEventText; engine.ErrClosed after the end has begun; and, outside the connection's own callbacks only,
// engine.ErrFull when more than the listener's MaxOutbox bytes wait for a client that does not read.
func (c *EventStream) Send(p []byte) error {
	e := Event{Data: p}
	if p == nil {
		e.Data = []byte{}
	}
	return c.SendEvent(&e)
}

// SendEvent sends an event with a type or an ID; its Data is copied. The errors are those of AppendEvent and of Send.
func (c *EventStream) SendEvent(e *Event) error {
	if err := e.check(); err != nil {
		return err
	}
	var small [smallEvent]byte
	return c.send(c.ends(e.append(c.begins(small[:0]))))
}

// Comment sends text as a comment, which clients skip. The errors are those of Send.
func (c *EventStream) Comment(text string) error {
	var small [smallEvent]byte
	out, err := AppendComment(c.begins(small[:0]), text)
	if err != nil {
		return err
	}
	return c.send(c.ends(out))
}

// begins and ends stand around what is sent.
func (c *EventStream) begins(dst []byte) []byte {
	if c.old {
		return dst
	}
	return append(dst, chunkRoom...)
}

func (c *EventStream) ends(dst []byte) []byte {
	if c.old {
		return dst
	}
	return endChunk(dst, 0)
}

func (c *EventStream) send(out []byte) error {
	if len(out) <= smallEvent {
		return c.conn.Send(out)
	}
	return c.conn.SendShared(bytes.Clone(out))
}

// Close sends what is waiting, ends the stream and closes the connection. A browser connects again after the retry time.
func (c *EventStream) Close() { c.end(engine.ErrClosed, nil) }

// Abort drops what is waiting and closes at once; the client gets a reset.
func (c *EventStream) Abort() { c.conn.Abort() }

// Pause stops reading from the client, which has nothing to say; Resume ends it.
func (c *EventStream) Pause() { c.conn.Pause() }

// Resume ends Pause.
func (c *EventStream) Resume() { c.conn.Resume() }

const lastChunk = "0\r\n\r\n"

func (c *EventStream) end(reason error, last *Event) {
	if c.conn.Closing() {
		return
	}
	c.conn.Detach() // no event comes behind the last chunk, and that one finds room
	if last != nil {
		_ = c.SendEvent(last) // what is no event is not sent
	}
	if !c.old {
		_ = c.conn.Send([]byte(lastChunk))
	}
	c.conn.CloseWith(reason)
}

// eventSession is an EventStream as the engine sees it: the same memory, with the methods that are not the user's.
type eventSession EventStream

func (s *eventSession) end(reason error, last *Event) { (*EventStream)(s).end(reason, last) }

func (s *eventSession) OnOpen(*engine.Conn) {}

// OnTraffic: requests that come behind have no answer, for this one has no end.
func (s *eventSession) OnTraffic(_ *engine.Conn, p []byte) int { return len(p) }

func (s *eventSession) OnShutdown(*engine.Conn) { s.end(engine.ErrShutdown, s.events.farewell()) }

func (s *eventSession) OnClose(_ *engine.Conn, err error) {
	c := (*EventStream)(s)
	c.desk.counters.eventsOpen.Add(-1)
	c.rise()
	if f := c.events.OnClose; f != nil {
		f(c, err)
	}
}
