//go:build linux

package engine

import (
	"errors"
	"io"
	"testing"

	"golang.org/x/sys/unix"
)

// Every connection is counted once when its end begins, by why.
func TestEnded(t *testing.T) {
	s := newStillLoop(t, ListenOptions{})
	ends := []struct {
		reason error
		want   Ended
	}{
		{io.EOF, Ended{Peer: 1}},
		{io.ErrUnexpectedEOF, Ended{Peer: 1}},
		{unix.ECONNRESET, Ended{Network: 1}},
		{errors.New("a codec's"), Ended{Protocol: 1}},
		{ErrHandshakeTimeout, Ended{Protocol: 1}},
		{ErrClosed, Ended{Program: 1}},
		{ErrAborted, Ended{Aborted: 1}},
		{ErrSlowConsumer, Ended{Slow: 1}},
		{ErrUnfinished, Ended{Unfinished: 1}},
		{ErrMemory, Ended{Memory: 1}},
		{ErrPanic, Ended{Panic: 1}},
		{ErrShutdown, Ended{Shutdown: 1}},
	}
	all := s.hearing(len(ends))
	for i, end := range ends {
		before := s.Stats().Ended
		s.in(all[i], func(c *Conn) { c.CloseWith(end.reason) })
		all[i].eof = true
		s.pump() // the rest of its end counts no more
		got := s.Stats().Ended
		if got.Sum() != before.Sum()+1 {
			t.Errorf("%v: %+v after %+v", end.reason, got, before)
		}
		if ending := endingOf(end.reason); got != before.with(end.want) {
			t.Errorf("%v: ending %d, %+v after %+v", end.reason, ending, got, before)
		}
	}
}

func (e Ended) with(o Ended) Ended {
	return Ended{
		e.Peer + o.Peer, e.Network + o.Network, e.Protocol + o.Protocol, e.Program + o.Program, e.Aborted + o.Aborted,
		e.Slow + o.Slow, e.Unfinished + o.Unfinished, e.Memory + o.Memory, e.Panic + o.Panic, e.Shutdown + o.Shutdown,
	}
}

// What waits is told whether its connection reads or not, and what is for several only once.
func TestOutboxBytes(t *testing.T) {
	s := newStillLoop(t, ListenOptions{})
	all := s.hearing(3)
	for _, k := range all[:2] {
		k.room = 0
	}
	want := func(when string, n int) {
		t.Helper()
		_ = s.Post(func() {}) // any event has it told
		s.pump()
		if got := s.Stats().OutboxBytes; got != int64(n) {
			t.Errorf("%s: %d bytes, want %d", when, got, n)
		}
	}
	want("at first", 0)
	s.in(all[0], func(c *Conn) { _ = c.Send([]byte("hello")) })
	s.pump()
	want("one message", 5+itemOverhead)
	s.in(all[2], func(*Conn) { s.broadcast("for everybody") })
	s.pump()
	want("a broadcast", 5+13+2*itemOverhead)
	s.in(all[0], func(c *Conn) { c.Abort() })
	s.pump()
	want("one is gone", 13+itemOverhead)
	all[1].room = anyNumber
	s.pump()
	want("all has been read", 0)
}

func TestTurnsWithin(t *testing.T) {
	s := newStillLoop(t, ListenOptions{})
	for power := range 10 {
		s.turns.count(256<<power-1, 1)
		s.turns.count(256<<power, 1)
	}
	got := s.TurnsWithin(256, 512, 256<<9, 1<<40)
	if got[0] != 1 || got[1] != 3 || got[2] != 19 || got[3] != 20 {
		t.Errorf("%v", got)
	}
}
