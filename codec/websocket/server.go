//go:build linux

package websocket

import (
	"errors"
	"io"
	"strconv"
	"time"
	"unicode/utf8"

	"fanloop/codec/http"
	"fanloop/engine"
)

// Server serves WebSocket connections. Give a pointer to it to Engine.Listen; one Server may have several listeners. Its
// fields are set before that and not changed afterwards; each may be left out.
//
// All callbacks run on the connection's loop, one at a time, and must not block. Messages that arrive together are handled
// one by one: Pause stops before the next of them. Pings are answered without a callback.
type Server struct {
	// MaxMessage is the limit on a message from the client, in bytes over all its fragments. 0 or less means
	// DefaultMaxMessage. A client that exceeds it is closed with StatusMessageTooBig.
	MaxMessage int
	// MaxHead limits the opening handshake's request; its zero fields mean the defaults of http.Limits.
	MaxHead http.Limits
	// HandshakeTimeout is how long a client may take from the connection to the end of its opening handshake, after which
	// it is answered 408 and closed. Default 10 s.
	HandshakeTimeout time.Duration
	// CloseTimeout is how long Close waits for the client's Close frame. Default 5 s.
	CloseTimeout time.Duration
	// Subprotocols are those that the server speaks, the ones it likes best first. The first that the client offers too is
	// chosen; without one in common the connection has none (RFC 6455 4.2.2).
	Subprotocols []string

	// OnUpgrade is called when the client's opening handshake is right, before it is answered. An error refuses it: a
	// *http.Refusal as it says, any other with 403 and nothing more. Default: everybody is let in.
	OnUpgrade func(c *Conn, h *Handshake) error
	// OnConnect is called once the connection is open.
	OnConnect func(c *Conn)
	// OnMessage is called with each message.
	OnMessage func(c *Conn, m Message)
	// OnClose is called once for each connection that had its OnConnect, last, after the callback in which the end came.
	// err says why: a *CloseError when the client sent a Close frame, an Error when it broke the protocol, io.EOF when it
	// went away without a word, engine.ErrClosed when the program called Close, another of the engine's errors, or the
	// socket's own.
	OnClose func(c *Conn, err error)
	// OnBufferFull is called when more than the listener's MaxOutbox bytes wait for a peer that does not read, and
	// OnBufferDrain when they have become half of that. In between, no messages are read from the peer.
	OnBufferFull  func(c *Conn)
	OnBufferDrain func(c *Conn)
}

// CloseError is the client's Close frame as OnClose gets it.
type CloseError struct {
	Code   int    // StatusNoStatusReceived when the frame had none
	Reason string // valid UTF-8, at most 123 bytes
}

// Error gives code and reason.
func (e *CloseError) Error() string {
	text := "websocket: closed by the client with " + strconv.Itoa(e.Code)
	if e.Reason == "" {
		return text
	}
	return text + ": " + e.Reason
}

// Serve makes the engine's handler of a connection; the engine calls it.
func (s *Server) Serve(conn *engine.Conn) engine.Handler {
	c := &Conn{conn: conn, server: s, decoder: Decoder{MaxMessage: s.MaxMessage}}
	return &opening{conn: c, head: http.HeadDecoder{Limits: s.MaxHead}}
}

// format puts shared messages on WebSocket connections: one unmasked frame for all of them.
var format *engine.Format

// kick needs format's users, and they need format.
func init() {
	format = engine.NewFormat(appendShared, func(conn *engine.Conn, code int, reason string) {
		if s, ok := conn.Handler().(*session); ok {
			s.startClose(code, reason, engine.ErrClosed)
		}
	})
}

// appendShared refuses text that is not UTF-8, on which every browser ends the connection (RFC 6455 8.1).
func appendShared(dst, data []byte, binary bool) []byte {
	if !binary && !utf8.Valid(data) {
		return nil
	}
	return appendFrame(dst, data, binary)
}

func appendFrame(dst, data []byte, binary bool) []byte {
	if binary {
		return AppendBinary(dst, data)
	}
	return AppendText(dst, data)
}

