//go:build linux

package engine

// A DrainHandler's OnDrain is what Conn.AwaitDrain asks for.
type DrainHandler interface {
	OnDrain(c *Conn)
}

// AwaitDrain has the handler's OnDrain called once, as soon as no more than mark bytes wait for the peer: for whoever makes
// what it sends only as fast as the peer takes it. It comes from the loop's own turn, never inside another callback, also
// when as little waits already. A second call before that replaces the first. Nothing comes after the end has begun.
func (c *Conn) AwaitDrain(mark int) {
	if c.state != open {
		return
	}
	s := c.seldom()
	s.drainMark, s.drains = mark, true
	c.lookDrained()
}

// lookDrained gives c a turn when its wish has come true.
func (c *Conn) lookDrained() {
	if c.isDrained() {
		c.loop.enqueue(c)
	}
}

func (c *Conn) isDrained() bool {
	return c.some != nil && c.some.drains && c.state == open && !c.exceeds(c.some.drainMark)
}

// tellDrained is the beginning of a turn.
func (c *Conn) tellDrained() {
	if !c.isDrained() {
		return
	}
	c.some.drains = false
	if h, ok := c.handler.(DrainHandler); ok {
		c.loop.inside(c, h.OnDrain)
	}
}
