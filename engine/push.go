//go:build linux

package engine

import "slices"

// refuseSlow ends the stalled connections that size more bytes would bring above their limit, of those that e is for.
func (l *Loop) refuseSlow(size int, e *logEntry) (refused int) {
	for i := len(l.stalled) - 1; i >= 0; i-- {
		if i >= len(l.stalled) {
			continue // ending one may end others
		}
		c := l.stalled[i]
		switch {
		case !c.hears:
		case !e.isFor(c):
			if l.everybody.waiting(c.cursor) > c.limits.MaxOutbox {
				c.catchUp()
			}
		case c.wouldBeSlow(size):
			refused++
			c.endSlow()
		}
	}
	return refused
}

// pushShared queues m for c alone and tells whether it was taken.
func (c *Conn) pushShared(m Shared) bool {
	if c.state != open || c.detached {
		return false
	}
	frame := c.format.frame(m)
	if frame == nil {
		return false
	}
	if c.stalled && c.wouldBeSlow(len(frame)+itemOverhead) {
		c.endSlow()
		return false
	}
	c.push(frame)
	return c.state == open
}

// statusTryAgainLater is the registered WebSocket close code 1013.
const statusTryAgainLater = 1013

// endSlow closes a connection whose peer does not read: what it has not begun to receive is dropped, and its protocol says
// why. A frame that has been written in part is finished, or the goodbye could not be read.
func (c *Conn) endSlow() {
	c.loop.stats.slow.Add(1)
	c.seldom().reason = ErrSlowConsumer
	c.dropUnwritten()
	c.loop.kick(c, statusTryAgainLater, "too slow")
}

// dropUnwritten empties the outbox but for the rest of a frame that the kernel has a part of.
func (c *Conn) dropUnwritten() {
	var rest []byte
	if c.written > 0 {
		rest = c.headFrame()[c.written:]
		if c.headIsItem() && c.out.head().chunk {
			rest = slices.Clone(rest) // chunks are used again
		}
	}
	c.quitLog()
	c.discard()
	if rest != nil {
		c.outbox().push(rest, 0)
		c.loop.account(c, len(rest)+itemOverhead)
	}
	c.full = false
	c.clearHold(holdOutbox)
}

// discard throws away what waits for c alone.
func (c *Conn) discard() {
	c.written = 0
	if c.out != nil {
		c.loop.account(c, -c.ownBytes())
		c.freeOutbox()
	}
}

// wouldBeSlow tells whether size more bytes bring a stalled connection above its limit. What the log has may not all be for it.
func (c *Conn) wouldBeSlow(size int) bool {
	if c.pending()+size <= c.limits.MaxOutbox {
		return false
	}
	c.catchUp()
	return c.pending()+size > c.limits.MaxOutbox
}
