//go:build linux

package engine

import (
	"math"
	"slices"
)

// askStalled lets the policy decide for each stalled connection that e is for, and would bring to its mark or conflates. It
// tells how many refuse, how many of those are about to be closed, and which stay: they are to be passed over, and have nothing of the log before e. Whoever is
// asked may close others, so a union is made anew afterwards.
func (l *Loop) askStalled(e *logEntry, of []Audience) (without []*Conn, closing, refused int) {
	if !l.mustAsk(e.message) {
		return nil, 0, 0
	}
	defer l.askAgain()
	asked := l.asked[:0]
	l.asked = nil // what is asked may broadcast too
	m, size := e.message, entrySize(e.message)
	for _, c := range l.stalled {
		switch {
		case !c.hears:
		case !e.isFor(c):
			if l.everybody.waiting(c.cursor) > c.limits.MaxOutbox {
				c.catchUp()
			}
		case !c.conflates(m) && c.fits(m, size):
		case c.format.frame(m) == nil:
			c.catchUp() // it gets nothing, and is not to be judged by it
		default:
			asked = append(asked, c)
		}
	}
	refusing := asked[:0]
	for _, c := range asked {
		if !c.hears || !c.admits(m, size, false) {
			refusing = append(refusing, c)
		}
	}
	if len(of) > 1 && len(asked) > 0 {
		e.to = l.union(of)
	}
	without = asked[:0]
	for _, c := range refusing {
		switch {
		case !e.isFor(c):
		case c.hold&holdSlow != 0:
			closing++
		case c.hears:
			without = append(without, c)
			c.catchUp()
		}
	}
	clear(asked[len(without):])
	l.asked = asked[:0]
	return without, closing, len(refusing)
}

// mustAsk tells whether a message for the log may matter to a stalled connection. Thousands may be, and it does not while each of
// them has room for it.
func (l *Loop) mustAsk(m Shared) bool {
	return l.everybody.total+uint64(entrySize(m)) > l.askAt || l.conflating > 0 && m.Key() != ""
}

// askAgain finds out how far the log may grow before one of the stalled has to be asked.
func (l *Loop) askAgain() {
	l.askAt = math.MaxUint64
	for _, c := range l.stalled {
		l.askBefore(c)
	}
}

// askBefore sees to it that c, which is stalled, is asked in time.
func (l *Loop) askBefore(c *Conn) {
	if c.hears {
		room := max(0, c.limits.MaxOutbox-c.pending())
		l.askAt = min(l.askAt, l.everybody.total+uint64(room))
	}
}

// passOver moves connections past the log's newest entry, the only one that they have not got.
func (b *broadcastLog) passOver(without []*Conn) {
	for _, c := range without {
		b.unpin(c)
		c.cursor = b.last
		b.pin(c)
	}
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
	if !c.admits(m, len(frame)+itemOverhead, true) {
		return false
	}
	c.queue(item{frame: frame, push: true, key: c.keyOf(m)})
	return c.state == open
}

// statusTryAgainLater is the registered WebSocket close code 1013.
const statusTryAgainLater = 1013

// endSlow closes a connection whose peer does not read: what it has not begun to receive is dropped, but for what Keep has named, and its
// protocol says why. A frame that has been written in part is finished, or the goodbye could not be read.
func (c *Conn) endSlow() {
	c.loop.stats.slow.Add(1)
	c.loop.log.Info("engine: a slow consumer is closed", c.Log())
	c.seldom().reason = ErrSlowConsumer
	c.dropUnwritten()
	c.loop.kick(c, statusTryAgainLater, "too slow")
}

// dropUnwritten empties the outbox but for the rest of a frame that the kernel has a part of, and what Keep has named.
func (c *Conn) dropUnwritten() {
	var kept []item
	partly := 0 // items that are written in part
	if c.written > 0 {
		rest := c.headFrame()[c.written:]
		if c.headIsItem() {
			partly = 1
			if c.out.head().chunk {
				rest = slices.Clone(rest) // chunks are used again
			}
		}
		kept = append(kept, item{frame: rest})
	}
	if c.out != nil {
		kept = c.out.takeKept(kept, partly)
	}
	c.quitLog()
	c.discard()
	for _, it := range kept {
		c.outbox().add(it)
		c.loop.account(c, len(it.frame)+itemOverhead)
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
