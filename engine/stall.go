//go:build linux

package engine

// stall notes that the kernel takes no more for c until EPOLLOUT says so.
func (l *Loop) stall(c *Conn) {
	l.queued -= c.ownBytes()
	l.stuck += c.ownBytes()
	l.everybody.unpin(c)
	c.stalled = true
	l.everybody.pin(c)
	l.everybody.tidy() // c may have been the last to lag, and is no backlog any more
	c.stallSeat = int32(len(l.stalled))
	l.stalled = append(l.stalled, c)
	l.stats.stalled.Add(1)
	if c.limits.Slow == Conflate {
		l.conflating++
	}
	c.conflateWaiting()
	l.askBefore(c)
	c.setInterest()
	c.markOutbox()
}

// unstall is called on EPOLLOUT, and when c ends.
func (l *Loop) unstall(c *Conn) {
	if !c.stalled {
		return
	}
	l.everybody.unpin(c)
	c.stalled = false
	l.everybody.tidy()
	l.queued += c.ownBytes()
	l.stuck -= c.ownBytes()
	if c.limits.Slow == Conflate {
		l.conflating--
	}
	last := len(l.stalled) - 1
	moved := l.stalled[last]
	l.stalled[c.stallSeat] = moved
	moved.stallSeat = c.stallSeat
	l.stalled[last] = nil
	l.stalled = l.stalled[:last]
	l.stats.stalled.Add(-1)
}

// ownBytes is what waits for c alone, counted against limits.
func (c *Conn) ownBytes() int {
	if c.out == nil {
		return 0
	}
	return c.out.size()
}

// pending is what waits for c, the log and what has been encrypted included.
func (c *Conn) pending() int {
	n := c.ownBytes() + c.ahead()
	if c.hears {
		c.loop.everybody.sync(c)
		n += c.loop.everybody.waiting(c.cursor)
	}
	return n
}

// exceeds tells whether more than n bytes wait for c, without what the log has for others.
func (c *Conn) exceeds(n int) bool {
	if c.pending() <= n {
		return false
	}
	c.catchUp()
	return c.pending() > n
}

// account keeps the loop's sums of what waits in the outboxes.
func (l *Loop) account(c *Conn, n int) {
	if !c.stalled {
		l.queued += n
		return
	}
	l.stuck += n
	if n > 0 {
		l.askAt -= min(l.askAt, uint64(n))
	}
}

// markOutbox looks whether a stalled connection's waiting bytes are above the high mark, or have fallen to the low mark (a
// half). Above the high mark it is not read, because each message read may be one more answer. The handler is told of both
// marks; of the high one also when a push would have passed it.
func (c *Conn) markOutbox() {
	high := c.limits.MaxOutbox
	switch {
	case c.stalled && c.exceeds(high):
		c.setHold(holdOutbox)
		c.passMark()
	case c.full && !c.exceeds(high/2):
		c.full = false
		c.clearHold(holdOutbox)
		c.tellDrain()
	}
}

func (c *Conn) passMark() {
	if !c.full {
		c.full = true
		c.loop.stats.full.Add(1)
		c.tellFull()
	}
}

func (c *Conn) tellFull() {
	if h, ok := c.handler.(BufferHandler); ok && c.state == open {
		c.loop.inside(c, h.OnBufferFull)
	}
}

func (c *Conn) tellDrain() {
	if h, ok := c.handler.(BufferHandler); ok && c.state == open {
		c.loop.inside(c, h.OnBufferDrain)
	}
}

// inside runs fn as a callback of c in the midst of whatever is going on: what it sends waits for c's turn.
func (l *Loop) inside(c *Conn, fn func(c *Conn)) {
	before, posted := l.current, l.posted
	l.current, l.posted = c, false
	l.guardedBy(c, fn)
	l.current, l.posted = before, posted
	l.enqueue(c)
}
