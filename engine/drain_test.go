//go:build linux

package engine

import (
	"testing"

	"golang.org/x/sys/unix"
)

// drainer is a handler that counts OnDrain.
type drainer struct {
	handler
	drained *int
}

func (d drainer) Serve(*Conn) Handler { return d }

func (d drainer) OnDrain(c *Conn) {
	*d.drained++
	if c.loop.current != c {
		panic("not a callback of the connection")
	}
}

// OnDrain comes once, when as little waits as was asked for, and not inside the call that asks.
func TestAwaitDrain(t *testing.T) {
	s := newStillLoop(t, ListenOptions{})
	drained := 0
	k := s.connect(drainer{lines(repeat), &drained})
	s.in(k, func(c *Conn) {
		c.AwaitDrain(0)
		if drained > 0 {
			t.Error("told inside the call")
		}
	})
	s.pump()
	if drained != 1 {
		t.Fatalf("told %d times of an empty outbox", drained)
	}
	k.room = 1000
	s.in(k, func(c *Conn) {
		_ = c.Send(make([]byte, 3000))
		c.AwaitDrain(1500)
	})
	s.pump()
	if drained != 1 || k.conn.Buffered() < 1500 {
		t.Fatalf("told %d times with %d bytes waiting", drained, k.conn.Buffered())
	}
	k.room = 1000
	s.event(k, unix.EPOLLOUT)
	s.pump()
	if drained != 2 || k.conn.Buffered() > 1500 {
		t.Fatalf("told %d times with %d bytes waiting", drained, k.conn.Buffered())
	}
	k.room = anyNumber
	s.event(k, unix.EPOLLOUT)
	s.pump()
	if drained != 2 {
		t.Errorf("told again: %d", drained)
	}
}

// Nothing comes after the end has begun.
func TestAwaitDrainEnds(t *testing.T) {
	s := newStillLoop(t, ListenOptions{})
	drained := 0
	k := s.connect(drainer{lines(repeat), &drained})
	s.in(k, func(c *Conn) {
		c.AwaitDrain(0)
		c.Close()
		c.AwaitDrain(0)
	})
	s.pump()
	if drained != 0 {
		t.Errorf("told %d times", drained)
	}
}

// What the log has for others is nothing that a connection waits for.
func TestAwaitDrainAmongOthersMessages(t *testing.T) {
	s := newStillLoop(t, ListenOptions{})
	drained := 0
	k := s.connect(drainer{lines(repeat), &drained})
	k.conn.hear(true)
	others := s.audiences(1, s.hearing(1)...)
	s.BroadcastTo(others, text("x"), nil)
	k.conn.AwaitDrain(0) // from a timer
	s.pump()
	if drained != 1 {
		t.Errorf("told %d times", drained)
	}
	s.expectIdle()
}
