//go:build linux

package engine

import (
	"math"
	"slices"
	"testing"
	"time"
)

// The engine of these tests is never run: timers work as soon as New has returned.

func TestTimerIsNeverEarly(t *testing.T) {
	e := testEngine(t, Options{})
	waits := []time.Duration{-time.Second, 0, 1, time.Millisecond - 1, time.Millisecond, 1500 * time.Microsecond, 7 * time.Millisecond, 70 * time.Millisecond}
	early := make(chan time.Duration, len(waits))
	on(t, e.Home(), func() {
		for _, d := range waits {
			start := time.Now()
			e.Home().After(d, func() { early <- d - time.Since(start) })
		}
	})
	for range waits {
		if by := await(t, "a timer", early); by > 0 {
			t.Errorf("%v early", by)
		}
	}
}

func TestTimersFireInOrder(t *testing.T) {
	e := testEngine(t, Options{})
	var timers []*Timer
	fired := make(chan uint64)
	on(t, e.Home(), func() {
		for _, ms := range []int{9, 3, 70, 1, 30, 5} { // each from its own moment on, which may be later than one thinks
			var timer *Timer
			timer = e.Home().After(time.Duration(ms)*time.Millisecond, func() { fired <- timer.due })
			timers = append(timers, timer)
		}
	})
	var got []uint64
	for range timers {
		got = append(got, await(t, "a timer", fired))
	}
	if !slices.IsSorted(got) {
		t.Errorf("fired in the order %v", got)
	}
}

// What Stats says of timers is those that are set.
func TestTimersAreCounted(t *testing.T) {
	s := newStillLoop(t, ListenOptions{})
	want := func(n int64) {
		t.Helper()
		s.wake()
		s.pump()
		if got := s.Stats().Timers; got != n {
			t.Errorf("%d timers, want %d", got, n)
		}
	}
	want(0)
	once, often := s.After(time.Hour, func() {}), s.Every(time.Hour, func() {})
	want(2)
	once.Reset(time.Minute)
	want(2)
	once.Stop()
	once.Stop()
	want(1)
	often.Stop()
	want(0)
}

func TestTimerStop(t *testing.T) {
	e := testEngine(t, Options{})
	done := make(chan struct{})
	on(t, e.Home(), func() {
		l := e.Home()
		var second *Timer
		// Both are due in the same turn; the first to fire stops the other, which was due already.
		first := l.After(time.Millisecond, func() {
			if !second.Stop() {
				t.Error("Stop of a waiting timer: false")
			}
			l.After(5*time.Millisecond, func() { close(done) })
		})
		second = l.After(time.Millisecond, func() { t.Error("a stopped timer fired") })
		stopped := l.After(time.Millisecond, func() { t.Error("a stopped timer fired") })
		if !stopped.Stop() || stopped.Stop() {
			t.Error("Stop twice: want true, then false")
		}
		l.started = l.started.Add(-10 * time.Millisecond) // all are due now
		l.runTimers()
		if first.Stop() {
			t.Error("Stop of a timer that has fired: true")
		}
	})
	await(t, "a timer behind the stopped ones", done)
}

func TestTimerInItsOwnCallback(t *testing.T) {
	e := testEngine(t, Options{})
	l := e.Home()
	tests := []struct {
		name  string
		start func(fn func()) *Timer
		do    func(timer *Timer, calls int)
		want  int
	}{
		{"Every, Stop in the third call", func(fn func()) *Timer { return l.Every(time.Millisecond, fn) }, func(timer *Timer, calls int) {
			if calls == 3 && !timer.Stop() {
				t.Error("Stop of a repeated timer in its callback: false")
			}
		}, 3},
		{"Every, Reset after Stop: once more", func(fn func()) *Timer { return l.Every(time.Millisecond, fn) }, func(timer *Timer, calls int) {
			if calls == 2 {
				timer.Stop()
				timer.Reset(time.Millisecond)
			}
		}, 3},
		{"After, Reset in the first two calls", func(fn func()) *Timer { return l.After(0, fn) }, func(timer *Timer, calls int) {
			if calls < 3 {
				timer.Reset(0)
			}
		}, 3},
		{"After, Stop", func(fn func()) *Timer { return l.After(0, fn) }, func(timer *Timer, calls int) {
			if timer.Stop() {
				t.Error("Stop of a fired timer in its callback: true")
			}
		}, 1},
	}
	for _, tt := range tests {
		calls := 0
		on(t, l, func() {
			var timer *Timer
			timer = tt.start(func() { calls++; tt.do(timer, calls) })
			for range 10 {
				turnTimers(l, 10*time.Millisecond)
			}
		})
		if calls != tt.want {
			t.Errorf("%s: %d calls, want %d", tt.name, calls, tt.want)
		}
	}
}

