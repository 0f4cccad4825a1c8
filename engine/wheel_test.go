//go:build linux

package engine

import (
	"math/rand/v2"
	"testing"
)

// wheelModel does what a wheel does with a set that is searched from end to end.
type wheelModel struct {
	t     *testing.T
	seed  uint64
	rng   *rand.Rand
	wheel wheel
	due   map[*Timer]uint64
	last  uint64 // the tick that fired last
	limit uint64 // how far the wheel is being moved
}

func (m *wheelModel) fail(format string, args ...any) {
	m.t.Helper()
	m.t.Fatalf("seed %d, tick %d: "+format, append([]any{m.seed, m.wheel.now}, args...)...)
}

// distance is a number of ticks that leads to any level of the wheel, and beyond the last.
func (m *wheelModel) distance() uint64 {
	return m.rng.Uint64N(1 << (1 + m.rng.IntN(wheelBits*(wheelLevels+1))))
}

func (m *wheelModel) add() {
	t := &Timer{due: m.wheel.now + m.distance()}
	if t.due > 2 && m.rng.IntN(8) == 0 {
		t.due -= 2 // in the past, or now
	}
	m.due[t] = max(t.due, m.wheel.now+1)
	m.wheel.add(t)
}

// remove takes out a timer; which of them, the map decides.
func (m *wheelModel) remove() {
	for t := range m.due {
		m.wheel.remove(t)
		delete(m.due, t)
		return
	}
}

func (m *wheelModel) first() (tick uint64, ok bool) {
	for _, due := range m.due {
		if !ok || due < tick {
			tick, ok = due, true
		}
	}
	return tick, ok
}

func (m *wheelModel) fire(t *Timer) {
	due, waiting := m.due[t]
	first, _ := m.first()
	switch {
	case !waiting:
		m.fail("a timer fired that was stopped, or had fired")
	case due > m.limit:
		m.fail("fired early: due at %d, the wheel is moved to %d", due, m.limit)
	case due != first:
		m.fail("out of order: due at %d, another at %d", due, first)
	case due < m.last:
		m.fail("backwards: %d after %d", due, m.last)
	}
	m.last = due
	delete(m.due, t)
	switch m.rng.IntN(4) { // what a callback may do
	case 0:
		m.add()
	case 1:
		m.remove()
	}
}

// advance moves the wheel, at times interrupted, and compares what is left.
func (m *wheelModel) advance() {
	m.limit = m.wheel.now + m.distance()
	most, fired := 1+m.rng.IntN(20), 0
	reached := m.wheel.advance(m.limit, most, func(t *Timer) { fired++; m.fire(t) })
	first, any := m.first()
	switch left := any && first <= m.limit; {
	case reached && left:
		m.fail("reached %d, and a timer due at %d has not fired", m.limit, first)
	case !reached && (fired > most || fired < most && len(m.due) < spreadPerFire):
		m.fail("interrupted after %d, not %d", fired, most)
	case reached && m.wheel.now != m.limit:
		m.fail("the wheel is not at %d", m.limit)
	case m.wheel.now > m.limit:
		m.fail("the wheel went past %d", m.limit)
	}
	m.check()
}

// check compares the count and the tick that the wheel wants to be turned at.
func (m *wheelModel) check() {
	if m.wheel.count != len(m.due) {
		m.fail("count %d, want %d", m.wheel.count, len(m.due))
	}
	first, any := m.first()
	next, ok := m.wheel.next()
	switch {
	case ok != any:
		m.fail("next says %v with %d timers", ok, len(m.due))
	case any && next > first:
		m.fail("next is late: %d, due at %d", next, first)
	case any && next <= m.wheel.now:
		m.fail("next is in the past: %d", next)
	}
}

func TestWheelAgainstModel(t *testing.T) {
	rounds := uint64(300)
	if testing.Short() {
		rounds = 30
	}
	for seed := range rounds {
		m := &wheelModel{t: t, seed: seed, rng: rand.New(rand.NewPCG(seed, 0)), due: map[*Timer]uint64{}}
		for range 300 {
			switch m.rng.IntN(6) {
			case 0, 1, 2:
				m.add()
			case 3:
				m.remove()
			default:
				m.advance()
			}
			m.check()
		}
	}
}

// Each slot of each level, from a start at every position of the lowest level: the corners of the arithmetic.
func TestWheelEverySlot(t *testing.T) {
	for start := range uint64(2 * wheelSlots) {
		for level := range wheelLevels + 1 {
			for slot := range uint64(wheelSlots + 1) {
				for _, more := range []uint64{0, 1} {
					wheelOnce(t, start, slot<<(level*wheelBits)+more)
				}
			}
		}
	}
}

// wheelOnce starts one timer and moves the wheel to just before it, and then to it.
func wheelOnce(t *testing.T, start, ahead uint64) {
	var w wheel
	w.advance(start, 1, nil)
	timer := &Timer{due: start + ahead}
	w.add(timer)
	due, fired := max(start+ahead, start+1), 0
	count := func(*Timer) { fired++ }
	if w.advance(due-1, 1, count); fired != 0 {
		t.Fatalf("start %d, %d ahead: fired early", start, ahead)
	}
	if w.advance(due, 1, count); fired != 1 {
		t.Fatalf("start %d, %d ahead: fired %d times", start, ahead, fired)
	}
	if _, ok := w.next(); ok || w.count != 0 {
		t.Fatalf("start %d, %d ahead: something is left", start, ahead)
	}
}

// A slot that very many timers wait in is spread in several turns, and each of them fires at its tick.
func TestWheelSpreadsInTurns(t *testing.T) {
	const timers, most, tick = 100_000, 10, 5000
	w := &wheel{}
	for range timers {
		w.add(&Timer{due: tick})
	}
	turns, fired := 0, 0
	for reached := false; !reached; turns++ {
		before := fired
		reached = w.advance(tick, most, func(*Timer) { fired++ })
		if fired-before > most {
			t.Fatalf("%d fired in a turn", fired-before)
		}
	}
	if least := timers/most + timers/(most*spreadPerFire); fired != timers || turns < least || w.count != 0 {
		t.Errorf("%d fired in %d turns, want at least %d turns; %d are left", fired, turns, least, w.count)
	}
}
