//go:build linux

package websocket

import (
	"net"
	"unicode/utf8"

	"fanloop/engine"
	"fanloop/internal/rounds"
)

// Conn is one connection of a Server. It belongs to its loop: its methods are to be called there only, that is inside its
// callbacks and those of the loop's other connections, timers and posted tasks. Ref is what others may hold.
// After the connection has closed, every method may still be called; those that change something do nothing, or return
// engine.ErrClosed.
type Conn struct {
	conn        *engine.Conn
	server      *Server
	unfinished  *Decoder   // what has arrived of a message or frame that is not whole; nil between them
	deflate     *deflating // nil without compression
	subprotocol string
	ending      error         // why the connection ends, once a Close frame has been sent
	timer       *engine.Timer // for the opening handshake, then for the closing one
	seat        rounds.Seat   // in the rounds of pings
	unheard     uint8         // pings since anything has come
	torn        bool          // no frame can be found in the input any more
}

var _ engine.Peer = (*Conn)(nil)

// ID is the connection's number, from 1 up, never used again in this process.
func (c *Conn) ID() uint64 { return c.conn.ID() }

// Value is what SetValue stored: the user's own.
func (c *Conn) Value() any { return c.conn.Value() }

// SetValue stores something of the user's with the connection.
func (c *Conn) SetValue(v any) { c.conn.SetValue(v) }

// RemoteAddr is the client's address: the peer's, or what a trusted proxy has told (http.ReadForwarded). It stays valid after the
// connection has closed.
func (c *Conn) RemoteAddr() net.Addr { return c.conn.RemoteAddr() }

// LocalAddr is the address that the peer connected to. It stays valid after the connection has closed.
func (c *Conn) LocalAddr() net.Addr { return c.conn.LocalAddr() }

// Loop is the loop that the connection lives on.
func (c *Conn) Loop() *engine.Loop { return c.conn.Loop() }

// Ref is the connection as other goroutines, and a hub, may hold it.
func (c *Conn) Ref() engine.Ref { return c.conn.Ref() }

// Subprotocol is the one that was chosen, "" for none.
func (c *Conn) Subprotocol() string { return c.subprotocol }

// Pause stops the handling of messages, also of those that have arrived already, until Resume. What is sent still goes out.
// Pings are not answered meanwhile, and that the client has gone may be noticed only afterwards. After Close there is
// nothing to pause.
func (c *Conn) Pause() {
	if c.ending == nil {
		c.conn.Pause()
	}
}

// Resume ends Pause.
func (c *Conn) Resume() { c.conn.Resume() }

// Exempt lifts the listener's MessageRate and ByteRate from the connection.
func (c *Conn) Exempt() { c.conn.Exempt() }

// smallMessage is the length up to which a message is encoded on the stack and copied, not kept.
const smallMessage = 1 << 10

// Send sends p as one text message; p is copied. Messages leave in the order in which they were sent. The errors are
// ErrInvalidUTF8; engine.ErrClosed after the end has begun; and, outside the connection's own callbacks only,
// engine.ErrFull when more than the listener's MaxOutbox bytes wait for a peer that does not read.
func (c *Conn) Send(p []byte) error {
	if !utf8.Valid(p) {
		return ErrInvalidUTF8
	}
	return c.send(p, false)
}

// SendBinary sends p as one binary message, as Send does.
func (c *Conn) SendBinary(p []byte) error { return c.send(p, true) }

func (c *Conn) send(p []byte, binary bool) error {
	if c.ending != nil || !c.open() {
		return engine.ErrClosed
	}
	if c.deflate.compresses(len(p)) {
		return c.conn.SendShared(c.deflate.appendFrame(nil, p, binary))
	}
	if len(p) > smallMessage {
		return c.conn.SendShared(appendFrame(make([]byte, 0, len(p)+maxHeader), p, binary))
	}
	var frame [maxHeader + smallMessage]byte
	_, err := c.conn.Write(appendFrame(frame[:0], p, binary))
	return err
}

// maxHeader is the longest header of a frame that is not masked (RFC 6455 5.2).
const maxHeader = 10

// open tells whether the opening handshake is over: before that, a frame has no place.
func (c *Conn) open() bool {
	_, ok := c.conn.Handler().(*session)
	return ok
}

// Close sends what is waiting and a Close frame with StatusNormalClosure; see CloseWith.
func (c *Conn) Close() { c.CloseWith(StatusNormalClosure, "") }

// CloseWith sends what is waiting and a Close frame, and closes when the client's Close frame has come, or after the
// CloseTimeout. No message is read or sent any more, and for a hub the connection is gone. OnClose follows when the
// connection has closed. A code that must not be sent (see AppendClose), or a reason that is not UTF-8, is replaced by
// StatusInternalError. During the opening handshake the connection is closed without an answer.
func (c *Conn) CloseWith(code int, reason string) {
	if !c.open() {
		c.conn.Close()
		return
	}
	(*session)(c).startClose(code, reason, engine.ErrClosed)
}

// Abort drops what is waiting and closes at once; the peer gets a reset. OnClose follows the present callback.
func (c *Conn) Abort() { c.conn.Abort() }
