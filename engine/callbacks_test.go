//go:build linux

package engine

import (
	"io"
	"math/rand/v2"
	"net"
	"path/filepath"
	"reflect"
	"sync"
	"testing"
)

// OnClose comes once for each, after the callback in which the end began, whoever ends whom and in whichever callback.
func TestOnCloseIsNeverNested(t *testing.T) {
	for seed := range uint64(40) {
		rng := rand.New(rand.NewPCG(seed, 2))
		s := newStillLoop(t, ListenOptions{MaxOutbox: 1000})
		running := 0
		meddle := func(*Conn) {
			running++
			defer func() { running-- }()
			c := s.sockets[rng.IntN(len(s.sockets))].conn
			switch rng.IntN(12) {
			case 0:
				c.Close()
			case 1:
				c.Abort()
			case 2:
				s.socket(int(c.fd)).writeErr = errReset
			case 3:
				c.Pause()
			case 4:
				c.Resume()
			default:
				_ = c.Send(make([]byte, rng.IntN(800)))
			}
		}
		h := whole{eof: meddle, full: meddle, drain: meddle, handler: handler{
			open:    meddle,
			traffic: func(c *Conn, p []byte) int { meddle(c); return rng.IntN(len(p) + 1) },
			close: func(c *Conn, _ error) {
				if running > 0 {
					t.Error("OnClose inside another callback")
				}
				meddle(c)
			},
		}}
		for range 10 {
			k := s.connect(h)
			_, _ = k.conn.Ref().Attach(func() { meddle(nil) })
		}
		for range 300 {
			k := s.sockets[rng.IntN(len(s.sockets))]
			switch rng.IntN(5) {
			case 0:
				k.in = append(k.in, []byte("some input"))
			case 1:
				k.room = rng.IntN(2000)
			case 2:
				k.eof = k.eof || rng.IntN(10) == 0
			case 3:
				s.in(k, meddle)
			default:
				if events := k.events(); events != 0 {
					s.event(k, events)
				}
			}
			s.checkLoop()
		}
		for _, k := range s.sockets {
			k.conn.Resume()
			k.room, k.eof = anyNumber, true
			s.in(k, (*Conn).Close)
		}
		s.pump()
		for i, k := range s.sockets {
			if len(k.reasons) != 1 || !k.closed {
				t.Fatalf("seed %d, connection %d: OnClose %v, closed %v", seed, i, k.reasons, k.closed)
			}
		}
		s.expectIdle()
		if n := s.open.Load(); n != 0 || s.stats.panics.Load() != 0 {
			t.Fatalf("%d open, %d panics", n, s.stats.panics.Load())
		}
	}
}

// Every method may be called on a connection that has closed, and does nothing.
func TestMethodsAfterTheEnd(t *testing.T) {
	for name, end := range map[string]func(*Conn){"Close": (*Conn).Close, "Abort": (*Conn).Abort} {
		t.Run(name, func(t *testing.T) {
			s := newStillLoop(t, ListenOptions{})
			k := s.hearing(1)[0]
			c, gone := k.conn, 0
			out, ok := c.Ref().Attach(func() { gone++ })
			if _, twice := c.Ref().Attach(func() {}); !ok || twice {
				t.Fatal("Attach")
			}
			s.in(k, end)
			id, remote, local := c.ID(), c.RemoteAddr().String(), c.LocalAddr().String()
			v := reflect.ValueOf(c)
			for i := range v.NumMethod() {
				if m := v.Method(i); m.Type().NumIn() == 0 {
					m.Call(nil)
				}
			}
			c.SetValue(1)
			c.SetHandler(handler{traffic: func(*Conn, []byte) int { t.Error("OnTraffic"); return 0 }})
			c.SetFormat(raw)
			c.CloseWith(io.EOF)
			_, err := c.Write([]byte("x"))
			if c.Send([]byte("x")) != ErrClosed || err != ErrClosed || c.Next() || !c.Closing() || c.Buffered() != 0 {
				t.Error("it is not closed")
			}
			if out.Push(text("x")) {
				t.Error("a push was taken")
			}
			out.Hear(true)
			out.Kick(text("x"), 1000, "")
			_ = c.Ref().Post(func(*Conn) { t.Error("Ref.Post called a function") })
			_ = c.Ref().Kick(1000, "")
			if _, ok := c.Ref().Attach(func() {}); ok {
				t.Error("Attach")
			}
			s.broadcast("x")
			k.eof = true
			s.pump()
			if c.ID() != id || c.RemoteAddr().String() != remote || c.LocalAddr().String() != local || c.Value() != 1 {
				t.Error("it is somebody else")
			}
			if gone != 1 || len(k.reasons) != 1 || !k.closed || k.writes != 0 {
				t.Errorf("gone %d, OnClose %v, closed %v, %d writes", gone, k.reasons, k.closed, k.writes)
			}
			s.expectIdle()
		})
	}
}

