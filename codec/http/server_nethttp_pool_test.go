//go:build linux

package http

import (
	"context"
	"fmt"
	"io"
	nethttp "net/http"
	"strings"
	"sync/atomic"
	"testing"

	"fanloop/engine"
)

// The context ends when the client goes, when the engine stops, and when the handler has returned.
func TestMountContext(t *testing.T) {
	contexts := make(chan context.Context, 1)
	ended := make(chan error, 1)
	w := mounted(t, &Server{}, func(_ nethttp.ResponseWriter, r *nethttp.Request) {
		contexts <- r.Context()
		if r.URL.Path == "/wait" {
			<-r.Context().Done()
			ended <- r.Context().Err()
		}
	})
	for _, how := range []func(c *client){
		func(c *client) { _ = c.Close() },
		func(c *client) { _ = c.SetLinger(0); _ = c.Close() },
		func(c *client) { _ = c.CloseWrite() },
	} {
		c := w.dial()
		c.send(get("/wait"))
		ctx := receive(t, contexts)
		if ctx.Err() != nil {
			t.Errorf("too early: %v", ctx.Err())
		}
		how(c)
		if err := receive(t, ended); err != context.Canceled {
			t.Error(err)
		}
	}
	c := w.dial()
	c.send(get("/"))
	c.want(200, "")
	receive(t, receive(t, contexts).Done())
	c.send(get("/wait"))
	receive(t, contexts)
	closed := make(chan struct{})
	go func() { // a stop waits for it to close
		defer close(closed)
		receive(t, ended)
		c.want(200, "")
		_ = c.Close()
	}()
	w.end()
	receive(t, closed)
}

func TestMountPoolFull(t *testing.T) {
	release, started := make(chan struct{}), make(chan struct{}, 10)
	s := &Server{Workers: 2, QueueLength: 1}
	s.Handle("/loop", tell)
	w := mounted(t, s, func(nethttp.ResponseWriter, *nethttp.Request) {
		started <- struct{}{}
		<-release
	})
	var clients []*client
	for i := range 2 {
		c := w.dial()
		clients = append(clients, c)
		c.send(get("/"))
		receive(t, started)
		if _, running := s.pool.load(); running != i+1 {
			t.Errorf("%d running", running)
		}
	}
	waiting := w.dial()
	clients = append(clients, waiting)
	waiting.send(get("/"))
	w.until("in the queue", func(engine.Stats) bool { return s.Stats().HandlersWaiting > 0 })
	c := w.dial()
	for _, request := range []string{get("/"), post("/", "body")} {
		c.send(request)
		if res := c.want(503, "too many requests are being handled\n"); res.Header.Get("Retry-After") != "1" || res.Close {
			t.Errorf("%v", res.Header)
		}
	}
	c.send(get("/loop")) // the loop has nothing to do with that
	c.want(200, `GET /loop ""`)
	close(release)
	for _, c := range clients {
		c.want(200, "")
	}
	c.send(get("/"))
	c.want(200, "")
	if st := s.Stats(); st.HandlersBusy != 2 || st.HandlersWaiting != 0 {
		t.Errorf("%+v", st)
	}
}

// Handlers that compute keep no loop from its work, nor what it reads from being answered.
func TestMountComputing(t *testing.T) {
	var stop atomic.Bool
	defer stop.Store(true)
	s := &Server{}
	s.Handle("/loop", tell)
	w := mounted(t, s, func(nethttp.ResponseWriter, *nethttp.Request) {
		for !stop.Load() {
		}
	})
	var burning []*client
	for range 16 {
		c := w.dial()
		c.send(get("/"))
		burning = append(burning, c)
	}
	w.until("all at work", func(engine.Stats) bool { return s.Stats().HandlersRunning == 16 })
	c := w.dial()
	for range 3 {
		c.send(get("/loop"))
		c.want(200, `GET /loop ""`)
	}
	stop.Store(true)
	for _, c := range burning {
		c.want(200, "")
	}
}

// A body that comes while the answer before is still owed waits with the kernel, also when there is no worker for it then.
func TestMountBodyWaits(t *testing.T) {
	release, blocked := make(chan struct{}), make(chan struct{}, 2)
	s := &Server{Workers: 1, QueueLength: 1}
	var first *Exchange
	answerFirst := func() { _ = first.Respond(200, nil, []byte("first")) }
	s.Handle("/first", func(x *Exchange) { first = x })
	s.Handle("/go", func(x *Exchange) { _ = x.Respond(200, nil, nil); answerFirst() })
	s.Mount("/block", nethttp.HandlerFunc(func(nethttp.ResponseWriter, *nethttp.Request) {
		blocked <- struct{}{}
		<-release
	}))
	w := mounted(t, s, func(w nethttp.ResponseWriter, r *nethttp.Request) {
		n, err := io.Copy(io.Discard, r.Body)
		fmt.Fprint(w, n, err)
	})
	long := strings.Repeat("x", 200_000)
	c, other := w.dial(), w.dial()
	go c.send(get("/first"), post("/a", "short"), post("/b", long), post("/c", "x"), get("/first"))
	w.until("asked", func(engine.Stats) bool { return s.Stats().Requests >= 2 })
	other.send(get("/go"))
	other.want(200, "")
	c.want(200, "first")
	c.want(200, "5 <nil>")
	c.want(200, "200000 <nil>")
	c.want(200, "1 <nil>")

	busy, queued := w.dial(), w.dial()
	busy.send(get("/block"))
	receive(t, blocked)
	queued.send(get("/block"))
	w.until("in the queue", func(engine.Stats) bool { return s.Stats().HandlersWaiting > 0 })
	c.send(post("/d", "short"))
	w.until("asked", func(engine.Stats) bool { return s.Stats().Requests == 9 })
	other.send(get("/go"))
	other.want(200, "")
	c.want(200, "first")
	c.want(503, "too many requests are being handled\n")
	close(release)
	busy.want(200, "")
	queued.want(200, "")
	c.send(post("/e", "short"))
	c.want(200, "5 <nil>")
}
