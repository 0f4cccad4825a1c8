//go:build linux

package http

import "fanloop/engine"

// stall is the clock of a client that is to take an answer in pieces. Whoever takes nothing of it for BodyTimeout is cut off:
// else a few bytes a client would hold what makes the answer for ever.
type stall struct {
	timer *engine.Timer
	left  int // bytes that waited when it was set
}

// watch starts the clock, unless it runs.
func (s *stall) watch(x *Exchange) {
	if s.timer != nil {
		return
	}
	s.left = x.buffered()
	s.timer = x.Loop().After(x.session.server.bodyTimeout(), func() {
		s.timer = nil
		if x.session.owed.first != x || x.buffered() < s.left {
			s.watch(x) // its turn has not come, or it goes on
			return
		}
		x.session.desk.counters.writeTimeouts.Add(1)
		x.Abort()
	})
}

// stop is called when enough has been taken, and at the end.
func (s *stall) stop() {
	if s.timer != nil {
		s.timer.Stop()
		s.timer = nil
	}
}
