//go:build linux

package engine

import (
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

func boom(*Conn) { panic("boom") }

// Whatever panics closes its own connection, with ErrPanic as the reason, and is logged with its stack.
func TestPanicInEveryCallback(t *testing.T) {
	for name, test := range map[string]struct {
		serve  Server
		then   func(s *stillLoop, k *fakeSocket)
		reason error
	}{
		"Serve":  {serve: serverFunc(func(*Conn) Handler { panic("boom") })},
		"OnOpen": {serve: handler{open: boom}, reason: ErrPanic},
		"OnTraffic": {
			serve:  handler{traffic: func(*Conn, []byte) int { panic("boom") }},
			then:   func(s *stillLoop, k *fakeSocket) { k.in = [][]byte{[]byte("x")} },
			reason: ErrPanic,
		},
		"OnTraffic before EOF": {
			serve:  whole{handler: handler{traffic: func(*Conn, []byte) int { panic("boom") }}, eof: func(*Conn) { panic("EOF is told") }},
			then:   func(s *stillLoop, k *fakeSocket) { k.in, k.eof = [][]byte{[]byte("x")}, true },
			reason: ErrPanic,
		},
		"OnEOF":      {serve: whole{eof: boom}, then: func(s *stillLoop, k *fakeSocket) { k.eof = true }, reason: ErrPanic},
		"OnShutdown": {serve: whole{shutdown: boom}, then: func(s *stillLoop, _ *fakeSocket) { s.leave(make(chan struct{})) }, reason: ErrPanic},
		"OnBufferFull": {serve: whole{full: boom}, reason: ErrPanic, then: func(s *stillLoop, k *fakeSocket) {
			k.room = 100
			_ = k.conn.Send(make([]byte, 5000))
		}},
		"OnBufferDrain": {serve: whole{drain: boom}, reason: ErrPanic, then: func(s *stillLoop, k *fakeSocket) {
			k.room = 100
			_ = k.conn.Send(make([]byte, 5000))
			s.pump()
		}},
		"Ref.Post": {serve: handler{}, then: func(s *stillLoop, k *fakeSocket) { _ = k.conn.Ref().Post(boom) }, reason: ErrPanic},
		"OnClose": {
			serve:  handler{close: func(*Conn, error) { panic("boom") }},
			then:   func(s *stillLoop, k *fakeSocket) { k.conn.Close() },
			reason: ErrClosed,
		},
		"kick": {
			serve: handler{open: func(c *Conn) { c.SetFormat(NewFormat(raw.encode, func(*Conn, int, string) { panic("boom") })) }},
			then: func(s *stillLoop, k *fakeSocket) {
				out, _ := k.conn.Ref().Attach(func() {})
				out.Kick(nil, 1000, "")
			},
			reason: ErrPanic,
		},
		"gone": {serve: handler{}, reason: ErrClosed, then: func(s *stillLoop, k *fakeSocket) {
			_, _ = k.conn.Ref().Attach(func() { panic("boom") })
			k.conn.Close()
		}},
		"after Close": {serve: handler{}, reason: ErrClosed, then: func(s *stillLoop, k *fakeSocket) {
			s.in(k, func(c *Conn) { c.Close(); panic("boom") })
		}},
	} {
		t.Run(name, func(t *testing.T) {
			s := newStillLoop(t, ListenOptions{MaxOutbox: 1000})
			other := s.connect(echo)
			k := s.connect(test.serve)
			if test.then != nil {
				test.then(s, k)
			}
			s.pump()
			k.room = anyNumber
			other.in = [][]byte{[]byte("others are served on")}
			s.pump()
			k.eof = true
			s.pump()
			if test.reason != nil {
				s.expectEnd(k, test.reason)
			} else if !k.closed {
				t.Error("not closed")
			}
			if name != "OnShutdown" && string(other.got) != "others are served on" {
				t.Errorf("the other one got %q", other.got)
			}
			if n := s.stats.panics.Load(); n != 1 || !strings.Contains(s.log.String(), "boom") || !strings.Contains(s.log.String(), "panic_test.go") {
				t.Errorf("%d panics, log: %s", n, s.log.String())
			}
			other.eof = true
			s.pump()
			s.expectIdle()
		})
	}
}

type serverFunc func(c *Conn) Handler

func (f serverFunc) Serve(c *Conn) Handler { return f(c) }

// What was sent before a panic still goes out, and the peer is told in its protocol.
func TestPanicSaysGoodbye(t *testing.T) {
	s := newStillLoop(t, ListenOptions{})
	k := s.connect(handler{traffic: func(c *Conn, _ []byte) int {
		_ = c.Send([]byte("before"))
		panic("boom")
	}})
	k.conn.SetFormat(farewell)
	k.in = [][]byte{[]byte("x")}
	s.pump()
	if string(k.got) != "before[bye: internal error]" || !k.shut {
		t.Errorf("got %q", k.got)
	}
}

// A goodbye that waits for the peer's, and panics while it does, is not begun again.
func TestPanicWhileSayingGoodbye(t *testing.T) {
	goodbyes := 0
	detaching := NewFormat(raw.encode, func(c *Conn, _ int, _ string) { goodbyes++; c.Detach() })
	s := newStillLoop(t, ListenOptions{})
	k := s.connect(handler{traffic: func(c *Conn, _ []byte) int { panic("boom") }})
	k.conn.SetFormat(detaching)
	for range 2 {
		k.in = [][]byte{[]byte("x")}
		s.pump()
	}
	if goodbyes != 1 || !k.shut {
		t.Errorf("%d goodbyes, shut down %v", goodbyes, k.shut)
	}
}

// A connection whose callback panicked in the midst of something else handles no more messages.
func TestPanicStopsTheMessages(t *testing.T) {
	for _, event := range []uint32{unix.EPOLLOUT, unix.EPOLLOUT | unix.EPOLLIN} {
		s := newStillLoop(t, ListenOptions{MaxOutbox: 1000})
		panicked := false
		h := whole{handler: lines(func(c *Conn, _ string) { _ = c.Send(make([]byte, 2000)) })}
		inner := h.traffic
		h.traffic = func(c *Conn, p []byte) int {
			if panicked {
				t.Error("OnTraffic after the panic")
			}
			return inner(c, p)
		}
		h.drain = func(*Conn) { panicked = true; panic("boom") }
		k := s.connect(h)
		k.room = 0
		k.in = [][]byte{[]byte("a\nb\n"), []byte("c\n")}
		s.pump()
		k.room = anyNumber
		s.event(k, event)
		s.pump()
		if !panicked || !k.shut {
			t.Errorf("panicked %v, shut down %v", panicked, k.shut)
		}
	}
}

// Panics of tasks and timers are nobody's connection's.
func TestPanicInATask(t *testing.T) {
	e := testEngine(t, Options{})
	l := e.Home()
	done := make(chan struct{})
	_ = l.Post(func() { panic("boom") })
	on(t, l, func() {
		l.After(0, func() { panic("boom") })
		l.After(time.Millisecond, func() { close(done) })
	})
	await(t, "the second timer", done)
	if n := e.Stats().Panics; n != 2 {
		t.Errorf("%d panics", n)
	}
}

// A goodbye that does nothing is as good as none.
func TestKickThatDoesNothing(t *testing.T) {
	s := newStillLoop(t, ListenOptions{})
	k := s.connect(handler{})
	k.conn.SetFormat(NewFormat(raw.encode, func(*Conn, int, string) {}))
	out, _ := k.conn.Ref().Attach(func() {})
	out.Kick(text("last"), 1000, "")
	s.pump()
	if string(k.got) != "last" || !k.shut {
		t.Errorf("got %q, shut down %v", k.got, k.shut)
	}
}

// A format that panics cannot express the message, and nothing else happens, whoever needs the frame.
func TestPanicInAFormat(t *testing.T) {
	s := newStillLoop(t, ListenOptions{})
	bad := NewFormat(func(_, data []byte, _ bool) []byte { return data[1000:] }, nil)
	all := s.hearing(2)
	all[0].conn.SetFormat(bad)
	s.broadcast("x")
	if all[0].conn.pushShared(text("y")) {
		t.Error("taken")
	}
	s.pump()
	if string(all[1].got) != "x" || len(all[0].got) > 0 || all[0].conn.Closing() {
		t.Errorf("got %q and %q", all[0].got, all[1].got)
	}
	s.expectIdle()
}
