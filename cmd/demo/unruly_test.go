//go:build linux

package main

import (
	"bytes"
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
	"net"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/gobwas/ws"

	"fanloop/codec/websocket"
	"fanloop/engine"
	"fanloop/hub"
	"fanloop/internal/peers"
)

// unrulyServer is a program whose callbacks do whatever a callback can do wrong: panic, hold their loop, ask the hub in the midst of what it is
// doing, close their own connection and those of others. Pages whose uid is calm are nobody's victims.
type unrulyServer struct {
	t      *testing.T
	engine *engine.Engine
	hub    *hub.Hub
	rng    *rand.Rand // of a callback, under mu
	mu     sync.Mutex
	conns  []*websocket.Conn // by anybody who has ever been there; mu
	refs   []engine.Ref      // mu
	panics atomic.Int64
}

// number is what a callback leaves to chance.
func (u *unrulyServer) number(n int) int {
	u.mu.Lock()
	defer u.mu.Unlock()
	return u.rng.IntN(n)
}

func (u *unrulyServer) onConnect(c *websocket.Conn) {
	u.mu.Lock()
	u.refs = append(u.refs, c.Ref())
	u.conns = append(u.conns, c)
	u.mu.Unlock()
}

func (u *unrulyServer) onMessage(c *websocket.Conn, m websocket.Message) {
	uid := string(m.Data)
	if c.Value() == nil {
		c.SetValue(uid)
		ref := c.Ref()
		u.hub.Do(c.Loop(), func(x *hub.Home) {
			if x.Bind(ref, uid) == nil {
				_ = x.Join(ref, "g")
			}
		})
		return
	}
	if c.Value() != "calm" {
		u.act(c)
	}
}

func (u *unrulyServer) onClose(c *websocket.Conn, _ error) {
	if c.Value() != "calm" {
		u.act(c)
	}
}

// act does one of the things; some of them are done in the midst of others.
func (u *unrulyServer) act(c *websocket.Conn) {
	l := c.Loop()
	switch u.number(12) {
	case 0, 1:
		u.panics.Add(1)
		panic("on purpose")
	case 2:
		if u.number(20) == 0 {
			time.Sleep(120 * time.Millisecond)
		}
	case 3:
		c.Close()
	case 4:
		c.Abort()
	case 5, 6:
		u.endAnother(c)
	case 7:
		u.hub.Do(l, func(x *hub.Home) { _ = x.Kick(hub.UID("wild"), nil, 4000, "all of you") })
	case 8, 9:
		u.hub.Do(l, func(x *hub.Home) {
			x.Push(hub.Group("g").Except("calm"), hub.Text([]byte("wild")), func(hub.Verdict) {
				u.hub.Do(l, func(x *hub.Home) { x.Push(hub.UID("wild"), hub.Text([]byte("again")), nil) })
			})
		})
	case 10:
		ref := c.Ref()
		u.hub.Do(l, func(x *hub.Home) {
			x.Leave(ref, "g")
			x.Unbind(ref)
			_ = x.Bind(ref, "wild")
		})
	case 11:
		_ = l.Post(func() { u.panics.Add(1); panic("in a task, on purpose") })
	}
}

// endAnother ends a wild connection of the same loop, as a callback may, or any by its Ref.
func (u *unrulyServer) endAnother(c *websocket.Conn) {
	u.mu.Lock()
	i := u.rng.IntN(len(u.conns))
	other, ref := u.conns[i], u.refs[i]
	u.mu.Unlock()
	if other.Loop() != c.Loop() {
		_ = ref.Post(func(*engine.Conn) {})
		return
	}
	if other.Value() == "calm" {
		return
	}
	if u.number(2) == 0 {
		other.CloseWith(4001, "by another")
	} else {
		other.Abort()
	}
}

// Whatever callbacks do, the engine lives, whoever is not theirs gets every message in order, and nothing is left.
func TestUnrulyCallbacks(t *testing.T) {
	for _, loops := range []int{1, 2} {
		u := &unrulyServer{t: t, rng: rand.New(rand.NewPCG(uint64(loops), 9))}
		eng, err := engine.New(engine.Options{Loops: loops, Logger: slog.New(slog.NewTextHandler(io.Discard, nil))})
		if err != nil {
			t.Fatal(err)
		}
		u.engine, u.hub = eng, hub.New(eng.Loops(), hub.Options{})
		ln, err := eng.Listen("127.0.0.1:0", &websocket.Server{
			OnConnect: u.onConnect, OnMessage: u.onMessage, OnClose: u.onClose, CloseTimeout: 100 * time.Millisecond,
		})
		if err != nil {
			t.Fatal(err)
		}
		u.run(ln.Addr().String())
		if err := eng.Shutdown(bounded(t)); err != nil {
			t.Error(err)
		}
		s := eng.Stats()
		if s.Connections != 0 || s.Panics != uint64(u.panics.Load()) || s.Panics == 0 || s.OutboxBytes != 0 || s.Ended.Sum() != s.Accepted {
			t.Errorf("%d loops, %d panics: %+v", loops, u.panics.Load(), s)
		}
		if bound := u.hub.Stats().Bound; bound != 0 {
			t.Errorf("%d are still bound", bound)
		}
	}
}

const (
	calmPages   = 3
	calmPushes  = 200
	wildClients = 8
)

func (u *unrulyServer) run(address string) {
	t := u.t
	var calm []*peers.Page
	for range calmPages {
		p := peers.OpenPage(t, address)
		p.Say("calm")
		calm = append(calm, p)
	}
	for ctx := bounded(t); u.hub.Stats().Bound < calmPages; {
		if ctx.Err() != nil {
			t.Fatal("the calm are never bound")
		}
	}
	stop := make(chan struct{})
	var wild sync.WaitGroup
	for range wildClients {
		wild.Go(func() {
			for {
				select {
				case <-stop:
					return
				default:
					u.wildClient(address)
				}
			}
		})
	}
	for i := range calmPushes {
		want := fmt.Sprint(i)
		taken := make(chan int, 1)
		home := u.engine.Home()
		_ = home.Post(func() {
			u.hub.Do(home, func(x *hub.Home) {
				x.Push(hub.UID("calm"), hub.Text([]byte(want)), func(v hub.Verdict) { taken <- v.Taken })
			})
		})
		if n := <-taken; n != calmPages {
			t.Errorf("push %d: %d took it", i, n)
		}
		for _, p := range calm {
			if got := p.Next(); got != want {
				t.Fatalf("got %q, want %q", got, want)
			}
		}
	}
	close(stop)
	wild.Wait()
	for _, p := range calm {
		p.Close()
	}
}

// wildClient has its connection's callbacks called until it has none any more.
func (u *unrulyServer) wildClient(address string) {
	c, err := net.Dial("tcp", address)
	if err != nil {
		u.t.Error(err)
		return
	}
	defer c.Close()
	_ = c.SetDeadline(time.Now().Add(peers.Bound))
	said := bytes.NewBufferString(throngRequest)
	for range 40 {
		_ = ws.WriteFrame(said, ws.MaskFrame(ws.NewTextFrame([]byte("wild"))))
	}
	_ = ws.WriteFrame(said, ws.MaskFrame(ws.NewCloseFrame(ws.NewCloseFrameBody(ws.StatusNormalClosure, "")))) // if it is still there by then
	_, _ = c.Write(said.Bytes())                                                                              // it fails when an end comes first
	_, _ = io.Copy(io.Discard, c)
}
