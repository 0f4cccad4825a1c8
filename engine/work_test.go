//go:build linux

package engine

import (
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// spin keeps its goroutine busy, and so its loop.
func spin(d time.Duration) {
	for start := time.Now(); time.Since(start) < d; {
	}
}

func TestBusyCountsCallbacks(t *testing.T) {
	const long, callbacks = 2 * time.Millisecond, 3
	s := newStillLoop(t, ListenOptions{})
	k := s.connect(handler{traffic: func(_ *Conn, p []byte) int { spin(long); return len(p) }})
	if busy := s.Stats().Busy; busy != 0 {
		t.Fatalf("busy for %v before the first event", busy)
	}
	start := time.Now()
	for range callbacks {
		k.in = append(k.in, []byte("x"))
		s.event(k, unix.EPOLLIN)
	}
	wall := time.Since(start)
	busy := s.Stats().Busy
	if busy < callbacks*long || busy > wall {
		t.Errorf("busy for %v, want at least %v, and no more than the %v that passed", busy, callbacks*long, wall)
	}
	spin(long)
	if later := s.Stats().Busy; later != busy {
		t.Errorf("busy for %v without an event", later-busy)
	}
}

// A loop that does not come out of a callback is busy, seen from elsewhere.
func TestBusyCountsTheRunningCallback(t *testing.T) {
	e := testEngine(t, Options{Loops: 2})
	stuck, home := e.Loops()[1], e.Home()
	inside, leave := make(chan struct{}), make(chan struct{})
	if err := stuck.Post(func() { close(inside); <-leave }); err != nil {
		t.Fatal(err)
	}
	await(t, "the callback", inside)
	before, idle := stuck.Stats().Busy, home.Stats().Busy
	const long = 5 * time.Millisecond
	spin(long)
	if grown := stuck.Stats().Busy - before; grown < long {
		t.Errorf("busy for %v in %v", grown, long)
	}
	if sum, least := e.Stats().Busy, before+long+idle; sum < least {
		t.Errorf("the engine is busy for %v, want at least %v", sum, least)
	}
	close(leave)
	on(t, stuck, func() {})
	shutdown(t, e)
	ended := e.Stats().Busy
	spin(long)
	if later := e.Stats().Busy; later != ended {
		t.Errorf("busy for %v after the end", later-ended)
	}
}

func TestWorkClockNeverGoesBack(t *testing.T) {
	var w workClock
	steps := []struct {
		do   func()
		now  time.Duration
		want time.Duration
	}{
		{func() {}, 5, 0},
		{func() { w.begin(10) }, 10, 0},
		{func() {}, 14, 4},
		{func() { w.end(15) }, 100, 5},
		{func() { w.begin(200) }, 200, 5},
		{func() {}, 1000, 805},
		{func() { w.end(1000) }, 1001, 805},
	}
	for i, step := range steps {
		step.do()
		if got := w.sum(func() time.Duration { return step.now }); got != step.want {
			t.Errorf("step %d: %d ns, want %d", i, got, step.want)
		}
	}
}
