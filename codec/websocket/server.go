//go:build linux

package websocket

import (
	"strconv"
	"sync/atomic"
	"time"
	"unicode/utf8"

	"fanloop/codec/http"
	"fanloop/engine"
)

// Server serves WebSocket connections. Give a pointer to it to Engine.Listen; one Server may have several listeners. Its
// fields are set before that and not changed afterwards; each may be left out.
//
// All callbacks run on the connection's loop, one at a time, and must not block. Messages that arrive together are handled
// one by one: Pause stops before the next of them. Pings are answered without a callback. A callback that panics closes its
// connection with StatusInternalError, or refuses it with 500 when it is OnUpgrade.
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
	// RestartSpread is over how long clients should come back when the engine stops: each is closed with StatusServiceRestart and
	// a reason such as {"retry_ms":3200}, a time at random from a tenth of RestartSpread up to all of it. Browsers show both to
	// the page, whose own code has to wait. Default 0: they are closed with StatusGoingAway.
	RestartSpread time.Duration
	// PingInterval is how often a client is sent a Ping, so that proxies do not take its connection for dead either. One that has
	// sent nothing at all by the time of the fourth Ping in a row is closed instead, with StatusGoingAway, and OnClose gets
	// ErrPongTimeout; while a connection is paused, or its peer does not read, that is not held against it. Default 30 s; less than 0: none.
	PingInterval time.Duration
	// BindTimeout is how long a connection may be open without being bound to a uid, or taken by another hub. Beyond it it is closed with
	// StatusPolicyViolation, and OnClose gets engine.ErrUnbound. Default 0: for ever, because a server need not have a hub.
	BindTimeout time.Duration
	// Subprotocols are those that the server speaks, the ones it likes best first. The first that the client offers too is
	// chosen; without one in common the connection has none (RFC 6455 4.2.2).
	Subprotocols []string
	// Origins says which web pages may connect; others are refused with 403, before OnUpgrade (RFC 6455 10.2). The zero value means
	// pages of the same host.
	Origins http.Origins
	// Compression accepts offers of permessage-deflate (RFC 7692), without taking over context in either direction: a
	// message to many is compressed once for all who agreed on the same window. Default off: it costs CPU, and compressing
	// secrets together with what a stranger chose can give them away.
	Compression bool
	// CompressMin is the length in bytes from which on messages to clients are compressed. 0 or less means 512.
	CompressMin int
	// Engine serves the connections that come through ServeHTTP, which needs it; Listen does not.
	Engine *engine.Engine
	// Adopted says where those connections live and what their limits are. The zero value means the defaults.
	Adopted engine.ListenOptions

	// OnUpgrade is called when the client's opening handshake is right, before it is answered. An error refuses it: a
	// *http.Refusal as it says, any other with 403 and nothing more. The connection can be closed here, but messages can be
	// sent, and pushed by a hub, from OnConnect on. Default: everybody is let in.
	OnUpgrade func(c *Conn, h *Handshake) error
	// OnConnect is called once the connection is open.
	OnConnect func(c *Conn)
	// OnMessage is called with each message.
	OnMessage func(c *Conn, m Message)
	// OnClose is called once for each connection that had its OnConnect, last, after the callback in which the end came.
	// err says why: a *CloseError when the client sent a Close frame, an Error when it broke the protocol, io.EOF when it
	// went away without a word, engine.ErrClosed when the program called Close or a hub's Kick came, another of the engine's
	// errors, or the socket's own.
	OnClose func(c *Conn, err error)
	// OnBufferFull is called when what waits for a peer that does not read has come to the listener's MaxOutbox, by its own
	// answers or a push, whatever the listener's SlowPolicy does then; OnBufferDrain when it has become half of that. While
	// more waits because of its own answers, no messages are read from the peer.
	OnBufferFull  func(c *Conn)
	OnBufferDrain func(c *Conn)

	deflatings   deflatings
	pingers      pingers
	pongTimeouts atomic.Uint64

	originsRefused atomic.Uint64
	counters       counters
}

// OriginsRefused is how many handshakes have been refused because of the page that they come from. It may be called from any
// goroutine.
func (s *Server) OriginsRefused() uint64 { return s.originsRefused.Load() }

func (s *Server) handshakeTimeout() time.Duration {
	return orDefault(s.HandshakeTimeout, 10*time.Second)
}
func (s *Server) closeTimeout() time.Duration { return orDefault(s.CloseTimeout, 5*time.Second) }
func (s *Server) pingInterval() time.Duration { return orDefault(s.PingInterval, 30*time.Second) }

func orDefault(d, usual time.Duration) time.Duration {
	if d > 0 {
		return d
	}
	return usual
}

// PongTimeouts is how many connections have been closed because nothing came after a Ping. It may be called from any goroutine.
func (s *Server) PongTimeouts() uint64 { return s.pongTimeouts.Load() }

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
func (s *Server) Serve(conn *engine.Conn) engine.Handler { return s.opening(conn) }

func (s *Server) opening(conn *engine.Conn) *opening {
	conn.SetFormat(openingFormat)
	c := &Conn{conn: conn, server: s}
	return &opening{conn: c, head: http.HeadDecoder{Limits: s.MaxHead}}
}

// format puts shared messages on WebSocket connections: one unmasked frame for all of them.
var format = engine.NewFormat(appendShared, kick)

func kick(conn *engine.Conn, code int, reason string) {
	if s, ok := conn.Handler().(*session); ok {
		s.startClose(code, reason, engine.ErrClosed)
	}
}

// openingFormat is a connection's before that: there is no frame in an opening handshake, and only a panic in OnUpgrade and a lack
// of memory lead to a goodbye.
var openingFormat = engine.NewFormat(
	func(_, _ []byte, _ bool) []byte { return nil },
	func(conn *engine.Conn, code int, _ string) {
		cause := errInternal
		if code == StatusTryAgainLater {
			cause = errMemory
		}
		if o, ok := conn.Handler().(*opening); ok {
			o.refuse(cause, nil)
		}
	},
)

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
