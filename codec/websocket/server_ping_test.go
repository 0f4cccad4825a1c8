//go:build linux

package websocket

import (
	"testing"
	"time"

	"fanloop/internal/rounds"

	"github.com/gobwas/ws"
)

// round is one time round the slots, at once.
func (w *world) round(s *Server) {
	w.t.Helper()
	w.onLoop(func() {
		p := s.pingsOn(w.Home())
		for range rounds.Slots {
			p.Turn()
		}
	})
}

func TestPings(t *testing.T) {
	s := &Server{PingInterval: time.Hour, OnMessage: echo}
	w := serve(t, s)
	silent, _ := w.connect()
	lively, _ := w.connect()
	paused, pausedConn := w.connect()
	w.onLoop(pausedConn.Pause)
	w.round(s)
	silent.want(ws.OpPing, "")
	lively.want(ws.OpPing, "")
	for range maxUnheard - 1 {
		w.round(s)
		silent.want(ws.OpPing, "")
		lively.want(ws.OpPing, "")
	}
	lively.send(text("any frame will do"))
	lively.wantText("any frame will do")
	w.round(s)
	w.wantNoPong(silent)
	lively.want(ws.OpPing, "")
	if n := s.PongTimeouts(); n != 1 {
		t.Errorf("%d counted, want 1", n)
	}
	w.onLoop(pausedConn.Resume)
	w.round(s)
	paused.want(ws.OpPing, "")
	_, _ = lively.Close(), paused.Close()
	receive(t, w.closed)
	receive(t, w.closed)
	w.onLoop(func() {
		if p := s.pingsOn(w.Home()); p.Len() != 0 {
			t.Errorf("%d have a seat", p.Len())
		}
	})
}

func TestPingTimer(t *testing.T) {
	w := serve(t, &Server{PingInterval: 16 * time.Millisecond})
	c, _ := w.connect()
	for range maxUnheard {
		c.want(ws.OpPing, "")
	}
	w.wantNoPong(c)
}

// wantNoPong reads the Close frame of a client that has not answered, goes away, and wants the reason that OnClose gets.
func (w *world) wantNoPong(c *client) {
	w.t.Helper()
	c.wantClose(StatusGoingAway, "no pong")
	_ = c.Close()
	w.wantClosed(ErrPongTimeout)
}

func TestNoPings(t *testing.T) {
	s := &Server{PingInterval: -1}
	w := serve(t, s)
	w.connect()
	w.onLoop(func() {
		if p := s.pingsOn(w.Home()); p.Len() != 0 {
			t.Error("it has a seat")
		}
	})
}

func TestPingsAllocateNothing(t *testing.T) {
	s := &Server{PingInterval: time.Hour}
	w := serve(t, s)
	_, conn := w.connect()
	w.onLoop(func() {
		p := s.pingsOn(w.Home())
		if n := testing.AllocsPerRun(100, func() {
			for range rounds.Slots {
				p.Turn()
			}
			(*session)(conn).unheard = 0
		}); n > 0.5 { // a chunk of the loop's now and then
			t.Errorf("%v allocations", n)
		}
	})
}