// turnTimers lets time pass for the loop's timers and fires what is due. On the loop.
func turnTimers(l *Loop, d time.Duration) {
	l.started = l.started.Add(-d)
	l.runTimers()
}

func TestEveryMakesUpForMissedPeriodsOnce(t *testing.T) {
	e := testEngine(t, Options{})
	l := e.Home()
	on(t, l, func() {
		const period = 1000 // long enough that no real time matters
		calls := 0
		timer := l.Every(period*time.Millisecond, func() { calls++ })
		phase := timer.due % period
		turnTimers(l, 3500*time.Millisecond)
		if calls != 1 {
			t.Errorf("%d calls for the periods that were missed, want 1", calls)
		}
		if now := l.tick(); timer.due%period != phase || timer.due <= now || timer.due > now+period {
			t.Errorf("next due at %d, with the phase %d, at tick %d", timer.due, phase, now)
		}
		turnTimers(l, period*time.Millisecond)
		if calls != 2 {
			t.Errorf("%d calls after the next period, want 2", calls)
		}
		timer.Stop()
	})
}

// A turn fires so many timers, and then the sockets are asked; the rest follows in further turns.
func TestManyTimersAtOnce(t *testing.T) {
	e := testEngine(t, Options{})
	l := e.Home()
	const n = 3*timersPerTurn + 1
	all := make(chan struct{})
	on(t, l, func() {
		fired := 0
		for range n {
			l.After(time.Second, func() {
				if fired++; fired == n {
					close(all)
				}
			})
		}
		turnTimers(l, 2*time.Second)
		if fired > timersPerTurn || fired < timersPerTurn/2 { // they are moved down first
			t.Errorf("%d timers in a turn, want %d or a little less", fired, timersPerTurn)
		}
	})
	await(t, "the rest of the timers", all)
}

func TestTimerFarAway(t *testing.T) {
	e := testEngine(t, Options{})
	l := e.Home()
	near := make(chan struct{})
	on(t, l, func() {
		for _, d := range []time.Duration{math.MaxInt64, math.MaxInt64 - 1, 100 * 365 * 24 * time.Hour} {
			timer := l.After(d, func() { t.Errorf("a timer of %v fired", d) })
			turnTimers(l, 24*time.Hour)
			if !timer.Stop() {
				t.Errorf("a timer of %v did not wait", d)
			}
		}
		l.After(time.Millisecond, func() { close(near) })
	})
	await(t, "a timer after far ones", near)
}

func TestTimerPanic(t *testing.T) {
	log := &testLog{t: t}
	e := testEngine(t, Options{Logger: textLogger(log)})
	next := make(chan struct{})
	on(t, e.Home(), func() {
		e.Home().After(0, func() { panic("in a timer") })
		e.Home().After(5*time.Millisecond, func() { close(next) })
	})
	await(t, "the timer after the one that panicked", next)
	if got := e.Stats().Panics; got != 1 {
		t.Errorf("%d panics counted, want 1", got)
	}
	wantLogged(t, log, "in a timer", "timer_test.go")
}

func TestTimerCosts(t *testing.T) {
	e := testEngine(t, Options{})
	l := e.Home()
	on(t, l, func() {
		timer := l.After(time.Hour, func() {})
		defer timer.Stop()
		if n := testing.AllocsPerRun(100, func() { timer.Reset(time.Hour) }); n != 0 {
			t.Errorf("Reset allocates %v times", n)
		}
	})
}

func BenchmarkTimerStartStop(b *testing.B) {
	e := testEngine(b, Options{})
	l := e.Home()
	on(b, l, func() {
		waiting := make([]*Timer, 100_000)
		for i := range waiting {
			waiting[i] = l.After(time.Hour+time.Duration(i)*time.Millisecond, func() {})
		}
		b.ReportAllocs()
		for b.Loop() {
			l.After(30*time.Second, func() {}).Stop()
		}
		b.StopTimer()
		for _, timer := range waiting {
			timer.Stop()
		}
	})
}

func BenchmarkTimerReset(b *testing.B) {
	e := testEngine(b, Options{})
	l := e.Home()
	on(b, l, func() {
		waiting := make([]*Timer, 100_000)
		for i := range waiting {
			waiting[i] = l.After(time.Hour, func() {})
		}
		b.ReportAllocs()
		for i := 0; b.Loop(); i++ {
			waiting[i%len(waiting)].Reset(time.Hour)
		}
		b.StopTimer()
		for _, timer := range waiting {
			timer.Stop()
		}
	})
}
