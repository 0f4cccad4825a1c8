//go:build linux

package websocket

import (
	"bytes"
	"testing"
	"time"

	"github.com/gobwas/ws"

	"fanloop/engine"
)

// Messages, Pings and Pongs count alike.
func TestServerTooFast(t *testing.T) {
	for name, frame := range map[string][]byte{
		"text": text("x"), "Ping": masked(ws.NewPingFrame(nil)), "Pong": masked(ws.NewPongFrame(nil)),
	} {
		t.Run(name, func(t *testing.T) {
			w := serve(t, &Server{OnMessage: echo, PingInterval: -1}, engine.ListenOptions{MessageRate: 1, Fast: engine.CloseFast})
			c, _ := w.connect()
			other, _ := w.connect()
			c.send(frame, frame, frame, text("fourth"))
			c.skipTo(ws.OpText, "fourth")
			other.send(text("others notice nothing"))
			other.wantText("others notice nothing")
			if n := w.Stats().RateCloses; n != 0 {
				t.Fatalf("%d closed", n)
			}
			c.send(bytes.Repeat(frame, 10)) // more than can have been earned, however slow this machine may be
			c.skipTo(ws.OpClose, string(ws.NewCloseFrameBody(StatusPolicyViolation, "too many messages or bytes a second")))
			c.wantEnd()
			_ = c.Close()
			w.wantClosed(engine.ErrTooFast)
			if n := w.Stats().RateCloses; n != 1 {
				t.Errorf("%d counted", n)
			}
			other.send(text("still here"))
			other.wantText("still here")
		})
	}
}

func masked(f ws.Frame) []byte { return ws.MustCompileFrame(ws.MaskFrame(f)) }

// skipTo reads until the frame comes.
func (c *client) skipTo(op ws.OpCode, payload string) {
	c.t.Helper()
	for {
		if gotOp, got := c.frame(); gotOp == op && got == payload {
			return
		}
	}
}

func TestServerPausesTheFast(t *testing.T) {
	w := serve(t, &Server{OnMessage: echo}, engine.ListenOptions{MessageRate: 5})
	c, conn := w.connect()
	const most = 4*5 + 3 // in one read, and one turn: nothing is earned meanwhile, however slow this machine may be
	c.send(bytes.Repeat(text("x"), most))
	for range most {
		c.wantText("x")
	}
	if s := w.Stats(); s.RatePauses == 0 || s.RateCloses != 0 {
		t.Errorf("%d pauses, %d closed", s.RatePauses, s.RateCloses)
	}
	w.onLoop(conn.Exempt)
	for range 10 * most {
		c.send(text("x"))
	}
	before := w.Stats().RatePauses
	for range 10 * most {
		c.wantText("x")
	}
	if n := w.Stats().RatePauses; n != before {
		t.Errorf("%d more pauses", n-before)
	}
}

// A client that is paused for its haste is not taken for one that has gone.
func TestPausedForHasteIsNotGone(t *testing.T) {
	s := &Server{OnMessage: echo, PingInterval: time.Hour}
	w := serve(t, s, engine.ListenOptions{ByteRate: 1})
	_, conn := w.connect()
	for range maxUnheard + 2 {
		w.round(s)
	}
	w.onLoop(func() {
		if conn.conn.Reading() || conn.conn.Closing() {
			t.Errorf("reading %v, closing %v", conn.conn.Reading(), conn.conn.Closing())
		}
	})
	if n := s.PongTimeouts(); n != 0 {
		t.Errorf("%d closed", n)
	}
}

// Bytes in an opening handshake count too.
func TestOpeningTooFast(t *testing.T) {
	w := serve(t, &Server{}, engine.ListenOptions{ByteRate: 1, Fast: engine.CloseFast})
	c := dial(t, w.addr)
	c.send([]byte(request[:len(request)-2]))
	if res := c.wantRefusal(429); res.Header.Get("Retry-After") == "" {
		t.Error("without Retry-After")
	}
}
