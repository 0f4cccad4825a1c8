//go:build linux

package engine

import (
	"math/rand/v2"
	"runtime"
	"slices"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// What limits, metrics and the memory budget cost a message: the same work with all of them and without any, round about in one run, on
// loops whose sockets take everything at no cost.
//
//	go test -run '^$' -bench Cost -benchtime 2s ./engine
//
// Each message comes, or leaves, in an event of its own, so that nothing is shared: with several in one read the cost of a message is
// less.
func BenchmarkCost(b *testing.B) {
	for name, way := range map[string]func(s *stillLoop, with bool) (step func()){"echo": (*stillLoop).costOfEcho, "push": (*stillLoop).costOfPush} {
		b.Run(name, func(b *testing.B) {
			limited := quickLimitedLoop(b)
			with, without := way(limited, true), way(quickLoop(b), false)
			counting := limited.counting
			var on, off, counts []float64
			for b.Loop() {
				on, off, counts = append(on, roundOf(with)), append(off, roundOf(without)), append(counts, roundOf(counting))
			}
			b.ReportMetric(0, "ns/op")
			b.ReportMetric(median(off), "ns/msg-without")
			b.ReportMetric(median(on), "ns/msg-with")
			// The counters of reads and writes run on both sides; what they take by themselves is added.
			b.ReportMetric(median(on)-median(off)+median(counts), "ns/msg-cost")
		})
	}
}

// quickLimitedLoop is quickLoop with limits that are never reached.
func quickLimitedLoop(t testing.TB) *stillLoop {
	s := newStillLoop(t, ListenOptions{MessageRate: 1 << 30, ByteRate: 1 << 30})
	s.sys.write = func(_ int, p []byte) (int, error) { return len(p), nil }
	s.budget(1 << 30)
	return s
}

const roundSteps = 2000

// roundOf is how many nanoseconds of its thread's CPU a step takes: what else runs on the machine takes time, but less of that.
func roundOf(step func()) float64 {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	start := threadTime()
	for range roundSteps {
		step()
	}
	return float64(threadTime()-start) / roundSteps
}

func threadTime() int64 {
	var now unix.Timespec
	_ = unix.ClockGettime(unix.CLOCK_THREAD_CPUTIME_ID, &now) // it cannot fail
	return now.Nano()
}

func median(of []float64) float64 {
	slices.Sort(of)
	return of[len(of)/2]
}

// counting is what a message's read and write add to the counts.
func (s *stillLoop) counting() {
	s.stats.read(len(ping))
	s.stats.written(len(ping))
}

// costOfEcho is one message that comes and is answered.
func (s *stillLoop) costOfEcho(with bool) (step func()) {
	k := s.connect(handler{traffic: func(c *Conn, p []byte) int {
		if !c.Next() {
			return 0
		}
		if !with || c.Count() {
			_, _ = c.Write(p)
		}
		return len(p)
	}})
	s.sys.read = func(_ int, p []byte) (int, error) { return copy(p, ping), nil }
	if with {
		return func() { s.event(k, unix.EPOLLIN) }
	}
	return func() { s.uncounted(func() { s.events++; s.handleSocket(int(k.conn.fd), unix.EPOLLIN) }) }
}

// costOfPush is one message to one of some connections.
func (s *stillLoop) costOfPush(with bool) (step func()) {
	all := s.hearing(64)
	m := text(string(make([]byte, 130)))
	push := func() {
		all[rand.IntN(len(all))].conn.pushShared(m)
		s.wanted = false // the event comes by itself
	}
	if with {
		return func() { push(); s.NotePushed(s.Now()); s.ownEvent() }
	}
	return func() { push(); s.uncounted(func() { s.woken = false; s.runInbox(); s.slice() }) }
}

// uncounted is an event as handle serves it, without what is there for figures: the clocks of work, turns, slow callbacks and pushes, and
// what others are told of the loop.
func (s *stillLoop) uncounted(serve func()) {
	s.now = time.Now()
	serve()
	s.settle()
	s.checkBacklog()
	s.sliceIfDue(s.now)
	s.ring()
}

// Both sides do the same work.
func TestCostComparesLikeWithLike(t *testing.T) {
	for name, way := range map[string]func(s *stillLoop, with bool) (step func()){"echo": (*stillLoop).costOfEcho, "push": (*stillLoop).costOfPush} {
		var writes [2]uint64
		for i, s := range []*stillLoop{quickLimitedLoop(t), quickLoop(t)} {
			step := way(s, i == 0)
			for range 100 {
				step()
			}
			writes[i] = s.stats.writes.Load()
			if turns := s.turns.number; (turns == 0) != (i == 1) {
				t.Errorf("%s: %d turns", name, turns)
			}
		}
		if writes != [2]uint64{100, 100} {
			t.Errorf("%s: %d writes of 100", name, writes)
		}
	}
}
