//go:build linux

package websocket

import (
	"testing"
	"time"

	"github.com/gobwas/ws"

	"fanloop/engine"
)

// A client that nobody binds is closed with 1008; one that is bound, and one of a server without the limit, stay.
func TestBindTimeout(t *testing.T) {
	w := serve(t, &Server{BindTimeout: 50 * time.Millisecond, OnMessage: func(c *Conn, m Message) {
		c.Ref().Attach(func() {})
		echo(c, m)
	}})
	bound, _ := w.connect()
	bound.send(text("u1"))
	bound.wantText("u1")
	stranger, _ := w.connect()
	stranger.want(ws.OpClose, string(ws.NewCloseFrameBody(StatusPolicyViolation, "no uid in time")))
	_ = stranger.Close()
	w.wantClosed(engine.ErrUnbound)
	bound.send(text("others notice nothing"))
	bound.wantText("others notice nothing")
	if n := w.Stats().Unbound; n != 1 {
		t.Errorf("counted %d", n)
	}
}
