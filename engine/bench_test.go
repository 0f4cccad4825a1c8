//go:build linux

package engine

import (
	"fmt"
	"testing"

	"golang.org/x/sys/unix"
)

// quickLoop is a loop whose sockets take everything at no cost.
func quickLoop(t testing.TB) *stillLoop {
	s := newStillLoop(t, ListenOptions{})
	s.sys.write = func(_ int, p []byte) (int, error) { return len(p), nil }
	return s
}

var ping = []byte("0123456789abcdef0123456789abcdef")

// echoed gives a connection one small message, as its socket does, which it echoes.
func (s *stillLoop) echoing() (step func()) {
	k := s.connect(echo)
	s.sys.read = func(_ int, p []byte) (int, error) { return copy(p, ping), nil }
	return func() { s.event(k, unix.EPOLLIN) }
}

func BenchmarkEcho(b *testing.B) {
	step := quickLoop(b).echoing()
	b.ReportAllocs()
	for b.Loop() {
		step()
	}
}

// sending sends a frame to a connection and gives it its turn.
func (s *stillLoop) sending() (step func()) {
	c := s.connect(handler{}).conn
	return func() {
		_ = c.Send(ping)
		s.slice()
		s.woken = false // as its event does
	}
}

func BenchmarkSend(b *testing.B) {
	step := quickLoop(b).sending()
	b.ReportAllocs()
	for b.Loop() {
		step()
	}
}

// broadcasting sends a message to n connections and sweeps until all have it.
func (s *stillLoop) broadcasting(n int, excepted int) (step func()) {
	except := outlets(s.hearing(n)[:excepted])
	m := text(string(make([]byte, 130)))
	return func() {
		s.Broadcast(m, except)
		for s.busy() {
			s.slice()
		}
		s.woken = false
	}
}

func BenchmarkBroadcast10000(b *testing.B) {
	const receivers = 10_000
	step := quickLoop(b).broadcasting(receivers, 0)
	b.ReportAllocs()
	for b.Loop() {
		step()
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/receivers, "ns/receiver")
}

func BenchmarkBroadcast10000Except(b *testing.B) {
	const receivers = 10_000
	s := quickLoop(b)
	step := s.broadcasting(receivers, 1)
	b.ReportAllocs()
	for b.Loop() {
		step()
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/receivers, "ns/receiver")
}

// grouping sends a message to an audience of n, of so many that hear, and sweeps until all have it.
func (s *stillLoop) grouping(n, of int) (step func()) {
	crew := s.NewAudience()
	to := []Audience{crew}
	for i, o := range outlets(s.hearing(of)) {
		if i%(of/n) == 0 {
			crew.Add(o)
		}
	}
	m := text(string(make([]byte, 130)))
	return func() {
		s.BroadcastTo(to, m, nil)
		for s.busy() {
			s.slice()
		}
		s.woken = false
	}
}

// pushing sends a message to each of n, of so many that hear.
func (s *stillLoop) pushing(n, of int) (step func()) {
	var all []*Conn
	for i, k := range s.hearing(of) {
		if i%(of/n) == 0 {
			all = append(all, k.conn)
		}
	}
	m := text(string(make([]byte, 130)))
	return func() {
		for _, c := range all {
			c.pushShared(m)
		}
		for s.busy() {
			s.slice()
		}
		s.woken = false
	}
}

// BenchmarkGroup compares both ways to a group, of 100,000 that hear.
func BenchmarkGroup(b *testing.B) {
	for _, n := range []int{10, 100, 1000, 10_000} {
		for name, way := range map[string]func(s *stillLoop, n, of int) func(){"log": (*stillLoop).grouping, "outboxes": (*stillLoop).pushing} {
			b.Run(fmt.Sprintf("%s/%d", name, n), func(b *testing.B) {
				step := way(quickLoop(b), n, 100_000)
				b.ReportAllocs()
				for b.Loop() {
					step()
				}
				b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(n), "ns/receiver")
			})
		}
	}
}

// BenchmarkPush10000 is a push to each of a group, one by one.
func BenchmarkPush10000(b *testing.B) {
	const receivers = 10_000
	s := quickLoop(b)
	all := s.hearing(receivers)
	m := text(string(make([]byte, 130)))
	b.ReportAllocs()
	for b.Loop() {
		for _, k := range all {
			k.conn.pushShared(m)
		}
		for s.busy() {
			s.slice()
		}
		s.woken = false
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/receivers, "ns/receiver")
}

func TestAllocations(t *testing.T) {
	for name, test := range map[string]struct {
		step func(s *stillLoop) func()
		most float64
	}{
		"echo":                        {step: (*stillLoop).echoing},
		"Send":                        {step: (*stillLoop).sending},
		"push to 5,000":               {step: func(s *stillLoop) func() { return s.pushing(5000, 5000) }},
		"push to a group of 1,000":    {step: func(s *stillLoop) func() { return s.grouping(1000, 5000) }},
		"broadcast to 1,000":          {step: func(s *stillLoop) func() { return s.broadcasting(1000, 0) }},
		"broadcast to all but itself": {step: func(s *stillLoop) func() { return s.broadcasting(1000, 2) }, most: 1},
	} {
		t.Run(name, func(t *testing.T) {
			if n := testing.AllocsPerRun(20, test.step(quickLoop(t))); n > test.most {
				t.Errorf("%v allocations, want at most %v", n, test.most)
			}
		})
	}
}
