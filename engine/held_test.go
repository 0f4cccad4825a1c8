//go:build linux

package engine

import (
	"testing"

	"github.com/panjf2000/gnet/v2/pkg/netpoll"
	"golang.org/x/sys/unix"
)

// noInterest has the poller refuse every change of what it reports until it is called again.
func (s *stillLoop) noInterest() (restore func()) {
	s.sys.control = func(pollerOp, *netpoll.PollAttachment, bool) error { return unix.ENOMEM }
	return func() { s.sys.control = func(pollerOp, *netpoll.PollAttachment, bool) error { return nil } }
}

// A publisher that the poller loses in the moment in which it is held back takes nobody's place among those who are held.
func TestLostWhenHeldBack(t *testing.T) {
	s := newStillLoop(t, ListenOptions{})
	waits, lost := s.connect(echo), s.connect(echo)
	s.engine.behind.Add(1)
	s.in(waits, func(c *Conn) { s.holdBack(c) })
	restore := s.noInterest()
	s.in(lost, func(c *Conn) { s.holdBack(c) })
	restore()
	s.expectEnd(lost, unix.ENOMEM)
	if s.held.n != 1 {
		t.Errorf("%d are held, want one", s.held.n)
	}
	s.engine.relieve()
	waits.in = [][]byte{[]byte("goes on")}
	s.pump()
	if string(waits.got) != "goes on" {
		t.Errorf("got %q", waits.got)
	}
}

// The first of all, too.
func TestLostWhenHeldBackFirst(t *testing.T) {
	s := newStillLoop(t, ListenOptions{})
	lost := s.connect(echo)
	s.engine.behind.Add(1)
	defer s.noInterest()()
	s.in(lost, func(c *Conn) { s.holdBack(c) })
	s.expectEnd(lost, unix.ENOMEM)
	if s.held.n != 0 || s.Stats().Panics != 0 {
		t.Errorf("%d are held, %d panics", s.held.n, s.Stats().Panics)
	}
}
