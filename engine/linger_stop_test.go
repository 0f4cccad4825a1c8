//go:build linux

package engine

import "testing"

// Whoever is lingering when the engine stops gets no more time for it than those who say goodbye then.
func TestStopLingerOfThoseWhoLingerAlready(t *testing.T) {
	s := newStillLoop(t, ListenOptions{})
	k := s.connect(handler{})
	s.in(k, (*Conn).Close)
	if k.conn.state != lingering {
		t.Fatalf("state %d", k.conn.state)
	}
	s.Loop.leave(make(chan struct{}))
	s.pump()
	if left := k.conn.some.timer.due - s.tick(); left > ticks(stopLinger)+1 {
		t.Errorf("it has %d ms left", left)
	}
}
