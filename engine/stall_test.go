//go:build linux

package engine

import (
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

// The last of those who are behind stops reading: what it keeps of the log is no reason to hold publishers back.
func TestTheLastStallsAndNobodyWaits(t *testing.T) {
	s := newStillLoop(t, ListenOptions{MaxOutbox: 64 << 20})
	k := s.hearing(1)[0]
	k.room = 1 << 20
	for range 6 {
		s.broadcast(strings.Repeat("x", 1<<20))
	}
	s.pump()
	if !k.conn.stalled || s.behind || s.engine.behind.Load() != 0 {
		t.Errorf("stalled %v, behind %v, backlog %d", k.conn.stalled, s.behind, s.everybody.backlog())
	}
	s.checkLoop()
}

// What the log has for others does not count as waiting: its own answers may fill the outbox all the same.
func TestOthersMessagesFillNobodysOutbox(t *testing.T) {
	s := newStillLoop(t, ListenOptions{MaxOutbox: 1000})
	all := s.hearing(2)
	k := all[0]
	others := s.audiences(1, all[1])
	k.room = 0
	s.in(k, func(c *Conn) { _ = c.Send([]byte("first")) })
	s.BroadcastTo(others, text(strings.Repeat("x", 900)), nil)
	s.in(k, func(c *Conn) { _ = c.Send(make([]byte, 200)) })
	if n := s.stats.full.Load(); n != 0 || !k.conn.reads() {
		t.Errorf("full %d times, is read: %v", n, k.conn.reads())
	}
	s.in(k, func(c *Conn) { _ = c.Send(make([]byte, 900)) })
	if n := s.stats.full.Load(); n != 1 || k.conn.reads() {
		t.Errorf("full %d times, is read: %v, with %d bytes waiting", n, k.conn.reads(), k.conn.Buffered())
	}
	k.room = anyNumber
	s.event(k, unix.EPOLLOUT)
	s.pump()
	s.expectIdle()
}

// Whoever is told that it is full may be pushed to meanwhile.
func TestPushedToWhenFull(t *testing.T) {
	for name, push := range ways {
		s := newStillLoop(t, ListenOptions{MaxOutbox: 1000, Slow: DropOldest})
		p := &slowPage{s: s, other: s.hearing(1)[0]}
		p.fakeSocket = s.connect(whole{full: func(*Conn) { push(p, text(strings.Repeat("y", 900))) }})
		p.conn.hear(true)
		p.room = 0
		for i := range 6 {
			push(p, hundred(i, ""))
			s.pump()
		}
		if !push(p, text(strings.Repeat("x", 700))) {
			t.Errorf("%s: refused", name)
		}
		s.checkLoop()
		p.room = anyNumber
		s.pump()
		if n := s.stats.panics.Load(); n > 0 || !strings.HasSuffix(string(p.got), "x") {
			t.Errorf("%s: %d panics, got %d bytes", name, n, len(p.got))
		}
		s.expectIdle()
	}
}
