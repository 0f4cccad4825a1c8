//go:build linux

package engine

import "slices"

// Broadcast puts m into the loop's log for every connection that hears it, except those with the given IDs, and tells how
// many took it and how many refused. The cost does not depend on how many there are, but on how many are stalled: one of
// them that would have more than MaxOutbox bytes waiting refuses, and is closed as a slow consumer. Exceptions cost
// a look at everybody. On the loop only.
func (l *Loop) Broadcast(m Shared, except []uint64) (taken, refused int) {
	refused = l.refuseSlow(entrySize(m), except)
	hearing := len(l.everybody.crowd)
	if hearing == 0 {
		return 0, refused
	}
	sorted := slices.Clone(except)
	slices.Sort(sorted)
	l.everybody.append(m, sorted)
	l.wake()
	return hearing - l.hearingOf(sorted), refused
}

// refuseSlow ends the stalled connections that size more bytes would bring above their limit.
func (l *Loop) refuseSlow(size int, except []uint64) (refused int) {
	for i := len(l.stalled) - 1; i >= 0; i-- {
		if i >= len(l.stalled) {
			continue // ending one may end others
		}
		c := l.stalled[i]
		switch {
		case c.seat == noSeat:
		case slices.Contains(except, c.id):
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

// hearingOf counts those of the given connections that are in the crowd.
func (l *Loop) hearingOf(ids []uint64) (n int) {
	if len(ids) == 0 {
		return 0
	}
	for _, c := range l.everybody.crowd {
		if contains(ids, c.id) {
			n++
		}
	}
	return n
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

// hear makes c one of those who get broadcasts, or no longer. What was broadcast before it stops is still its own.
func (c *Conn) hear(on bool) {
	switch {
	case on && c.seat == noSeat && !c.detached && c.state == open:
		c.loop.everybody.join(c)
	case !on && c.seat != noSeat:
		c.keepLog()
	}
}

// keepLog takes c out of the crowd; the log entries it has not got yet become its own, merged with the rest in order.
func (c *Conn) keepLog() {
	l := c.loop
	if c.cursor == l.everybody.end() {
		l.everybody.quit(c)
		return
	}
	if c.written > 0 && !c.headIsItem() {
		l.account(c, -c.written) // the rest of that entry is counted as its own below
	}
	merged, from := l.pool.box(), c.cursor
	for c.waiting() {
		c.moveHead(merged)
	}
	c.cursor = from
	l.everybody.quit(c)
	if merged.len() > 0 {
		merged.bytes -= c.written
		c.out = merged
		l.enqueue(c) // the sweep will not come to it any more
	}
}

// moveHead moves what comes first, of the outbox or the log, to the end of another outbox.
func (c *Conn) moveHead(to *outbox) {
	if c.headIsItem() {
		to.add(c.out.pop())
		if c.out.len() == 0 {
			c.freeOutbox()
		}
		return
	}
	if frame := c.entryFrame(c.cursor); len(frame) > 0 {
		to.push(frame, 0)
		c.loop.account(c, len(frame)+itemOverhead)
	}
	c.cursor++
}

func (c *Conn) quitLog() {
	if c.seat != noSeat {
		c.loop.everybody.quit(c)
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

// catchUp makes what the log has for a stalled connection its own, so that it does not pin entries that leave it out.
func (c *Conn) catchUp() {
	if c.seat != noSeat && c.cursor != c.loop.everybody.end() {
		c.keepLog()
		c.loop.everybody.join(c)
	}
}
