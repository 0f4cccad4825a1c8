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
	bound := dial(t, w.addr)
	bound.send([]byte(request), text("u1")) // at once, however slow this machine may be
	bound.wantOpen()
	bound.wantText("u1")
	receive(t, w.conns)
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
