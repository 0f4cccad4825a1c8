//go:build linux

package engine

import "runtime/debug"

// recovered is deferred around every callback: a panic closes the connection it belongs to (c may be nil), is logged with
// its stack, and nothing else happens.
func (l *Loop) recovered(c *Conn) {
	r := recover()
	if r == nil {
		return
	}
	l.stats.panics.Add(1)
	l.log.Error("engine: a callback panicked", "loop", l.index, logOf(c), "panic", r, "stack", string(debug.Stack()))
	if c != nil && c.state == open {
		c.panicked = true
		l.enqueue(c)
	}
}

// statusInternalError is RFC 6455's close code 1011 (7.4.1), which a format's kick translates for its protocol.
const statusInternalError = 1011

// endPanicked closes a connection after its callback panicked, telling the peer in its protocol.
func (l *Loop) endPanicked(c *Conn) {
	c.panicked = false
	c.seldom().reason = ErrPanic
	if c.detached {
		c.Close() // the goodbye that it panicked in is not begun again
		return
	}
	l.kick(c, statusInternalError, "internal error")
}

// kick lets the connection's protocol say goodbye, as a callback of the connection; a goodbye that panics ends it at once,
// and one that does not even begin the end is as good as none.
func (l *Loop) kick(c *Conn, code int, reason string) {
	if c.state != open || c.detached {
		return // it has said goodbye
	}
	before, posted := l.current, l.posted
	l.current, l.posted = c, false
	defer func() {
		l.current, l.posted = before, posted
		l.enqueue(c)
		if r := recover(); r != nil {
			l.stats.panics.Add(1)
			l.log.Error("engine: a goodbye panicked", c.Log(), "panic", r, "stack", string(debug.Stack()))
			c.abort(ErrPanic)
		}
	}()
	if c.format.kick != nil {
		c.format.kick(c, code, reason)
	}
	if !c.detached {
		c.Close()
	}
}
