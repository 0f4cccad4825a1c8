//go:build linux

package engine

import (
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// ownEvent is one event of the loop's own.
func (s *stillLoop) ownEvent() { _ = s.handle(s.inbox.eventfd, unix.EPOLLIN, 0) }

// untilTimed lets the loop work until so many pushes have been timed, and tells how often it had to.
func (s *stillLoop) untilTimed(n uint64) (events int) {
	s.t.Helper()
	for ; s.Stats().PushTimes.Count < n; events++ {
		if events == 10_000 {
			s.t.Fatalf("%d of %d pushes are timed", s.Stats().PushTimes.Count, n)
		}
		s.ownEvent()
	}
	return events
}

// A push has been timed when the last of its connections has it, and no sooner; who takes no more is not waited for.
func TestPushTimes(t *testing.T) {
	m := text("m")
	for name, push := range map[string]func(s *stillLoop, all []*fakeSocket){
		"to everybody": func(s *stillLoop, _ []*fakeSocket) { s.Broadcast(m, nil) },
		"to each": func(s *stillLoop, all []*fakeSocket) {
			for _, k := range all {
				k.conn.pushShared(m)
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			s := newStillLoop(t, ListenOptions{})
			all := s.hearing(100)
			stalled := all[0]
			stalled.room = 0
			s.in(stalled, func(c *Conn) { _ = c.Send([]byte("x")) })
			s.pump()
			s.now = time.Now()
			push(s, all)
			s.NotePushed(s.Now())
			if events := s.untilTimed(1); events < 10 { // 8 writes a slice
				t.Errorf("timed after %d events", events)
			}
			for i, k := range all[1:] {
				if len(k.got) == 0 {
					t.Errorf("connection %d of %d has got nothing, and the push has been timed", i+1, len(all))
				}
			}
			got := s.Stats().PushTimes
			if got.Count != 1 || got.Sum <= 0 || got.Sum != got.Max || got.P50 > got.Max || len(stalled.got) != 0 {
				t.Errorf("%+v", got)
			}
			if within := s.PushesWithin(1, time.Hour); within[0] != 0 || within[1] != 1 {
				t.Errorf("%v", within)
			}
		})
	}
}

// Pushes of one event have one mark, and those of more events than there is room for are not timed.
func TestPushTimesOfMany(t *testing.T) {
	s := newStillLoop(t, ListenOptions{})
	s.hearing(20)
	s.pump()
	began := s.Now()
	for range 3 {
		s.Broadcast(text("m"), nil)
		s.NotePushed(began)
	}
	s.untilTimed(3)
	for i := range 2 * maxMarks {
		s.Broadcast(text("m"), nil)
		s.NotePushed(began.Add(time.Duration(i) * time.Millisecond))
	}
	s.untilTimed(3 + maxMarks)
	s.pump()
	if got := s.Stats().PushTimes; got.Count != 3+maxMarks || s.pushes.n != 0 {
		t.Errorf("%+v, %d under way", got, s.pushes.n)
	}
	s.Broadcast(text("m"), nil)
	s.NotePushed(began)
	s.untilTimed(4 + maxMarks)
}

// What nobody is there for is on its way at once.
func TestPushTimesOfNobody(t *testing.T) {
	s := newStillLoop(t, ListenOptions{})
	s.NotePushed(s.Now())
	s.ownEvent()
	if got := s.Stats().PushTimes.Count; got != 1 {
		t.Errorf("%d", got)
	}
}

func TestNotePushedAllocatesNothing(t *testing.T) {
	s := quickLoop(t)
	if n := testing.AllocsPerRun(100, func() { s.NotePushed(s.Now()); s.ownEvent() }); n > 0 {
		t.Errorf("%v allocations", n)
	}
}
