//go:build linux

package http

import (
	"time"

	"fanloop/engine"
)

// watch is the clock of a connection. What it waits for changes with each request, and a timer is moved rarely: one that
// fires early looks at the deadline and is set anew. Times are the desk's ages.
type watch struct {
	timer    *engine.Timer
	due      time.Duration // when the timer fires, 0 when it does not
	deadline time.Duration
	phase    phase
	brought  int // bytes of the body since it was given this deadline
}

// phase is what the connection waits for.
type phase uint8

const (
	phaseNone phase = iota // the answer: no business of the client's
	phaseIdle              // a request
	phaseHead              // the rest of a head
	phaseBody              // more of a body
)

func (s *session) phase() phase {
	switch {
	case s.conn.Closing() || s.hijacked:
		return phaseNone
	case s.reading != nil && s.holds&holdBody == 0:
		return phaseBody
	case s.reading != nil || s.ending != nil:
		return phaseNone
	case s.head != nil && s.head.begun():
		return phaseHead
	case s.owed.first != nil:
		return phaseNone
	}
	return phaseIdle
}

// look sees what the connection waits for now. A head has its time as a whole; a body's begins anew with each quota that it
// has brought, idle time with each sign of life.
func (s *session) look() {
	w, now := &s.watch, s.phase()
	if now == w.phase && (now == phaseHead || now == phaseBody && w.brought < s.server.bodyQuota()) {
		return
	}
	w.phase, w.brought = now, 0
	if now == phaseNone {
		return
	}
	w.deadline = s.desk.age() + s.limit(now)
	if w.due == 0 || w.deadline < w.due {
		s.wind(w.deadline)
	}
}

func (s *session) limit(p phase) time.Duration {
	switch p {
	case phaseHead:
		return s.server.headTimeout()
	case phaseBody:
		return s.server.bodyTimeout()
	}
	return s.server.idleTimeout()
}

// wind sets the timer.
func (s *session) wind(due time.Duration) {
	w := &s.watch
	w.due = due
	if left := due - s.desk.age(); w.timer == nil {
		w.timer = s.conn.Loop().After(left, s.timeUp)
	} else {
		w.timer.Reset(left)
	}
}

func (s *session) timeUp() {
	w := &s.watch
	w.due = 0
	if w.phase == phaseNone || s.conn.Closing() {
		return
	}
	if w.deadline > s.desk.age() {
		s.wind(w.deadline)
		return
	}
	c := &s.desk.counters
	switch w.phase {
	case phaseIdle:
		c.idleTimeouts.Add(1)
		s.conn.CloseWith(ErrIdle)
	case phaseHead:
		c.headTimeouts.Add(1)
		s.refuse(nil, ErrHeadTimeout)
	case phaseBody:
		c.bodyTimeouts.Add(1)
		s.reading.broken(ErrBodyTimeout)
	}
}

func (w *watch) stop() {
	if w.timer != nil {
		w.timer.Stop()
	}
}
