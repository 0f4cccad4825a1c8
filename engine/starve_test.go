//go:build linux

package engine

import (
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// While the kernel has no memory for one connection, that one is tried now and then and not all the time, others are served, and
// what it is owed, or has sent, arrives when there is some.
func TestStarvedDoesNotSpin(t *testing.T) {
	for _, call := range []string{callRead, callWrite} {
		for _, errno := range []unix.Errno{unix.ENOMEM, unix.ENOBUFS} {
			for _, paused := range []bool{false, call == callWrite} { // who is paused is not read
				t.Run(call+" "+unix.ErrnoName(errno), func(t *testing.T) {
					system, sys := newFaulty()
					e := faultyEngine(t, Options{}, sys)
					conns := make(chan *Conn, 2)
					ln := listen(t, e, handler{open: func(c *Conn) { conns <- c }, traffic: echo.traffic})
					starved, other := dial(t, ln), dial(t, ln)
					c := await(t, "OnOpen", conns)
					await(t, "OnOpen", conns)

					tries := 0
					system.set(func(which string, conn int) error {
						if which == call && conn == 0 {
							tries++
							return errno
						}
						return nil
					})
					start := time.Now()
					send(t, starved, "hello")
					eventually(t, "it has been tried", func() bool { return e.Stats().Starved >= 1 })
					if paused {
						on(t, e.Home(), c.Pause)
					}
					for e.Stats().Starved < 4 {
						send(t, other, "x")
						expect(t, other, "x")
					}
					system.set(nil)
					// Nothing tries more often than that, but for the first time.
					if most := int(time.Since(start)/starveTime) + 2; tries > most {
						t.Errorf("%d tries in a time for %d", tries, most)
					}
					if paused {
						on(t, e.Home(), c.Resume)
					}
					expect(t, starved, "hello")
				})
			}
		}
	}
}

// Whoever ends meanwhile is gone.
func TestStarvedEnds(t *testing.T) {
	for name, end := range map[string]func(c *Conn){"Abort": (*Conn).Abort, "Close": (*Conn).Close} {
		s := newStillLoop(t, ListenOptions{})
		k := s.connect(handler{})
		k.writeErr = unix.ENOBUFS
		s.in(k, func(c *Conn) { _ = c.Send([]byte("hello")) })
		s.pump()
		if !k.conn.isStarved() || !k.conn.stalled || len(s.starved) != 1 {
			t.Fatalf("%s: starved %v, stalled %v", name, k.conn.isStarved(), k.conn.stalled)
		}
		s.in(k, end)
		s.event(k, unix.EPOLLOUT|unix.EPOLLIN) // on its way
		if k.writes+k.reads > 0 {
			t.Errorf("%s: tried again", name)
		}
		s.feed()
		k.writeErr, k.eof = nil, true
		s.pump()
		if name == "Close" && string(k.got) != "hello" {
			t.Errorf("got %q", k.got)
		}
		if !k.closed || len(s.starved) != 0 {
			t.Errorf("%s: closed %v, %d left", name, k.closed, len(s.starved))
		}
		s.expectIdle()
	}
}
