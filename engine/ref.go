//go:build linux

package engine

import "net"

// Ref is a connection as other goroutines, and a hub, may hold it. It is comparable; two Refs are equal when they are of the
// same connection. Its methods may be called from any goroutine, unless they say otherwise.
type Ref struct{ conn *Conn }

// ID is the connection's number, never used again in this process.
func (r Ref) ID() uint64 { return r.conn.id }

// Loop is the loop that the connection lives on.
func (r Ref) Loop() *Loop { return r.conn.loop }

// LoopIndex is the number of that loop.
func (r Ref) LoopIndex() int { return r.conn.loop.index }

// RemoteAddr is what Conn.RemoteAddr is.
func (r Ref) RemoteAddr() net.Addr {
	l := r.conn.loop
	l.renaming.RLock()
	remote := r.conn.remote
	l.renaming.RUnlock()
	return remote.addr()
}

// Post runs fn on the connection's loop, as one of its callbacks, unless its end has begun by then. What it sends comes from
// elsewhere, not from the peer's messages: no pause of reading bounds it, so Send returns ErrFull past the mark. A nil error
// means that it was posted; ErrClosed that the loop has stopped.
func (r Ref) Post(fn func(c *Conn)) error {
	return r.reply(func(c *Conn) {
		c.loop.posted = true
		defer func() { c.loop.posted = false }()
		fn(c)
	})
}

// reply is Post for what the peer has asked for.
func (r Ref) reply(fn func(c *Conn)) error {
	c := r.conn
	return c.loop.Post(func() { c.loop.callback(c, fn) })
}

// Kick lets the connection's protocol say goodbye, with a WebSocket close code (RFC 6455 7.4) and a reason, and close it. A nil
// error means that this was posted to its loop; ErrClosed that the loop has stopped.
func (r Ref) Kick(code int, reason string) error {
	return r.reply(func(c *Conn) { c.loop.kick(c, code, reason) })
}

// callback runs fn as a callback of c: what it sends goes out at its end.
func (l *Loop) callback(c *Conn, fn func(c *Conn)) {
	if c.state != open {
		return
	}
	l.current = c
	l.guardedBy(c, fn)
	l.current = nil
	l.finish(c)
}

func (l *Loop) guardedBy(c *Conn, fn func(c *Conn)) {
	defer l.recovered(c)
	fn(c)
}

// Outlet is a connection as a hub uses it on the connection's loop. It is an alias of an interface literal so that a hub can
// name it without importing this package.
type Outlet = interface {
	// Push queues m, in order behind everything before it. false: refused, because the end has begun, the outbox is full
	// (the connection is then closed as a slow consumer), or its format cannot express m.
	Push(m Shared) bool
	// Hear says whether the connection gets what Loop.Broadcast puts into the log.
	Hear(on bool)
	// Kick pushes last, unless it is nil, says goodbye in the connection's protocol with a WebSocket close code and a
	// reason, and closes.
	Kick(last Shared, code int, reason string)
}

// Attach gives the connection to a hub. gone is called once, on the loop, when the connection's end begins, also inside
// another callback. false means that it has begun already, or that the connection has a hub. On the connection's loop only.
func (r Ref) Attach(gone func()) (Outlet, bool) {
	c := r.conn
	if c.state != open || c.detached || c.gone != nil {
		return nil, false
	}
	c.gone = gone
	c.forgetAttach()
	return (*outlet)(c), true
}

type outlet Conn

func (o *outlet) Push(m Shared) bool { return (*Conn)(o).pushShared(m) }

func (o *outlet) Hear(on bool) { (*Conn)(o).hear(on) }

func (o *outlet) Kick(last Shared, code int, reason string) {
	c := (*Conn)(o)
	if c.state != open || c.detached {
		return
	}
	if last != nil {
		c.pushShared(last)
	}
	c.loop.kick(c, code, reason)
}
