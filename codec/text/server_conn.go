//go:build linux

package text

import (
	"net"
	"time"

	"fanloop/engine"
)

// Conn is one connection of a Server. It belongs to its loop: its methods are to be called there only, that is inside its
// callbacks and those of the loop's other connections, timers and posted tasks. Ref is what others may hold.
// After the connection has closed, every method may still be called; those that change something do nothing, or return
// engine.ErrClosed.
type Conn struct {
	conn    *engine.Conn
	server  *Server
	decoder Decoder
	answers *answers      // nil until something was sent
	ending  error         // why the connection closes once nothing waits; nil while it goes on
	idle    *engine.Timer // of IdleTimeout; nil without
	heard   time.Duration // when something came last

	timer     *engine.Timer // until the peer has shown its token
	inMessage bool          // OnMessage runs
	holding   bool          // because of the answers that are owed
	deaf      bool          // takes no more lines
	admitted  bool          // nothing is asked of the peer any more
	connected bool          // OnConnect has been called
}

var _ engine.Peer = (*Conn)(nil)

// ID is the connection's number, from 1 up, never used again in this process.
func (c *Conn) ID() uint64 { return c.conn.ID() }

// Value is what SetValue stored: the user's own.
func (c *Conn) Value() any { return c.conn.Value() }

// SetValue stores something of the user's with the connection.
func (c *Conn) SetValue(v any) { c.conn.SetValue(v) }

// RemoteAddr is the client's address: the peer's, or what a trusted proxy has told in a PROXY header. It stays valid after the connection has closed.
func (c *Conn) RemoteAddr() net.Addr { return c.conn.RemoteAddr() }

// LocalAddr is the address that the peer connected to. It stays valid after the connection has closed.
func (c *Conn) LocalAddr() net.Addr { return c.conn.LocalAddr() }

// Loop is the loop that the connection lives on.
func (c *Conn) Loop() *engine.Loop { return c.conn.Loop() }

// Ref is the connection as other goroutines may hold it.
func (c *Conn) Ref() engine.Ref { return c.conn.Ref() }

// Pause stops the handling of messages, also of those that have arrived already, until Resume. What is sent still goes out.
func (c *Conn) Pause() { c.conn.Pause() }

// Resume ends Pause.
func (c *Conn) Resume() { c.conn.Resume() }

// Exempt lifts the listener's MessageRate and ByteRate from the connection.
func (c *Conn) Exempt() { c.conn.Exempt() }

// Send sends p as one line, which AppendLine describes; p is copied. Lines and answers leave in the order in which they were
// sent and asked for: a line behind a Reply that has not been sent yet waits for it. Messages that a hub pushes do not wait.
//
// The errors are ErrNewline; engine.ErrClosed after the end has begun; and, outside OnMessage only, engine.ErrFull when more than the
// listener's MaxOutbox bytes wait for a peer that does not read, or 1,024 lines wait for an answer that is owed.
func (c *Conn) Send(p []byte) error {
	end, err := lineEnd(p)
	switch {
	case err != nil:
		return err
	case c.conn.Closing():
		return engine.ErrClosed
	}
	a := c.queue()
	if a.waiting() >= maxOwed && !c.inMessage {
		return engine.ErrFull
	}
	alone := a.waiting() == 0
	a.say(p, end)
	if err := a.flush(c.conn); err != nil && alone {
		a.pop()
		return err
	}
	return nil
}

// Reply keeps the next place among the lines of the connection for an answer, which any goroutine may send later: so answers
// leave in the order of the questions, whichever is ready first. Each Reply must be sent sooner or later, for what comes behind it
// waits. A connection that waits for 1,024 of them reads no more messages until it is half of that. When the connection closes, those
// that are still owed are dropped.
func (c *Conn) Reply() Reply {
	if c.conn.Closing() {
		return Reply{}
	}
	a := c.queue()
	s := a.ask()
	if !c.inMessage {
		a.arm()
	}
	return s.reply()
}

// Close sends what is waiting, up to the first answer that is still owed, and closes; what waits behind that is dropped.
// OnClose follows the present callback.
func (c *Conn) Close() {
	if c.answers != nil {
		_ = c.answers.flush(c.conn) // an error means that it cannot be sent any more
		c.answers.drop()
	}
	c.conn.Close()
}

// Abort drops what is waiting and closes at once; the peer gets a reset. OnClose follows the present callback.
func (c *Conn) Abort() {
	(*session)(c).drop()
	c.conn.Abort()
}

func (c *Conn) queue() *answers {
	if c.answers == nil {
		a := &answers{loop: c.conn.Loop()}
		a.wake = func() {
			a.heard()
			(*session)(c).settle()
		}
		c.answers = a
	}
	return c.answers
}
