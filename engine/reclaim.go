//go:build linux

package engine

import "time"

// While the budget of memory is spent, each loop that has at least its share of what is used goes round its connections,
// some of them a task, and closes those that hold the most: first it looks how much they hold, then whoever holds at least
// half as much as the largest gives way, then half as much as the largest of the rest, until enough is free.
//
// When that would not help, but what has come of publishers who are held back would be enough, nobody is closed: each of these has a
// turn, or they and the memory would wait for each other.
type reclaimer struct {
	active  bool // a task or a timer will go on
	at      int  // the descriptor at which the round goes on
	least   int  // who holds so much gives way; 0 while nobody is known yet
	largest int  // the most that anybody holds who has not given way in this round
	sum     int  // what all hold, as far as the first round has come
	waiting int  // what has come of publishers who are held back, as far as the first round has come
	handles bool // in this round, that is handled
}

const (
	reclaimLooks  = 512
	reclaimCloses = 16
	// reclaimEvery is when a loop looks again that has found nothing to close, or has less than its share.
	reclaimEvery = 10 * time.Millisecond
)

// reclaim is the task that begins it.
func (l *Loop) reclaim() {
	if !l.reclaimer.active {
		l.reclaimer = reclaimer{active: true}
		l.reclaimOn()
	}
}

func (l *Loop) reclaimOn() {
	m := &l.engine.memory
	l.tellMemory()
	if m.spent.Load() && m.used.Load() < m.low {
		l.engine.recoup()
	}
	switch {
	case !m.spent.Load():
		l.reclaimer.active = false
	case l.told*int64(len(l.engine.loops)) >= m.used.Load() && l.reclaimSome():
		if l.Post(l.reclaimOn) != nil {
			l.reclaimer.active = false // the loop has stopped
		}
	default:
		l.reclaimer = reclaimer{active: true}
		l.After(reclaimEvery, l.reclaimOn)
	}
}

// reclaimSome goes some way round. false: a round has found nobody who holds anything.
func (l *Loop) reclaimSome() bool {
	r, done := &l.reclaimer, 0
	for looks := 0; looks < reclaimLooks && done < reclaimCloses; looks++ {
		if r.at >= len(l.conns) && !l.nextRound() {
			return false
		}
		c := l.conns[r.at]
		if r.at++; c == nil || !l.reclaimOf(c) {
			continue
		}
		done++
		if l.tellMemory(); !l.engine.memory.spent.Load() {
			break
		}
	}
	return true
}

// nextRound begins again with the first connection. false: there is nothing to do.
func (l *Loop) nextRound() bool {
	switch r := &l.reclaimer; {
	case len(l.conns) == 0:
		return false
	case r.handles:
		*r = reclaimer{active: true}
	case r.largest > 0 && (r.least > 0 || l.wouldHelp(r.sum)):
		r.at, r.least, r.largest = 0, (r.largest+1)/2, 0
	case r.waiting > 0 && r.least == 0 && l.wouldHelp(r.sum+r.waiting):
		r.at, r.handles = 0, true
	default:
		return false
	}
	return true
}

// reclaimOf tells whether there was something to do about c.
func (l *Loop) reclaimOf(c *Conn) bool {
	r := &l.reclaimer
	if r.handles {
		return l.spare(c)
	}
	if n := c.burden(); r.least == 0 || n < r.least {
		r.largest = max(r.largest, n)
		r.sum += n
		r.waiting += c.heldInput()
		return false
	}
	c.giveWay()
	r.largest = max(r.largest, c.burden()) // what it is still to be sent
	return true
}

// heldInput is how many bytes have come of a publisher who is held back, and wait for its turn.
func (c *Conn) heldInput() int {
	if c.state != open || !c.undecoded || c.hold != holdBacklog {
		return 0
	}
	return c.restSize()
}

// spare gives c a turn if it is a publisher who is held back. It will be held back again.
func (l *Loop) spare(c *Conn) bool {
	if c.heldInput() == 0 {
		return false
	}
	l.unhold(c)
	l.sparing = true
	l.serve(c)
	l.sparing = false
	return true
}

// wouldHelp tells whether enough would be free without the bytes that connections of this loop hold. If not, what uses the memory is a
// backlog of the loops themselves, which they will send, and nobody is closed for that.
func (l *Loop) wouldHelp(bytes int) bool {
	return (l.told-int64(bytes))*int64(len(l.engine.loops)) < l.engine.memory.low
}

// burden is how many bytes c holds that its peer is to blame for: what waits because it does not read, and what it has sent
// of a message without finishing it. What has been read and waits for its turn is not among them, unless that is because it does not
// read its answers, or sends more than it may; or because the program has paused it, for how long nobody knows.
func (c *Conn) burden() int {
	if c.state == dead {
		return 0
	}
	n := int(c.kept) + c.sealedInput()
	if !c.undecoded || c.hold&(holdUser|holdOutbox|holdFast) != 0 {
		n += c.restSize()
	}
	if c.stalled {
		n += c.pending()
	}
	return n
}

// giveWay closes c for what it holds. Its protocol says that it may come again; one that has said goodbye already is cut off, and so is
// one that holds much that Keep has named: behind half of that a goodbye could not be read.
func (c *Conn) giveWay() {
	l := c.loop
	if c.some == nil || c.some.reason != ErrMemory {
		l.stats.gaveMemory.Add(1)
		l.log.Info("engine: a connection is closed for memory", "bytes", c.burden(), c.Log())
	}
	if _, ok := c.handler.(*handshake); ok || c.state != open || c.detached {
		c.abort(ErrMemory)
		return
	}
	c.seldom().reason = ErrMemory
	if c.stalled {
		c.dropUnwritten()
	}
	if c.ownBytes() > readSize {
		c.abort(ErrMemory)
		return
	}
	l.unhold(c)
	l.kick(c, statusTryAgainLater, "out of memory")
}
