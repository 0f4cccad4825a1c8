//go:build linux

package engine

import (
	"log/slog"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
)

// publishing publishes with each line.
func publishing() handler {
	return lines(func(c *Conn, line string) {
		c.loop.NotePublish()
		repeat(c, line)
	})
}

// What has been read of publishers and waits for its turn may spend the budget all alone. To hold them back until there is memory
// again would be to wait for each other without end: they go on.
func TestHeldBackInputIsHandled(t *testing.T) {
	s := newStillLoop(t, ListenOptions{})
	m := s.budget(256 << 10)
	sent := strings.Repeat("1234567\n", readSize/8)
	var all []*fakeSocket
	for range 10 {
		k := s.connect(publishing())
		k.in = [][]byte{[]byte(sent)}
		all = append(all, k)
	}
	for _, k := range all {
		s.event(k, k.events())
	}
	if !m.spent.Load() {
		t.Fatalf("%d bytes do not spend it", s.memory())
	}
	for turns := 0; m.spent.Load(); turns++ {
		if turns > 1000 {
			t.Fatalf("%d bytes are used, %d are held", s.memory(), s.held.n)
		}
		s.pump()
		s.pass(reclaimEvery + 2)
	}
	s.pump()
	for i, k := range all {
		if string(k.got) != sent {
			t.Errorf("connection %d: %d bytes answered of %d", i, len(k.got), len(sent))
		}
	}
	if got := s.Stats(); got.MemoryClosed != 0 || got.MemorySpent == 0 {
		t.Errorf("%+v", got)
	}
	s.expectIdle()
}

// A little that somebody has not finished is no reason to wait for them either, nor to close anybody.
func TestHeldBackInputBesideHalves(t *testing.T) {
	s := newStillLoop(t, ListenOptions{})
	m := s.budget(256 << 10)
	half := s.connect(publishing())
	half.in = [][]byte{[]byte("half")}
	s.pump()
	for range 10 {
		k := s.connect(publishing())
		k.in = [][]byte{[]byte(strings.Repeat("1234567\n", readSize/8))}
		s.event(k, k.events())
	}
	for turns := 0; m.spent.Load(); turns++ {
		if turns > 1000 {
			t.Fatalf("%d bytes are used, %d are held", s.memory(), s.held.n)
		}
		s.pump()
		s.pass(reclaimEvery + 2)
	}
	half.in = [][]byte{[]byte("\n")}
	s.pump()
	if string(half.got) != "half\n" || s.Stats().MemoryClosed != 0 {
		t.Errorf("got %q, %+v", half.got, s.Stats())
	}
}

// What waits because its peer sends more than it may is the peer's to answer for, and goes when memory is spent.
func TestTooFastSpendTheMemory(t *testing.T) {
	s := newStillLoop(t, ListenOptions{MessageRate: 10})
	m := s.budget(256 << 10)
	for range 10 {
		k := s.connect(paced(repeat))
		k.in = [][]byte{[]byte(strings.Repeat("1234567\n", readSize/8))}
		s.event(k, k.events())
	}
	s.pump()
	if n := s.Stats().MemoryClosed; m.spent.Load() || n == 0 || n == 10 {
		t.Errorf("spent %v, %d bytes of %d, %d closed", m.spent.Load(), s.memory(), m.most, n)
	}
}

// What waits because the program has paused its connection goes too: else it would keep the budget spent until the program likes.
func TestPausedSpendTheMemory(t *testing.T) {
	s := newStillLoop(t, ListenOptions{})
	m := s.budget(256 << 10)
	var all []*fakeSocket
	for range 10 {
		k := s.connect(lines(func(c *Conn, line string) {
			c.Pause()
			repeat(c, line)
		}))
		k.in = [][]byte{[]byte(strings.Repeat("1234567\n", readSize/8))}
		all = append(all, k)
		s.event(k, k.events())
	}
	s.pump()
	if n := s.Stats().MemoryClosed; m.spent.Load() || n == 0 || n == 10 {
		t.Errorf("spent %v, %d bytes of %d, %d closed", m.spent.Load(), s.memory(), m.most, n)
	}
	for i, k := range all {
		if string(k.got) != "1234567\n" {
			t.Errorf("connection %d got %q", i, k.got)
		}
	}
}

// One loop may find that enough is free in the moment in which another finds the budget spent. The reasons to hold publishers back are
// never fewer than none.
func TestSpendAndRecoupAtOnce(t *testing.T) {
	e := &Engine{log: slog.New(slog.DiscardHandler), relief: make(chan struct{})}
	var wait sync.WaitGroup
	var below atomic.Bool
	for _, do := range []func(){e.spend, e.recoup} {
		for range 2 {
			wait.Go(func() {
				for range 100_000 {
					do()
					if e.behind.Load() < 0 {
						below.Store(true)
					}
				}
			})
		}
	}
	wait.Wait()
	e.recoup()
	if n := e.behind.Load(); below.Load() || n != 0 {
		t.Errorf("%d reasons at the end; below none meanwhile: %v", n, below.Load())
	}
}

// The few bytes behind a long message do not keep its memory, nor does the budget count less than what they keep.
func TestLittleRestKeepsLittle(t *testing.T) {
	s := newStillLoop(t, ListenOptions{})
	k := s.connect(lines(func(*Conn, string) {}))
	for _, tt := range []struct {
		in   string
		most int // that may be kept afterwards
	}{
		{strings.Repeat("x", 60<<10), 2 * 60 << 10},
		{"\na", 8},
		{"\n", 0},
		{strings.Repeat("x", 60<<10), 2 * 60 << 10},
		{"\n" + strings.Repeat("y", 30<<10), 4 * 30 << 10}, // half of it may stay where it is
		{"\nb", 8},
	} {
		k.in = [][]byte{[]byte(tt.in)}
		s.pump()
		if s.kept > tt.most || s.kept < len(k.conn.rest()) {
			t.Errorf("after %.3q, %d: %d bytes are kept for %d", tt.in, len(tt.in), s.kept, len(k.conn.rest()))
		}
		s.checkMemory()
	}
}
