//go:build linux

package websocket

import (
	"context"
	"errors"
	"testing"

	"github.com/gobwas/ws"

	"fanloop/engine"
)

func TestKick(t *testing.T) {
	w := serve(t, &Server{CloseTimeout: patience})
	outletOf := func(conn *Conn) engine.Outlet {
		outlet, ok := conn.Ref().Attach(func() {})
		if !ok {
			t.Fatal("not attached")
		}
		return outlet
	}
	for _, test := range []struct {
		name   string
		kick   func(conn *Conn)
		last   string
		code   int
		reason string
	}{
		{"Ref", func(conn *Conn) { _ = conn.Ref().Kick(4001, "other device") }, "", 4001, "other device"},
		{"twice", func(conn *Conn) {
			_ = conn.Ref().Kick(4001, "other device")
			_ = conn.Ref().Kick(4002, "again")
		}, "", 4001, "other device"},
		{"a code that must not be sent", func(conn *Conn) { _ = conn.Ref().Kick(1006, "x") }, "", 1011, ""},
		{"Outlet", func(conn *Conn) {
			outlet := outletOf(conn)
			outlet.Kick(nil, 1008, "reason")
			if outlet.Push(shared{data: "late"}) {
				t.Error("pushed behind the Close frame")
			}
		}, "", 1008, "reason"},
		{"Outlet with a last message", func(conn *Conn) {
			outletOf(conn).Kick(shared{data: "goodbye"}, 4003, "")
		}, "goodbye", 4003, ""},
		{"Outlet with what cannot be said", func(conn *Conn) {
			outletOf(conn).Kick(shared{data: "\xff"}, 4003, "")
		}, "", 4003, ""},
	} {
		for _, paused := range []bool{false, true} {
			t.Run(test.name, func(t *testing.T) {
				c, conn := w.connect()
				w.onLoop(func() {
					if paused {
						conn.Pause()
					}
					test.kick(conn)
				})
				if test.last != "" {
					c.wantText(test.last)
				}
				c.wantClose(test.code, test.reason)
				c.send(text("discarded"), closing(test.code, ""))
				c.wantEnd()
				w.wantClosed(engine.ErrClosed)
			})
		}
	}
}

// What a hub pushes is framed once for all; what no client could read is refused.
func TestPush(t *testing.T) {
	w := serve(t, &Server{})
	c, conn := w.connect()
	w.onLoop(func() {
		outlet, _ := conn.Ref().Attach(func() {})
		outlet.Hear(true)
		for _, test := range []struct {
			message shared
			taken   bool
		}{
			{shared{data: "one"}, true},
			{shared{data: ""}, true},
			{shared{data: "\xff"}, false},
			{shared{data: "\xff", binary: true}, true},
		} {
			if taken := outlet.Push(test.message); taken != test.taken {
				t.Errorf("Push(%q): %v", test.message.data, taken)
			}
		}
		w.Home().Broadcast(shared{data: "all"}, nil)
		_ = conn.Send([]byte("own"))
	})
	c.wantText("one", "")
	c.want(ws.OpBinary, "\xff")
	c.wantText("all", "own")
}

// A stop says 1001 to everybody, waits for the answers, and reads no more messages.
func TestShutdown(t *testing.T) {
	w := serve(t, &Server{CloseTimeout: patience, OnMessage: func(c *Conn, _ Message) {
		t.Error("a message after the stop")
	}})
	var clients []*client
	for range 10 {
		c, _ := w.connect()
		clients = append(clients, c)
	}
	stopped := make(chan error, 1)
	go func() {
		ctx, cancel := context.WithTimeout(context.Background(), patience)
		defer cancel()
		stopped <- w.Shutdown(ctx)
	}()
	for _, c := range clients {
		c.wantClose(StatusGoingAway, "server stops")
		c.send(text("discarded"))
	}
	if len(stopped) > 0 || len(w.closed) > 0 {
		t.Error("the answers are not waited for")
	}
	for _, c := range clients {
		c.send(closing(StatusGoingAway, ""))
		c.wantEnd()
		_ = c.Close()
		w.wantClosed(engine.ErrShutdown)
	}
	if err := receive(t, stopped); err != nil {
		t.Errorf("Shutdown: %v", err)
	}
}

// A client that does not answer is cut off when the time for the stop is over.
func TestShutdownCutsOff(t *testing.T) {
	w := serve(t, &Server{CloseTimeout: patience})
	c, _ := w.connect()
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	stopped := make(chan error, 1)
	go func() { stopped <- w.Shutdown(ctx) }()
	c.wantClose(StatusGoingAway, "server stops")
	cancel()
	if err := receive(t, stopped); !errors.Is(err, context.Canceled) {
		t.Errorf("Shutdown: %v", err)
	}
	c.wantReset()
	w.wantClosed(engine.ErrShutdown)
}

// A panic closes its connection with 1011 at once, for what was left of the input is lost; the others live on.
func TestPanic(t *testing.T) {
	boom := func() { panic("on purpose") }
	inConnect := false
	w := serve(t, &Server{
		CloseTimeout: patience,
		OnConnect: func(*Conn) {
			if inConnect {
				boom()
			}
		},
		OnMessage: func(c *Conn, m Message) {
			echo(c, m)
			if string(m.Data) == "panic" {
				boom()
			}
		},
	})
	other, _ := w.connect()
	for _, behind := range [][]byte{nil, text("lost"), text("cut")[:5], closing(1000, "")} {
		c, _ := w.connect()
		c.send(text("panic"), behind)
		c.wantText("panic")
		c.wantClose(StatusInternalError, "internal error")
		c.wantEnd()
		w.wantClosed(engine.ErrPanic)
	}
	w.onLoop(func() { inConnect = true })
	for _, behind := range [][]byte{nil, text("lost"), text("cut")[:5]} {
		c := dial(t, w.addr)
		c.send([]byte(request), behind)
		c.wantOpen()
		c.wantClose(StatusInternalError, "internal error")
		c.wantEnd()
		w.wantClosed(engine.ErrPanic)
	}
	other.send(text("still here"))
	other.wantText("still here")
}

// A panic outside of the input tears nothing: the client's Close frame is waited for.
func TestPanicInATask(t *testing.T) {
	w := serve(t, &Server{CloseTimeout: patience, OnMessage: echo})
	c, conn := w.connect()
	if err := conn.Ref().Post(func(*engine.Conn) { panic("on purpose") }); err != nil {
		t.Fatal(err)
	}
	c.wantClose(StatusInternalError, "internal error")
	c.send(text("discarded"), ping("p"))
	c.want(ws.OpPong, "p")
	c.send(closing(StatusInternalError, ""))
	c.wantEnd()
	w.wantClosed(engine.ErrPanic)
}
