//go:build linux

package engine

import "time"

// A pace is what a connection has used up of the messages and bytes that it may send: when each of its two buckets will be full
// again, on the loop's clock. A message moves that moment, and needs no clock call, timer or allocation.
type pace struct{ messages, bytes time.Duration }

// paces are those of a loop's connections. A connection has a seat from its first message or bytes on, until it ends.
type paces struct {
	seats []pace // the first is nobody's
	free  []int32
	fast  []*Conn // those that are not read for a while
	timer *Timer  // runs while there are some
}

// costs are what messages and bytes cost, as the time in which one is earned again; 0 is nothing. Made beforehand, because a
// division is most of what counting would cost.
type costs struct {
	message time.Duration
	byte    time.Duration // times byteUnit
}

const byteUnit = 1 << 16

func costsOf(o *ListenOptions) (k costs) {
	if o.MessageRate > 0 {
		k.message = max(time.Second/time.Duration(o.MessageRate), 1)
	}
	if o.ByteRate > 0 {
		k.byte = max(byteUnit*time.Second/time.Duration(o.ByteRate), 1)
	}
	return k
}

const (
	// unpaced is the seat of a connection that may send as it likes.
	unpaced = -1
	// paceBurst is how much may come at once, as the time in which it may come in the long run.
	paceBurst = rateBurst * time.Second
	// paceRest is how much of that has to be free before a connection is read again: else each message would cost a pause.
	paceRest = 100 * time.Millisecond
	// paceTick is how often the loop looks for connections that may be read again.
	paceTick = 50 * time.Millisecond
)

// A FastHandler says in its protocol that the peer sends too much, and closes the connection. Without OnTooFast it is the
// goodbye of the connection's Format, with the WebSocket close code 1008.
type FastHandler interface {
	OnTooFast(c *Conn)
}

// Count is called by a handler when a message has come whole, and before it is handled: it counts against MessageRate. false
// means that it is one too many, under CloseFast: the peer has been told, and the message is not to be handled.
func (c *Conn) Count() bool {
	cost := c.costs.message
	if cost == 0 || c.paceSeat == unpaced || c.state != open {
		return true
	}
	p, now := c.pace(), c.loop.clock()
	filled := max(p.messages, now) + cost
	if c.limits.Fast == CloseFast && filled > now+paceBurst {
		c.tooFast()
		return false
	}
	p.messages = filled
	return true
}

// Exempt lets the peer send as much and as fast as it likes from now on: for who has turned out to be no stranger.
func (c *Conn) Exempt() {
	c.loop.paces.leave(c)
	c.paceSeat = unpaced
	c.clearHold(holdFast)
}

// Pace undoes Exempt: the connection has become somebody else's, or speaks another protocol.
func (c *Conn) Pace() {
	if c.paceSeat == unpaced {
		c.paceSeat = 0
	}
}

// countBytes counts what a read has brought, when it has been handled.
func (c *Conn) countBytes(n int) {
	cost := c.costs.byte
	if cost == 0 || c.paceSeat == unpaced || c.state != open {
		return
	}
	p, now := c.pace(), c.loop.clock()
	p.bytes = max(p.bytes, now) + time.Duration(n)*cost/byteUnit
	if p.bytes > now+paceBurst {
		c.tooFast()
	}
}

// tooSoon tells whether the next message has to wait, and sees to it that it does.
func (c *Conn) tooSoon() bool {
	cost := c.costs.message
	if cost == 0 || c.paceSeat <= 0 || c.limits.Fast != PauseFast || c.detached {
		return false // to who is said goodbye, nothing of it is worth a pause
	}
	if c.pace().messages+cost <= c.loop.clock()+paceBurst {
		return false
	}
	c.tooFast()
	return true
}

// tooFast does what the listener's FastPolicy says.
func (c *Conn) tooFast() {
	l := c.loop
	switch {
	case c.state != open || c.detached || c.panicked:
	case c.limits.Fast == CloseFast:
		c.closeFast()
	case c.hold&holdFast == 0:
		l.stats.ratePauses.Add(1)
		c.setHold(holdFast)
		l.paces.pause(c)
	}
}

// closeFast tells the peer, once, in its protocol.
func (c *Conn) closeFast() {
	l, s := c.loop, c.seldom()
	if s.reason == ErrTooFast {
		return
	}
	s.reason = ErrTooFast
	l.stats.rateCloses.Add(1)
	if h, ok := c.handler.(FastHandler); ok {
		l.inside(c, h.OnTooFast)
		return
	}
	l.kick(c, statusPolicyViolation, "too fast")
}

// statusPolicyViolation is RFC 6455's close code 1008 (7.4.1).
const statusPolicyViolation = 1008

func (c *Conn) pace() *pace {
	s := &c.loop.paces
	if c.paceSeat == 0 {
		c.paceSeat = s.sit()
	}
	return &s.seats[c.paceSeat]
}

func (s *paces) sit() (seat int32) {
	if n := len(s.free); n > 0 {
		seat = s.free[n-1]
		s.free = s.free[:n-1]
		s.seats[seat] = pace{}
		return seat
	}
	if len(s.seats) == 0 {
		s.seats = make([]pace, 1)
	}
	s.seats = append(s.seats, pace{})
	return int32(len(s.seats) - 1)
}

// leave frees the seat of a connection.
func (s *paces) leave(c *Conn) {
	if c.paceSeat > 0 {
		s.free = append(s.free, c.paceSeat)
	}
	c.paceSeat = 0
}

// pause has c read again in time.
func (s *paces) pause(c *Conn) {
	s.fast = append(s.fast, c)
	if s.timer == nil {
		s.timer = c.loop.Every(paceTick, c.loop.turnFast)
	}
}

// turnFast reads those again who have waited long enough.
func (l *Loop) turnFast() {
	s, now := &l.paces, l.clock()
	waiting := s.fast[:0]
	for _, c := range s.fast {
		switch {
		case c.state != open || c.hold&holdFast == 0:
		case c.rested(now):
			c.clearHold(holdFast)
		default:
			waiting = append(waiting, c)
		}
	}
	clear(s.fast[len(waiting):])
	if s.fast = waiting; len(waiting) == 0 {
		s.timer.Stop()
		s.timer = nil
	}
}

// rested tells whether enough is free again of what c may send at once.
func (c *Conn) rested(now time.Duration) bool {
	p, rest := c.pace(), max(paceRest, c.costs.message)
	return p.messages+rest <= now+paceBurst && p.bytes+paceRest <= now+paceBurst
}

// clock is the time at which the present event began, since the loop's own beginning.
func (l *Loop) clock() time.Duration { return l.now.Sub(l.started) }
