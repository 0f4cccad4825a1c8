//go:build linux

package engine

import (
	"fmt"
	"testing"
	"time"
)

// publisher pushes to others, and answers, in its OnTraffic.
func (s *stillLoop) publisher(to []*fakeSocket) *fakeSocket {
	return s.connect(handler{traffic: func(c *Conn, p []byte) int {
		for _, k := range to {
			_ = k.conn.Send([]byte("push"))
		}
		_ = c.Send([]byte("ok"))
		return len(p)
	}})
}

// A few pushes leave before their answer and without a round of the poller, when nothing else is going on; more wait for a
// slice, as do all when there is more going on.
func TestFewPushesLeaveFirst(t *testing.T) {
	for _, test := range []struct {
		receivers int
		before    func(s *stillLoop)
		prompt    bool
	}{
		{receivers: 1, prompt: true},
		{receivers: promptWrites, prompt: true},
		{receivers: promptWrites + 1},
		{receivers: 1, before: func(s *stillLoop) { s.broadcast("all") }},
	} {
		t.Run(fmt.Sprintf("%d, busy %v", test.receivers, test.before != nil), func(t *testing.T) {
			s := newStillLoop(t, ListenOptions{})
			to := s.hearing(test.receivers)
			k := s.publisher(to)
			s.pump()
			if test.before != nil {
				test.before(s)
			}
			s.turns.ended = -time.Second // the event is the first of its turn
			pushed := -1
			k.onWrite = func() {
				pushed = 0
				for _, other := range to {
					pushed += other.writes
				}
			}
			k.in = [][]byte{[]byte("line")}
			s.event(k, k.events())
			switch {
			case test.prompt && pushed != test.receivers:
				t.Errorf("%d of %d pushes had left when the answer did", pushed, test.receivers)
			case test.prompt && (s.woken || s.busy()):
				t.Error("a slice is to run with nothing to do")
			case !test.prompt && pushed != 0:
				t.Errorf("%d pushes left before the answer", pushed)
			}
			s.pump()
			s.expectIdle()
		})
	}
}

// An event that is not the first of its turn leaves its pushes to a slice.
func TestLaterEventsPushInSlices(t *testing.T) {
	s := newStillLoop(t, ListenOptions{})
	to := s.hearing(1)
	k := s.publisher(to)
	s.pump()
	s.turns.ended = time.Hour // no time has passed since the last event
	k.in = [][]byte{[]byte("line")}
	s.turns.number, s.turns.seen = 1, [256]turnEvent{}
	s.lastSlice = time.Now().Add(time.Hour) // nor is a slice due
	s.event(k, k.events())
	if to[0].writes != 0 || !s.woken {
		t.Errorf("%d writes, woken %v", to[0].writes, s.woken)
	}
	s.pump()
	s.expectIdle()
	if string(to[0].got) != "push" {
		t.Errorf("got %q", to[0].got)
	}
}
