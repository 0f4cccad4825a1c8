//go:build linux

package engine

import "net"

// A Server makes the handler of each connection that a listener accepts, or that Adopt brings. Serve is called on the connection's loop, before
// anything else.
type Server interface {
	Serve(c *Conn) Handler
}

// A Handler is a connection's protocol: it is called on the connection's loop, one call at a time.
type Handler interface {
	// OnOpen is called once, first.
	OnOpen(c *Conn)
	// OnTraffic is called with bytes from the peer and returns how many of them it took. The slice is valid, and may be
	// written to, until OnTraffic returns. What is not taken is kept and given again, in front of what comes next: so a
	// handler may leave an unfinished message (up to MaxUnfinished bytes), and must leave what follows after Next said no.
	OnTraffic(c *Conn, p []byte) int
	// OnClose is called once, last, never inside another callback. err says why: io.EOF (the peer), ErrClosed (Close was
	// called), another of this package's errors, a syscall.Errno of the socket, or what CloseWith was given.
	OnClose(c *Conn, err error)
}

// An EOFHandler wants to judge the peer's EOF. Without OnEOF the connection is closed then, with io.EOF as the reason.
// After OnEOF the connection can still send, until it is closed.
type EOFHandler interface {
	OnEOF(c *Conn)
}

// A ShutdownHandler says goodbye in its protocol, and closes the connection, when the engine stops. Without it the engine
// closes the connection. OnShutdown may be called twice when it does not begin the connection's end.
type ShutdownHandler interface {
	OnShutdown(c *Conn)
}

// A BufferHandler is told when what waits for a peer that does not read has come to MaxOutbox, before the SlowPolicy acts, and
// when it has caught up to half of that. Whoever sends to the connection may find OnBufferFull called before Send returns.
type BufferHandler interface {
	OnBufferFull(c *Conn)
	OnBufferDrain(c *Conn)
}

// A HomeServer's connections, of those who publish, live on the home loop unless ListenOptions say otherwise. PreferHome is asked when a
// listener opens.
type HomeServer interface {
	PreferHome() bool
}

func prefersHome(s Server) bool {
	h, ok := s.(HomeServer)
	return ok && h.PreferHome()
}

// Peer is what the connections of all protocols have in common, so that one function can serve several protocols. It
// belongs to its loop, as a Conn does.
type Peer interface {
	ID() uint64
	Value() any
	SetValue(v any)
	RemoteAddr() net.Addr
	LocalAddr() net.Addr
	Loop() *Loop
	Ref() Ref
	// Send sends p as one message of the protocol's usual kind; p may be used again afterwards.
	Send(p []byte) error
	// Close sends what is waiting, says goodbye in the protocol and closes.
	Close()
	// Abort closes at once.
	Abort()
	// Pause stops reading from the peer until Resume.
	Pause()
	Resume()
}
