//go:build linux

package websocket

import (
	"context"
	"io"
	"log/slog"
	"testing"
	"time"

	"fanloop/codec/http"
	"fanloop/engine"
)

// share serves s as the route /chat of an HTTP server, whose other routes are web's.
func share(t testing.TB, s *Server, web *http.Server, options ...engine.ListenOptions) *world {
	t.Helper()
	e, err := engine.New(engine.Options{Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	w := &world{Engine: e, t: t, conns: make(chan *Conn, 64), closed: make(chan error, 64), open: map[uint64]bool{}}
	t.Cleanup(w.end)
	w.watch(s)
	web.Upgrade("/chat", s)
	ln, err := e.Listen("127.0.0.1:0", web, options...)
	if err != nil {
		t.Fatal(err)
	}
	w.addr = ln.Addr()
	return w
}

const plain = "GET /plain HTTP/1.1\r\nHost: a\r\n\r\n"

// wantPlain reads an answer of HTTP's.
func (c *client) wantPlain(body string) {
	c.t.Helper()
	res := c.response()
	got, err := io.ReadAll(res.Body)
	if res.StatusCode != 200 || string(got) != body || err != nil {
		c.t.Fatalf("%s, %q, %v", res.Status, got, err)
	}
}

func plainly(x *http.Exchange) { _ = x.Respond(200, nil, []byte("plain")) }

// The answers to what came before leave before the handshake's, and frames in the packet of the handshake are messages.
func TestServerOnAPortOfHTTP(t *testing.T) {
	w := share(t, &Server{OnMessage: echo, Subprotocols: []string{"chat"}}, &http.Server{OnRequest: plainly})
	c := dial(t, w.addr)
	c.send([]byte(plain), []byte(plain+opensWith), text("in the same packet"), text("and another"))
	c.wantPlain("plain")
	c.wantPlain("plain")
	if res := c.wantOpen(); res.Header.Get("Sec-WebSocket-Protocol") != "chat" {
		t.Errorf("head %v", res.Header)
	}
	c.wantText("in the same packet", "and another")
	c.send(text("later"), closing(1000, "bye"))
	c.wantText("later")
	c.wantClose(1000, "")
	w.wantClosed(&CloseError{1000, "bye"})
}

// An upgrade waits for an answer that is still owed, with what comes behind it, also when its head came in pieces.
func TestUpgradeWaitsForAnswers(t *testing.T) {
	for name, pieces := range map[string][][]byte{
		"whole":    {[]byte(plain + request), text("hello")},
		"together": {append([]byte(plain+request), text("hello")...)},
		"cut":      {[]byte(plain + request[:70]), []byte(request[70:]), text("hello")},
	} {
		t.Run(name, func(t *testing.T) {
			replies := make(chan http.Reply, 1)
			w := share(t, &Server{OnMessage: echo}, &http.Server{OnRequest: func(x *http.Exchange) { replies <- x.Reply() }})
			c := dial(t, w.addr)
			c.send(pieces[0])
			reply := receive(t, replies)
			for _, p := range pieces[1:] {
				c.send(p)
				w.onLoop(func() {})
			}
			if len(w.conns) > 0 {
				t.Fatal("opened before the answer")
			}
			if err := reply.Send(200, nil, []byte("late")); err != nil {
				t.Fatal(err)
			}
			c.wantPlain("late")
			c.wantOpen()
			c.wantText("hello")
		})
	}
}

// A handshake that is refused is answered in HTTP; the server's own is all that is left to the program.
func TestUpgradeRefusedOnAPortOfHTTP(t *testing.T) {
	s := &Server{OnUpgrade: func(_ *Conn, h *Handshake) error {
		if h.Head.Fields.Has("Cookie") {
			panic("on purpose")
		}
		return http.NewRefusal(401, "who are you?", http.NewField("WWW-Authenticate", "Bearer"))
	}}
	w := share(t, s, &http.Server{OnRequest: plainly})
	for raw, status := range map[string]int{
		but("GET /chat?room=7", "GET /chat"):                          401,
		"GET /chat HTTP/1.1\r\nHost: a\r\n\r\n":                       426,
		"POST /chat HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n": 405,
		but("Sec-WebSocket-Version: 13", "Sec-WebSocket-Version: 8"):  426,
		extending("permessage-deflate, ;"):                            400,
		but("\r\n\r\n", "\r\nCookie: a=b\r\n\r\n"):                    500,
	} {
		c := dial(t, w.addr)
		c.send([]byte(plain+raw), text("hello"))
		c.wantPlain("plain")
		c.wantRefusal(status)
	}
	if len(w.conns) > 0 {
		t.Error("connected")
	}
}

// What HTTP's clock does ends with the upgrade, and a stop of the engine is said in WebSocket's way.
func TestUpgradedIsWebSocketOnly(t *testing.T) {
	w := share(t, &Server{OnMessage: echo}, &http.Server{IdleTimeout: 300 * time.Millisecond, HeadTimeout: 300 * time.Millisecond})
	c := w.arriving([]byte(request))
	c.wantOpen()
	fired := make(chan struct{})
	w.onLoop(func() { w.Home().After(500*time.Millisecond, func() { close(fired) }) })
	receive(t, fired)
	c.send(text("still here"))
	c.wantText("still here")
	stopped := make(chan error, 1)
	go func() { stopped <- w.Shutdown(context.Background()) }()
	c.wantClose(StatusGoingAway, "server stops")
	c.send(closing(StatusGoingAway, ""))
	c.wantEnd()
	_ = c.Close()
	if err := receive(t, stopped); err != nil {
		t.Error(err)
	}
}

// A client whose upgrade waits for another answer when the engine stops is not forgotten: it gets a goodbye.
func TestUpgradeThatWaitsWhenTheEngineStops(t *testing.T) {
	replies := make(chan http.Reply, 1)
	w := share(t, &Server{OnMessage: echo}, &http.Server{OnRequest: func(x *http.Exchange) { replies <- x.Reply() }})
	c := dial(t, w.addr)
	c.send([]byte(plain + request))
	reply := receive(t, replies)
	stopped := make(chan error, 1)
	go func() { stopped <- w.Shutdown(t.Context()) }()
	for err := error(nil); err != engine.ErrClosed; { // then its listeners are closed, and before that
		var ln *engine.Listener
		if ln, err = w.Listen("127.0.0.1:0", &Server{}); err == nil {
			_ = ln.Close()
		}
	}
	for range 2 {
		w.onLoop(func() {}) // the connection has been told by then
	}
	if err := reply.Send(200, nil, []byte("late")); err != nil {
		t.Fatal(err)
	}
	c.wantPlain("late")
	c.wantOpen()
	c.wantClose(StatusGoingAway, "server stops")
	c.send(closing(StatusGoingAway, ""))
	if err := receive(t, stopped); err != nil {
		t.Error(err)
	}
}
