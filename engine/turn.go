//go:build linux

package engine

import (
	"math/bits"
	"sync/atomic"
	"time"
)

// Turns are how long loops have worked between one epoll_wait and the next: for so long nobody else was served. They are
// counted in classes an eighth apart, of which the upper end is told, and since the engine was made.
type Turns struct {
	Count               uint64 // ended turns, but for the last of each loop
	P50, P99, P999, Max time.Duration
}

// turnClock counts a loop's turns. gnet's poller does not tell where one ends. A second event of one descriptor is of another
// turn than the first, and more than turnGap between two events is that of an epoll_wait. Where an epoll_wait takes less, a
// turn may be told as longer than it was, by events of the next one; as shorter only when the system took the loop off its CPU
// just between two events.
type turnClock struct {
	// The loop's own.
	began, ended time.Duration
	number       uint32
	seen         [256]turnEvent // by descriptor

	durations
}

// turnEvent tells that a descriptor had an event in a turn.
type turnEvent struct {
	fd   int32
	turn uint32
}

// turnGap is far more than a return and a call take.
const turnGap = time.Microsecond

// begin tells whether the event is the first of a turn.
func (t *turnClock) begin(fd int, at time.Duration) (first bool) {
	seen := &t.seen[fd%len(t.seen)]
	event := turnEvent{int32(fd), t.number}
	first = *seen == event || at-t.ended > turnGap || t.number == 0
	if first {
		t.next(at)
		event.turn = t.number
	}
	*seen = event
	return first
}

func (t *turnClock) next(at time.Duration) {
	if t.number > 0 {
		t.count(t.ended-t.began, 1)
	}
	t.number = max(t.number+1, 1) // it may go round
	t.began = at
}

func (t *turnClock) end(at time.Duration) { t.ended = at }

// durations counts times in classes. Only the loop adds.
type durations struct {
	counts  [turnClasses]atomic.Uint64
	longest atomic.Int64
}

func (t *durations) count(d time.Duration, times uint64) {
	n := &t.counts[turnClass(d)]
	n.Store(n.Load() + times)
	if int64(d) > t.longest.Load() {
		t.longest.Store(int64(d))
	}
}

func (t *durations) within(limits []time.Duration) []uint64 {
	var all durationCounts
	all.add(t)
	counts := make([]uint64, len(limits))
	for i, limit := range limits {
		counts[i] = all.within(limit)
	}
	return counts
}

// Turns are counted in units of 256 ns: below 8 units each has a class of its own, from there on each power of two has 8,
// up to 4.6 minutes.
const (
	turnUnit    = 8 // bits
	turnClasses = 8 * 28
)

func turnClass(d time.Duration) int {
	units := uint64(max(d, 0)) >> turnUnit
	if units < 8 {
		return int(units)
	}
	power := bits.Len64(units) - 4 // units>>power is from 8 to 15
	return min(8*power+int(units>>power), turnClasses-1)
}

// turnClassEnd is the upper end of a class.
func turnClassEnd(class int) time.Duration {
	if class < 16 {
		return time.Duration(class+1) << turnUnit
	}
	power := class/8 - 1
	return time.Duration(class%8+9) << (power + turnUnit)
}

// durationCounts adds up the times of several loops.
type durationCounts struct {
	counts  [turnClasses]uint64
	longest time.Duration
}

func (s *durationCounts) add(t *durations) {
	for i := range t.counts {
		s.counts[i] += t.counts[i].Load()
	}
	s.longest = max(s.longest, time.Duration(t.longest.Load()))
}

func (s *durationCounts) turns() Turns {
	sum := Turns{Max: s.longest}
	for _, n := range s.counts {
		sum.Count += n
	}
	sum.P50, sum.P99, sum.P999 = s.atMost(sum.Count, 500), s.atMost(sum.Count, 990), s.atMost(sum.Count, 999)
	return sum
}

// within is how many turns were of classes that end at limit or before.
func (s *durationCounts) within(limit time.Duration) (sum uint64) {
	for class, n := range s.counts {
		if turnClassEnd(class) <= limit {
			sum += n
		}
	}
	return sum
}

// TurnsWithin tells, for each limit, how many turns took less. It is exact for limits that are 256 ns times a power of two; for others
// it leaves out turns that took up to an eighth less than the limit. It may be called from any goroutine.
func (l *Loop) TurnsWithin(limits ...time.Duration) []uint64 { return l.turns.within(limits) }

// atMost is what so many in a thousand of the turns did not exceed.
func (s *durationCounts) atMost(total uint64, thousandths uint64) time.Duration {
	rank, seen := (total*thousandths+999)/1000, uint64(0)
	for class, n := range s.counts {
		if seen += n; n > 0 && seen >= rank {
			return min(turnClassEnd(class), s.longest)
		}
	}
	return 0
}