// The descriptor of a connection that has closed may be another's by now.
func TestTheDeadDoNotTouchTheirDescriptor(t *testing.T) {
	s := newStillLoop(t, ListenOptions{})
	k := s.connect(echo)
	c := k.conn
	s.in(k, (*Conn).Abort)
	again := &fakeSocket{room: anyNumber}
	again.conn = newConn(s.Loop, int(c.fd), c.remote, c.listener)
	s.sockets[0] = again
	s.open.Add(1)
	s.adopt(again.conn, c.listener.server)
	c.setInterest()
	c.Close()
	c.Abort()
	c.lingerOver()
	s.enqueue(c)
	again.in = [][]byte{[]byte("x")}
	s.pump()
	if again.closed || again.reset || string(again.got) != "x" || s.conns[c.fd] != again.conn {
		t.Errorf("closed %v, reset %v, got %q", again.closed, again.reset, again.got)
	}
}

// Addresses are of their network, and the same when the connection has closed. IDs are used once.
func TestAddressesAndIDs(t *testing.T) {
	type seen struct {
		id            uint64
		remote, local net.Addr
		early         [2]string
	}
	closed := make(chan seen, 1)
	h := handler{close: func(c *Conn, _ error) {
		v, _ := c.Value().([2]string)
		closed <- seen{c.ID(), c.RemoteAddr(), c.LocalAddr(), v}
	}}
	h.open = func(c *Conn) { c.SetValue([2]string{c.RemoteAddr().String(), c.LocalAddr().String()}) }
	ids := map[uint64]bool{}
	for _, address := range []string{"tcp4://127.0.0.1:0", "tcp6://[::1]:0", "127.0.0.1:0", "0.0.0.0:0", "unix:" + filepath.Join(t.TempDir(), "socket")} {
		e := testEngine(t, Options{Loops: 2})
		ln, err := e.Listen(address, h)
		if err != nil {
			t.Logf("%s: %v", address, err) // a machine without IPv6
			continue
		}
		for range 5 {
			c, err := net.Dial(ln.Addr().Network(), ln.Addr().String())
			if err != nil {
				t.Fatal(err)
			}
			remote, local := c.LocalAddr().String(), c.RemoteAddr().String()
			if ln.Addr().Network() == "unix" {
				remote = "" // an unnamed peer
			}
			c.Close()
			got := await(t, "OnClose", closed)
			if got.remote.String() != remote || got.local.String() != local || got.early != [2]string{remote, local} {
				t.Errorf("%s: %v and %v, at first %q; want %s and %s", address, got.remote, got.local, got.early, remote, local)
			}
			if got.remote.Network() != ln.Addr().Network() || ids[got.id] || got.id == 0 {
				t.Errorf("%s: network %s, ID %d", address, got.remote.Network(), got.id)
			}
			ids[got.id] = true
		}
	}
}

// An upgrade: the next handler gets what the first has left, without waiting for more, also behind a pause and before EOF.
func TestSetHandler(t *testing.T) {
	for name, pause := range map[string]bool{"at once": false, "paused": true} {
		t.Run(name, func(t *testing.T) {
			s := newStillLoop(t, ListenOptions{})
			k := s.connect(handler{traffic: func(c *Conn, p []byte) int {
				if pause {
					c.Pause()
				}
				c.SetHandler(lines(repeat))
				return len("upgrade\n")
			}})
			k.in, k.eof = [][]byte{[]byte("upgrade\na\nb\nunfinished")}, true
			s.pump()
			k.conn.Resume()
			s.pump()
			if string(k.got) != "a\nb\n" || !k.closed {
				t.Errorf("got %q, closed %v", k.got, k.closed)
			}
			s.expectIdle()
		})
	}
}

func TestPostIsFirstInFirstOut(t *testing.T) {
	const goroutines, posts = 8, 20_000
	e := testEngine(t, Options{})
	c := dial(t, listen(t, e, handler{open: func(c *Conn) { c.SetValue(c.Ref()); _ = c.Send([]byte("x")) }}))
	expect(t, c, "x")
	var ref Ref
	on(t, e.Home(), func() {
		for _, c := range e.Home().conns {
			if c != nil {
				ref = c.Ref()
			}
		}
	})
	var wg sync.WaitGroup
	next := make([]int, goroutines)
	for g := range goroutines {
		wg.Go(func() {
			for i := range posts {
				check := func() {
					if next[g] != i {
						t.Errorf("goroutine %d: %d comes after %d", g, i, next[g])
					}
					next[g] = i + 1
				}
				var err error
				if i%3 == 0 {
					err = ref.Post(func(*Conn) { check() })
				} else {
					err = e.Home().Post(check)
				}
				if err != nil {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
	on(t, e.Home(), func() {
		for g, n := range next {
			if n != posts {
				t.Errorf("goroutine %d: %d of %d ran", g, n, posts)
			}
		}
		if n := e.behind.Load(); n != 0 {
			t.Errorf("%d reasons to hold publishers back are left", n)
		}
		if n := cap(e.Home().inbox.tasks); n > 2*inboxHigh {
			t.Errorf("room for %d tasks is kept", n)
		}
	})
}
