//go:build linux

package engine

import (
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

// A broadcast that brings thousands to their mark closes nobody itself; the slices do, a few at a time, and until then they are
// refused what is pushed, and sent nothing more.
func TestSlowConsumersAreClosedInSlices(t *testing.T) {
	const n = 5000
	for _, policy := range []SlowPolicy{CloseSlow, Conflate} {
		s := newCrowd(t, n)
		tenth := s.NewAudience()
		for i, c := range s.conns {
			c.limits.MaxOutbox, c.limits.Slow = 1000, policy
			if i%10 == 0 {
				tenth.Add((*outlet)(c))
			}
		}
		s.stuck = true
		m := text(strings.Repeat("x", 900))
		s.Broadcast(m, nil)
		for s.busy() {
			_ = s.handle(s.inbox.eventfd, unix.EPOLLIN, 0)
		}
		if len(s.stalled) != n || s.stats.slow.Load() != 0 {
			t.Fatalf("%v: %d stalled, %d closed", policy, len(s.stalled), s.stats.slow.Load())
		}
		if taken, refused := s.BroadcastTo([]Audience{tenth}, m, nil); taken != 0 || refused != n/10 {
			t.Errorf("%v: a tenth: %d took it, %d refused", policy, taken, refused)
		}
		if taken, refused := s.Broadcast(m, nil); taken != 0 || refused != n-n/10 {
			t.Errorf("%v: all: %d took it, %d refused", policy, taken, refused)
		}
		if s.conns[0].pushShared(text("small")) || s.stats.slow.Load() != 0 {
			t.Errorf("%v: one that is to be closed took a push; %d closed", policy, s.stats.slow.Load())
		}
		s.stuck = false
		_ = s.handle(int(s.conns[1].fd), unix.EPOLLOUT, 0) // it can be written to before its turn has come
		before := s.stats.slow.Load()
		if got := s.got[1]; got != 0 || s.conns[1].state == open {
			t.Errorf("%v: sent %d bytes, state %d", policy, got, s.conns[1].state)
		}
		for turns := 0; s.busy(); turns++ {
			_ = s.handle(s.inbox.eventfd, unix.EPOLLIN, 0)
			now := s.stats.slow.Load()
			if now-before > slowPerSlice || turns > n {
				t.Fatalf("%v: %d closed in turn %d", policy, now-before, turns)
			}
			before = now
		}
		if before != n || s.stats.full.Load() != n || s.stats.ended[endedSlow].Load() != n {
			t.Errorf("%v: %d closed, %d told, %d ended", policy, before, s.stats.full.Load(), s.stats.ended[endedSlow].Load())
		}
	}
}
