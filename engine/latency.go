//go:build linux

package engine

import (
	"sync/atomic"
	"time"
)

// PushTimes are how long pushes took, from the moment at which a hub took them (NotePushed) until each of their connections on a
// loop had its turn to write them. A connection whose peer takes no more does not count: how long that lasts is the peer's doing. A
// push to connections of several loops counts once a loop. Times are told like those of Turns.
type PushTimes struct {
	Count               uint64
	Sum                 time.Duration
	P50, P99, P999, Max time.Duration
}

// pushClock times pushes without touching what they are made of: a mark says how far the loop's log and its queue have to come, so
// that everything pushed before is on its way. Both go forward only, so the oldest mark is due first.
type pushClock struct {
	marks [maxMarks]pushMark
	first int
	n     int
	times durations
	sum   atomic.Int64
}

// maxMarks is how many events' pushes are timed at once. Those of further ones are not: the loop is far behind then, and the oldest
// mark says so.
const maxMarks = 64

// pushMark is of the pushes of one event.
type pushMark struct {
	taken    time.Duration // the loop's age
	pushes   uint64
	position uint64 // in the log
	served   uint64 // turns that connections of the ready queue have had
}

// NotePushed tells the loop that a message which has just been pushed to connections of it was taken at this moment, as Now told it
// on the loop where that was. On the loop only.
func (l *Loop) NotePushed(taken time.Time) {
	p := &l.pushes
	m := pushMark{taken: taken.Sub(l.started), pushes: 1, position: l.everybody.end(), served: l.served + uint64(l.ready.n)}
	if p.n > 0 {
		if newest := p.at(p.n - 1); newest.taken == m.taken {
			m.pushes += newest.pushes
			*newest = m
			return
		}
	}
	if p.n < maxMarks {
		p.n++
		*p.at(p.n - 1) = m
	}
}

func (p *pushClock) at(i int) *pushMark { return &p.marks[(p.first+i)%maxMarks] }

// notePushes counts the pushes that are on their way, at the end of an event.
func (l *Loop) notePushes(now time.Duration) {
	p := &l.pushes
	for ; p.n > 0; p.n-- {
		m := p.at(0)
		if m.served > l.served || m.position > l.everybody.due {
			return
		}
		took := now - m.taken
		p.times.count(took, m.pushes)
		p.sum.Store(p.sum.Load() + int64(took)*int64(m.pushes))
		p.first = (p.first + 1) % maxMarks
	}
}

// PushesWithin is TurnsWithin for Stats.PushTimes.
func (l *Loop) PushesWithin(limits ...time.Duration) []uint64 { return l.pushes.times.within(limits) }

func (s *durationCounts) pushTimes(sum time.Duration) PushTimes {
	t := s.turns()
	return PushTimes{Count: t.Count, Sum: sum, P50: t.P50, P99: t.P99, P999: t.P999, Max: t.Max}
}