// session is an open Conn as the engine sees it: the same memory, with the methods that are not the user's.
type session Conn

func (s *session) OnOpen(*engine.Conn) {}

func (s *session) OnTraffic(conn *engine.Conn, p []byte) (used int) {
	for used < len(p) && conn.Next() {
		event, n, err := s.decoder.Decode(p[used:])
		if err != nil {
			s.fail(err)
			return len(p)
		}
		used += n
		s.handle(event)
	}
	return used
}

func (s *session) handle(e Event) {
	switch e.Kind {
	case EventText, EventBinary:
		// After our own Close frame the client's messages are discarded (RFC 6455 7.1.7 and 1.4).
		if f := s.server.OnMessage; f != nil && s.ending == nil {
			f((*Conn)(s), Message{Data: e.Data, Binary: e.Kind == EventBinary})
		}
	case EventPing:
		// Also after our own Close frame, as long as the client's has not come (RFC 6455 5.5.2).
		var pong [2 + MaxControlPayload]byte
		_, _ = s.conn.Write(AppendPong(pong[:0], e.Data)) // fails when the end has begun
	case EventClose:
		s.closedBy(e)
	}
}

// closedBy answers the client's Close frame, or takes it as the answer to ours, and closes the connection: the server does
// that first (RFC 6455 7.1.1).
func (s *session) closedBy(e Event) {
	if s.ending == nil {
		s.ending = &CloseError{Code: e.Code, Reason: string(e.Data)}
		s.sendClose(e.Code, "")
	}
	s.end(s.ending)
}

// fail closes the connection because the client broke the protocol (RFC 6455 7.1.7).
func (s *session) fail(err error) {
	if s.ending == nil {
		var breach Error
		if errors.As(err, &breach) {
			s.sendClose(breach.Code(), breach.text)
		}
		s.ending = err
	}
	s.end(s.ending)
}

// startClose sends a Close frame; the connection ends with the client's, or when it does not come in time. For a hub it is
// gone from now on.
func (s *session) startClose(code int, reason string, cause error) {
	if s.ending != nil || s.conn.Closing() {
		return
	}
	s.ending = cause
	s.conn.Detach()
	s.sendClose(code, reason)
	// The client's Close frame is wanted, whatever stopped the reading of messages.
	s.conn.Resume()
	s.conn.Release()
	s.timer = s.conn.Loop().After(orDefault(s.server.CloseTimeout, 5*time.Second), func() { s.end(s.ending) })
}

func (s *session) sendClose(code int, reason string) {
	var frame [2 + MaxControlPayload]byte
	p, err := AppendClose(frame[:0], code, reason)
	if err != nil {
		p, _ = AppendClose(frame[:0], StatusInternalError, "")
	}
	_, _ = s.conn.Write(p) // fails when the end has begun
}

func (s *session) end(reason error) {
	if s.timer != nil {
		s.timer.Stop()
	}
	s.conn.CloseWith(reason)
}

// OnEOF: a client that ends without a Close frame is gone at once.
func (s *session) OnEOF(*engine.Conn) {
	if s.ending == nil {
		s.ending = io.EOF
	}
	s.end(s.ending)
}

func (s *session) OnShutdown(*engine.Conn) {
	s.startClose(StatusGoingAway, "server stops", engine.ErrShutdown)
}

func (s *session) OnBufferFull(*engine.Conn) {
	if f := s.server.OnBufferFull; f != nil {
		f((*Conn)(s))
	}
}

func (s *session) OnBufferDrain(*engine.Conn) {
	if f := s.server.OnBufferDrain; f != nil {
		f((*Conn)(s))
	}
}

func (s *session) OnClose(_ *engine.Conn, err error) {
	if s.timer != nil {
		s.timer.Stop()
	}
	if f := s.server.OnClose; f != nil {
		f((*Conn)(s), err)
	}
}

func orDefault(d, usual time.Duration) time.Duration {
	if d > 0 {
		return d
	}
	return usual
}
