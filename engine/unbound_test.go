//go:build linux

package engine

import (
	"testing"
	"testing/synctest"
	"time"

	"golang.org/x/sys/unix"
)

func TestAwaitAttach(t *testing.T) { synctest.Test(t, testAwaitAttach) } // no time passes but what the test says

func testAwaitAttach(t *testing.T) {
	s := newStillLoop(t, ListenOptions{})
	awaits := handler{open: func(c *Conn) { c.AwaitAttach(10 * time.Second) }, traffic: echo.traffic}
	stranger, bound, other := s.connect(awaits), s.connect(awaits), s.connect(echo)
	left := s.connect(awaits)
	s.pass(9 * time.Second)
	for _, k := range []*fakeSocket{stranger, bound, other} {
		if k.shut || k.closed {
			t.Error("closed too soon")
		}
	}
	if _, ok := bound.conn.Ref().Attach(func() {}); !ok {
		t.Fatal("it cannot be attached")
	}
	s.in(left, (*Conn).Abort)
	s.pass(time.Second + 2*time.Millisecond)
	s.pump()
	if !stranger.shut {
		t.Fatal("it is still open")
	}
	stranger.eof = true
	s.pump()
	s.expectEnd(stranger, ErrUnbound)
	s.expectEnd(left, ErrAborted)
	s.comes(bound, "bound")
	s.comes(other, "others notice nothing")
	if string(bound.got) != "bound" || string(other.got) != "others notice nothing" {
		t.Errorf("got %q, %q", bound.got, other.got)
	}
	if n := s.Stats().Unbound; n != 1 {
		t.Errorf("counted %d", n)
	}
	if s.timers.count != 0 {
		t.Errorf("%d timers left", s.timers.count)
	}
}

// What waiting needs is freed when the connection has been taken, and what else the connection has stays.
func TestAwaitAttachMemory(t *testing.T) {
	s := newStillLoop(t, ListenOptions{})
	k := s.connect(lines(repeat))
	k.conn.AwaitAttach(time.Hour)
	k.conn.AwaitAttach(time.Hour)
	if s.timers.count != 1 || k.conn.some == nil {
		t.Fatalf("%d timers", s.timers.count)
	}
	k.conn.Ref().Attach(func() {})
	if s.timers.count != 0 || k.conn.some != nil {
		t.Errorf("%d timers, %v", s.timers.count, k.conn.some)
	}
	k.conn.AwaitAttach(time.Hour)
	if s.timers.count != 0 {
		t.Error("it waits for what is there")
	}
	k = s.connect(lines(repeat))
	k.conn.AwaitAttach(0)
	if s.timers.count != 0 || k.conn.some != nil {
		t.Error("it waits without a time")
	}
	k.conn.AwaitAttach(time.Hour)
	s.comes(k, "unfinished")
	k.conn.Ref().Attach(func() {})
	s.comes(k, " line\n")
	if string(k.got) != "unfinished line\n" {
		t.Errorf("got %q", k.got)
	}
}

// Who is left alone for want of the kernel's memory when it is taken is tried again all the same.
func TestAttachWhileStarved(t *testing.T) {
	s := newStillLoop(t, ListenOptions{})
	k, other := s.connect(echo), s.connect(echo)
	for _, k := range []*fakeSocket{k, other} {
		k.readErr = unix.ENOMEM
		s.event(k, unix.EPOLLIN)
		k.readErr = nil
	}
	k.conn.AwaitAttach(time.Hour)
	k.conn.Ref().Attach(func() {})
	s.feed()
	for _, k := range []*fakeSocket{k, other} {
		k.in = [][]byte{[]byte("hello")}
		s.pump()
		if string(k.got) != "hello" {
			t.Errorf("got %q", k.got)
		}
	}
}
