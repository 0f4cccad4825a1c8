//go:build linux

package engine

import "time"

// A slice serves some of the connections that have something to say: those in the ready queue and, while a broadcast is
// under way, those that the sweep comes to, turn about. Between slices the loop serves its sockets, so that new messages
// land behind the cursors still waiting and leave in the same write: the busier, the fewer writes a message.
// A slice runs when the loop's eventfd rings; because that can take long to come round among thousands of busy sockets, one
// also runs after sliceEvents socket events or sliceTime.
//
// Slices are short, because what one loop round costs beside them (an epoll_wait and a write to the eventfd) is less than
// half a send(2), and what they give is large: measured with 64, 16 and 8 writes, 5,000 connections and one loop, pushes to
// random uids went from 86 to 201 to 269 thousand a second, and broadcasts that each wait for the answer to the one before
// from 5.6 to 9.6 to 14 million messages a second, while a lone broadcast cost the same.
const (
	sliceWrites = 8
	sliceLooks  = 512 // connections looked at, most of which may turn out to have nothing left to say
	turnCost    = 8   // what a turn of messages counts, in writes
	sliceEvents = 16
	sliceTime   = time.Millisecond
)

func (l *Loop) busy() bool { return l.ready.n > 0 || l.doomed.n > 0 || l.everybody.busy() }

// wake makes sure that a slice will run.
func (l *Loop) wake() { l.wanted = true }

// ring writes the eventfd, at the end of an event: what was wanted may have been done by then.
func (l *Loop) ring() {
	if l.wanted && !l.woken {
		l.woken = true
		signal(l.inbox.eventfd)
	}
	l.wanted = false
}

// promptWrites is how many pushes make a few.
const promptWrites = 4

// servePrompt serves those that the event's callback had something to say to, if they are few and the event is the first of its
// turn, so that nothing else waits as far as is known: a push that comes alone leaves before its answer, and without a
// round of the poller. With more to do than that, slices are what makes few writes of many messages.
func (l *Loop) servePrompt() {
	n := l.ready.n
	if !l.fresh || n == 0 || n > promptWrites || l.everybody.busy() {
		return
	}
	for ; n > 0; n-- {
		l.serve(l.popReady())
	}
	l.wanted = l.busy()
}

// enqueue puts c in the ready queue, once.
func (l *Loop) enqueue(c *Conn) {
	if c.queued || c.state == dead {
		return
	}
	c.queued = true
	l.ready.push(c)
	l.wake()
}

func (l *Loop) sliceIfDue(now time.Time) {
	if l.busy() && (l.events >= sliceEvents || now.Sub(l.lastSlice) > sliceTime) {
		l.slice()
	}
}

func (l *Loop) slice() {
	l.events = 0
	l.closeSlow()
	queue, cost := l.ready.n, 0 // whoever joins the queue again waits for the next slice
	for looks := 0; looks < sliceLooks && cost < sliceWrites; looks++ {
		c, more := l.nextReady(looks, &queue)
		if !more {
			break
		}
		if c != nil {
			cost += l.serve(c)
		}
	}
	l.everybody.rotate()
	l.settle()
	l.checkBacklog()
	l.lastSlice = time.Now()
	if l.busy() {
		l.wake()
	}
}

// nextReady takes from the queue and from the sweep in turn. A look at the sweep may find nobody, and more is to come.
func (l *Loop) nextReady(turn int, queue *int) (c *Conn, more bool) {
	if b := &l.everybody; b.busy() && (turn%2 == 0 || *queue == 0) {
		if c = b.sweep(l.conns); c != nil || *queue == 0 {
			return c, c != nil || b.busy()
		}
	}
	if *queue == 0 {
		return nil, false
	}
	*queue--
	return l.popReady(), true
}

func (l *Loop) popReady() *Conn {
	c := l.ready.pop()
	l.served++
	c.queued = false
	return c
}

// serve gives c its turn: input that was left undecoded first, then one write. It tells what that cost, in writes.
func (l *Loop) serve(c *Conn) (cost int) {
	if c.state == dead {
		return 0
	}
	c.tellDrained()
	if c.hasInput() {
		start := time.Now()
		l.deliver(c, nil)
		l.noteSlow(start, c)
		cost = turnCost
	}
	return cost + l.finish(c)
}

// hasInput tells whether something that came in earlier, and may be handled now, is still to be handled.
func (c *Conn) hasInput() bool {
	return c.state == open && !c.panicked && c.hold == 0 && (c.undecoded || c.eof && !c.toldEOF())
}

// finish writes what c has to say, at the end of its callback or when its turn comes, and tells what that cost, in writes.
func (l *Loop) finish(c *Conn) (cost int) {
	if c.panicked {
		l.endPanicked(c)
	}
	l.everybody.sync(c)
	if c.stalled || c.state == dead || (c.state == open && !c.waiting()) || c.state == lingering {
		return 0
	}
	return l.flush(c)
}

// flush gives the kernel what c has to say, in one write. Of what waits in the log nothing may be for c: then it costs none.
func (l *Loop) flush(c *Conn) (cost int) {
	p := l.next(c)
	if len(p) > 0 {
		cost = 1
	}
	n, ok := l.write(c, p)
	if !ok {
		return cost
	}
	l.advance(c, n)
	switch {
	case n < len(p) || c.ahead() > 0:
		l.stall(c)
	case c.waiting():
		l.enqueue(c)
	case c.state == draining:
		l.drained(c)
	}
	c.lookDrained()
	return cost
}

// write returns how much the kernel took; ok is false when that ended the connection.
func (l *Loop) write(c *Conn, p []byte) (n int, ok bool) {
	if c.secured {
		return l.writeSealed(c, p)
	}
	return l.writeRaw(c, p)
}

// writeRaw is the system call.
func (l *Loop) writeRaw(c *Conn, p []byte) (n int, ok bool) {
	if len(p) == 0 {
		return 0, true
	}
	n, err := l.sys.write(int(c.fd), p)
	switch {
	case err == nil:
		l.stats.written(n)
		if c.some != nil {
			c.some.progress = true
		}
		return n, true
	case l.goesOn(c, err):
		return 0, c.state != dead
	default:
		c.destroy(err)
		return 0, false
	}
}
