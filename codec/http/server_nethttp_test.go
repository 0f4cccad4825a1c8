//go:build linux

package http

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	nethttp "net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/http/pprof"
	"net/url"
	"os"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

func TestMount(t *testing.T) {
	s := &Server{}
	s.Mount("GET /items/{id}/{rest...}", nethttp.HandlerFunc(func(w nethttp.ResponseWriter, r *nethttp.Request) {
		fmt.Fprintf(w, "%s: %s %s", r.Pattern, r.PathValue("id"), r.PathValue("rest"))
	}))
	s.Mount("/debug/pprof/", nethttp.HandlerFunc(pprof.Index))
	s.Mount("/address", nethttp.HandlerFunc(func(w nethttp.ResponseWriter, r *nethttp.Request) {
		local := r.Context().Value(nethttp.LocalAddrContextKey).(net.Addr)
		fmt.Fprint(w, r.RemoteAddr, " ", local)
	}))
	s.Handle("/loop", tell)
	w := serve(t, s)
	c := w.dial()
	c.send(get("/items/a%2Fb/c/d%20e"), get("/loop"), get("/address"))
	c.want(200, "GET /items/{id}/{rest...}: a/b c/d e")
	c.want(200, `GET /loop ""`)
	c.want(200, c.LocalAddr().String()+" "+w.addr.String())
	c.send(get("/debug/pprof/goroutine?debug=1"))
	res, err := nethttp.ReadResponse(c.r, nil)
	if err != nil {
		t.Fatal(err)
	}
	if body, err := io.ReadAll(res.Body); !strings.Contains(string(body), "goroutine profile") || err != nil {
		t.Errorf("pprof: %.100s, %v", body, err)
	}
}

// Pipelined requests are handled one after the other, and answered in order.
func TestMountPipelined(t *testing.T) {
	running, n := 0, 0
	w := mounted(t, &Server{}, func(w nethttp.ResponseWriter, r *nethttp.Request) {
		if running++; running > 1 {
			t.Error("two at once")
		}
		body, _ := io.ReadAll(r.Body)
		fmt.Fprintf(w, "%d %s %s", n, r.URL.Path, body)
		n++
		running--
	})
	c := w.dial()
	var sent strings.Builder
	for i := range 100 {
		sent.WriteString(get(fmt.Sprint("/", i)))
		sent.WriteString(post("/body", fmt.Sprint(i)))
	}
	go c.send(sent.String())
	for i := range 100 {
		c.want(200, fmt.Sprintf("%d /%d ", 2*i, i))
		c.want(200, fmt.Sprintf("%d /body %d", 2*i+1, i))
	}
}

