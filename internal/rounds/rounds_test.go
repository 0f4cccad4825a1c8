//go:build linux

package rounds

import (
	"log/slog"
	"math/rand/v2"
	"testing"
	"time"

	"fanloop/engine"
)

type member struct {
	seat   Seat
	visits int
}

func (m *member) Seat() *Seat { return &m.seat }

// onLoop runs fn on a loop, and waits.
func onLoop(t *testing.T, fn func(l *engine.Loop)) {
	t.Helper()
	e, err := engine.New(engine.Options{Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = e.Shutdown(t.Context()) }()
	done := make(chan struct{})
	if err := e.Home().Post(func() { defer close(done); fn(e.Home()) }); err != nil {
		t.Fatal(err)
	}
	<-done
}

// round is a turn of each slot, to its end.
func (r *Rounds[T]) round() {
	for range Slots {
		r.Turn()
		for r.going {
			r.goOn()
		}
	}
}

// Everybody is visited once a round, whoever comes and goes meanwhile; who goes is not visited any more, and who comes not before
// all slots have had their turn.
func TestRounds(t *testing.T) {
	onLoop(t, func(l *engine.Loop) {
		rng := rand.New(rand.NewPCG(1, 2))
		var all []*member
		r := New(l, time.Hour, func(m *member) {
			if !m.seat.Taken() {
				t.Error("visited without a seat")
			}
			m.visits++
		})
		come := func() {
			m := &member{}
			r.Sit(m)
			all = append(all, m)
		}
		leave := func() {
			i := rng.IntN(len(all))
			r.Rise(all[i])
			r.Rise(all[i])
			all[i] = all[len(all)-1]
			all = all[:len(all)-1]
		}
		for range 10_000 {
			come()
			r.now = rng.IntN(Slots)
		}
		for range 3 {
			for _, m := range all {
				m.visits = 0
			}
			old := map[*member]bool{}
			for _, m := range all {
				old[m] = true
			}
			for range Slots {
				r.Turn()
				for r.going {
					for range 20 {
						leave()
						come()
					}
					r.goOn()
				}
			}
			if r.Len() != len(all) {
				t.Fatalf("%d members, want %d", r.Len(), len(all))
			}
			for _, m := range all {
				if m.visits != 1 && (old[m] || m.visits > 1) {
					t.Fatalf("visited %d times, was there before: %v", m.visits, old[m])
				}
			}
		}
		for len(all) > 0 {
			leave()
		}
		if r.Len() != 0 || r.timer != nil || r.going {
			t.Errorf("%d members, timer %v", r.Len(), r.timer)
		}
	})
}

// However many there are, one task visits few of them, and those who wait for a turn are not overtaken.
func TestRoundsAreSliced(t *testing.T) {
	onLoop(t, func(l *engine.Loop) {
		visits := 0
		r := New(l, time.Hour, func(*member) { visits++ })
		for range 1000 {
			r.Sit(&member{})
		}
		r.now = Slots - 1 // all are in slot 0
		r.Turn()
		now := r.now
		r.Turn()
		if visits != visitsPerTask || r.now != now || !r.going {
			t.Errorf("%d visits in a task, slot %d after %d", visits, r.now, now)
		}
		newcomer := &member{}
		r.Sit(newcomer)
		for r.going {
			r.goOn()
		}
		if visits != 1000 || newcomer.seat.slot() == now {
			t.Errorf("%d visits, the newcomer is in slot %d", visits, newcomer.seat.slot())
		}
	})
}

// The timer goes by itself, and a visit costs no allocation.
func TestRoundsTimer(t *testing.T) {
	e, err := engine.New(engine.Options{Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = e.Shutdown(t.Context()) }()
	visited := make(chan *member, 1000)
	_ = e.Home().Post(func() {
		r := New(e.Home(), Slots*time.Millisecond, func(m *member) {
			select {
			case visited <- m:
			default:
			}
		})
		r.Sit(&member{})
		if n := testing.AllocsPerRun(100, r.round); n != 0 {
			t.Errorf("%v allocations", n)
		}
	})
	for range 20 {
		<-visited
	}
}

// A visit that panics costs nobody else theirs.
func TestVisitThatPanics(t *testing.T) {
	onLoop(t, func(l *engine.Loop) {
		bad := &member{}
		r := New(l, time.Hour, func(m *member) {
			if m.visits++; m == bad {
				panic("a visit")
			}
		})
		all := []*member{{}, bad, {}}
		for _, m := range all {
			r.Sit(m)
		}
		for range 2*Slots + 2 {
			func() {
				defer func() { _ = recover() }() // as the loop does
				r.Turn()
			}()
		}
		for i, m := range all {
			if m.visits < 2 {
				t.Errorf("member %d was visited %d times in two rounds", i, m.visits)
			}
		}
		for _, m := range all {
			r.Rise(m)
		}
	})
}