// What is flushed arrives while the handler goes on.
func TestMountFlush(t *testing.T) {
	more := make(chan string)
	w := mounted(t, &Server{}, func(w nethttp.ResponseWriter, _ *nethttp.Request) {
		for text := range more {
			_, _ = io.WriteString(w, text)
			w.(nethttp.Flusher).Flush()
		}
	})
	c := w.dial()
	c.send(get("/"))
	more <- "one"
	res, err := nethttp.ReadResponse(c.r, nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, text := range []string{"one", "two", "three"} {
		got := make([]byte, len(text))
		if _, err := io.ReadFull(res.Body, got); string(got) != text || err != nil {
			t.Fatalf("%q, %v", got, err)
		}
		if text == "one" {
			more <- "two"
			more <- "three"
		}
	}
	close(more)
	if rest, err := io.ReadAll(res.Body); len(rest) > 0 || err != nil {
		t.Errorf("%q, %v", rest, err)
	}
}

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
	go func() { // a stop waits for it to close
		receive(t, ended)
		c.want(200, "")
		_ = c.Close()
	}()
	w.end()
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
	for s.Stats().HandlersWaiting == 0 {
		runtime.Gosched()
	}
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
	for s.Stats().HandlersRunning < 16 {
		runtime.Gosched()
	}
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
	release := make(chan struct{})
	s := &Server{Workers: 1, QueueLength: 1}
	var first *Exchange
	answerFirst := func() { _ = first.Respond(200, nil, []byte("first")) }
	s.Handle("/first", func(x *Exchange) { first = x })
	s.Handle("/go", func(x *Exchange) { _ = x.Respond(200, nil, nil); answerFirst() })
	s.Mount("/block", nethttp.HandlerFunc(func(nethttp.ResponseWriter, *nethttp.Request) { <-release }))
	w := mounted(t, s, func(w nethttp.ResponseWriter, r *nethttp.Request) {
		n, err := io.Copy(io.Discard, r.Body)
		fmt.Fprint(w, n, err)
	})
	long := strings.Repeat("x", 200_000)
	c, other := w.dial(), w.dial()
	go c.send(get("/first"), post("/a", "short"), post("/b", long), post("/c", "x"), get("/first"))
	for s.Stats().Requests < 2 {
		runtime.Gosched()
	}
	other.send(get("/go"))
	other.want(200, "")
	c.want(200, "first")
	c.want(200, "5 <nil>")
	c.want(200, "200000 <nil>")
	c.want(200, "1 <nil>")

	busy, queued := w.dial(), w.dial()
	busy.send(get("/block"))
	for s.Stats().HandlersRunning == 0 {
		runtime.Gosched()
	}
	queued.send(get("/block"))
	for s.Stats().HandlersWaiting == 0 {
		runtime.Gosched()
	}
	c.send(post("/d", "short"))
	for s.Stats().Requests < 9 {
		runtime.Gosched()
	}
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

// A handler of somebody else's: a reverse proxy, which streams both ways and copies trailers.
func TestMountReverseProxy(t *testing.T) {
	behind := httptest.NewServer(nethttp.HandlerFunc(func(w nethttp.ResponseWriter, r *nethttp.Request) {
		w.Header().Set("Trailer", "Sum")
		n, err := io.Copy(w, r.Body)
		w.Header().Set("Sum", fmt.Sprint(n, err))
	}))
	defer behind.Close()
	to, _ := url.Parse(behind.URL)
	w := mounted(t, &Server{}, httputil.NewSingleHostReverseProxy(to).ServeHTTP)
	c := w.dial()
	c.send("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n")
	if res := c.want(200, "hello"); res.Trailer.Get("Sum") != "5 <nil>" {
		t.Errorf("trailers %v", res.Trailer)
	}
}

func TestMountPanics(t *testing.T) {
	s := &Server{Workers: 1}
	w := mounted(t, s, func(w nethttp.ResponseWriter, r *nethttp.Request) {
		switch r.URL.Path {
		case "/late":
			_ = nethttp.NewResponseController(w).Flush()
			panic("late")
		case "/abort":
			panic(nethttp.ErrAbortHandler)
		case "/exit":
			runtime.Goexit()
		case "/status":
			w.WriteHeader(99)
		case "/":
			return
		}
		fmt.Fprint(w, "is not sent")
		panic("early")
	})
	for _, path := range []string{"/early", "/exit", "/status"} {
		c := w.dial()
		c.send(get(path))
		if res := c.want(500, "Internal Server Error\n"); !res.Close {
			t.Error("the connection stays open")
		}
		c.wantEnd()
	}
	c := w.dial()
	c.send(get("/late"))
	if res, err := nethttp.ReadResponse(c.r, nil); err == nil {
		if _, err = io.ReadAll(res.Body); err == nil {
			t.Error("an answer that was broken off looks whole")
		}
	}
	c = w.dial()
	c.send(get("/abort"))
	if res, err := nethttp.ReadResponse(c.r, nil); err == nil {
		t.Errorf("answered with %s", res.Status)
	}
	c = w.dial()
	c.send(get("/"))
	c.want(200, "")
	if st := s.Stats(); st.Panics != 4 {
		t.Errorf("%d panics", st.Panics)
	}
}

// 100 Continue is sent when the handler reads, and only then.
func TestMountContinue(t *testing.T) {
	w := mounted(t, &Server{}, func(w nethttp.ResponseWriter, r *nethttp.Request) {
		if r.URL.Path == "/no" {
			nethttp.Error(w, "no", 403)
			return
		}
		body, err := io.ReadAll(r.Body)
		fmt.Fprintf(w, "%s %v", body, err)
	})
	const rest = " HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\nExpect: 100-continue\r\n\r\n"
	c := w.dial()
	c.send("POST /yes" + rest)
	c.want(100, "")
	c.send("body")
	c.want(200, "body <nil>")
	c.send("POST /no" + rest)
	if res := c.want(403, "no\n"); !res.Close {
		t.Error("whether the body comes is not known: nothing can come behind")
	}
	c.wantEnd()
}

// A handler that does not read stops the client; nothing piles up.
func TestMountSlowReader(t *testing.T) {
	const size = 32 << 20
	read := make(chan struct{})
	got := make(chan int64, 1)
	w := mounted(t, &Server{}, func(_ nethttp.ResponseWriter, r *nethttp.Request) {
		<-read
		n, err := io.Copy(io.Discard, r.Body)
		if err != nil {
			t.Error(err)
		}
		got <- n
	})
	c := w.dial()
	c.send(fmt.Sprintf("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: %d\r\n\r\n", size))
	_ = c.SetWriteBuffer(64 << 10)
	sent := make(chan error, 1)
	go func() {
		_, err := c.Write(make([]byte, size))
		sent <- err
	}()
	// The client is stopped: what the loop reads comes to an end.
	before := uint64(0)
	for still := 0; still < 50; {
		select {
		case err := <-sent:
			t.Fatalf("all of it has been taken: %v", err)
		case <-time.After(time.Millisecond):
		}
		if now := w.Engine.Stats().BytesIn; now == before && now > 0 {
			still++
		} else {
			before, still = now, 0
		}
	}
	if before > 1<<20 {
		t.Errorf("%d bytes were read for nobody", before)
	}
	close(read)
	if n := receive(t, got); n != size {
		t.Errorf("%d bytes", n)
	}
	if err := receive(t, sent); err != nil {
		t.Error(err)
	}
	c.want(200, "")
}

// A handler writes no faster than the client reads.
func TestMountSlowClient(t *testing.T) {
	const size = 32 << 20
	blocked, all := make(chan int, 1), make(chan int, 1)
	w := mounted(t, &Server{}, func(w nethttp.ResponseWriter, _ *nethttp.Request) {
		_ = nethttp.NewResponseController(w).SetWriteDeadline(time.Now().Add(50 * time.Millisecond))
		piece := make([]byte, 10_000)
		written := 0
		defer func() { all <- written }()
		for written < size {
			n, err := w.Write(piece)
			if written += n; errors.Is(err, os.ErrDeadlineExceeded) {
				blocked <- written
				_ = nethttp.NewResponseController(w).SetWriteDeadline(time.Time{})
				continue
			}
			if err != nil {
				t.Error(err)
				return
			}
		}
	})
	c := w.dial()
	c.send(get("/"))
	if waiting := receive(t, blocked) - int(w.Engine.Stats().BytesOut); waiting > 1<<20 {
		t.Errorf("%d bytes wait", waiting)
	}
	res, err := nethttp.ReadResponse(c.r, nil)
	if err != nil {
		t.Fatal(err)
	}
	n, err := io.Copy(io.Discard, res.Body)
	if written := receive(t, all); int(n) != written || err != nil || n < size {
		t.Errorf("%d of %d bytes, %v", n, written, err)
	}
}

// A client that takes nothing is cut off.
func TestMountStalledClient(t *testing.T) {
	failed := make(chan error, 1)
	s := &Server{BodyTimeout: 50 * time.Millisecond}
	w := mounted(t, s, func(w nethttp.ResponseWriter, _ *nethttp.Request) {
		for {
			if _, err := w.Write(make([]byte, 10_000)); err != nil {
				failed <- err
				return
			}
		}
	})
	c := w.dial()
	c.send(get("/"))
	receive(t, failed)
	if n := s.Stats().WriteTimeouts; n != 1 {
		t.Errorf("%d timeouts", n)
	}
}

// The handler's reading ends with the connection, or at its deadline.
func TestMountBrokenBody(t *testing.T) {
	errs := make(chan error, 1)
	w := mounted(t, &Server{}, func(w nethttp.ResponseWriter, r *nethttp.Request) {
		if r.URL.Path == "/deadline" {
			_ = nethttp.NewResponseController(w).SetReadDeadline(time.Now().Add(time.Millisecond))
		}
		_, err := io.ReadAll(r.Body)
		errs <- err
	})
	c := w.dial()
	c.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\nhalf")
	_ = c.CloseWrite()
	if err := receive(t, errs); err != io.ErrUnexpectedEOF {
		t.Error(err)
	}
	c = w.dial()
	c.send("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nx\r\n")
	if err := receive(t, errs); err == nil {
		t.Error("a broken chunk is read as an end")
	}
	c = w.dial()
	c.send("POST /deadline HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\nhalf")
	if err := receive(t, errs); !errors.Is(err, os.ErrDeadlineExceeded) {
		t.Error(err)
	}
}

// What a handler keeps is of no use after its return, and does no harm.
func TestMountKept(t *testing.T) {
	var kept nethttp.ResponseWriter
	var body io.Reader
	w := mounted(t, &Server{}, func(w nethttp.ResponseWriter, r *nethttp.Request) {
		if kept == nil {
			kept, body = w, r.Body
			fmt.Fprint(w, "first")
			return
		}
		kept.WriteHeader(500)
		_, err := io.WriteString(kept, "from the first")
		flush := kept.(interface{ FlushError() error }).FlushError()
		_, read := body.Read(make([]byte, 1))
		fmt.Fprint(w, err, flush, read)
	})
	c := w.dial()
	c.send(post("/", "body"), get("/"))
	c.want(200, "first")
	c.want(200, fmt.Sprint(errReturned, errReturned, nethttp.ErrBodyReadAfterClose))
}
