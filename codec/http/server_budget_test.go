//go:build linux

package http

import (
	"io"
	nethttp "net/http"
	"strings"
	"testing"

	"fanloop/engine"
)

// When the budget of memory is spent, and not before, whoever has sent half of the largest request is answered 503; those whose
// halves are smaller are served when they are whole.
func TestServerOutOfMemory(t *testing.T) {
	const size = 600 << 10
	for name, test := range map[string]struct{ greedy, more string }{
		"a body":         {"POST /size HTTP/1.1\r\nHost: a\r\nContent-Length: 10000000\r\n\r\n" + strings.Repeat("y", size), strings.Repeat("y", size)},
		"chunks":         {"POST /size HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n1fffff\r\n" + strings.Repeat("y", size), strings.Repeat("y", size)},
		"a long head":    {"GET / HTTP/1.1\r\nHost: a\r\nA: " + strings.Repeat("y", size), strings.Repeat("y", size)},
		"behind another": {get("/later") + "POST /size HTTP/1.1\r\nHost: a\r\nContent-Length: 10000000\r\n\r\n" + strings.Repeat("y", size), strings.Repeat("y", size)},
	} {
		t.Run(name, func(t *testing.T) {
			s := &Server{
				MaxBody: 20 << 20, MaxHead: Limits{Head: 10 << 20}, HeadTimeout: patience, BodyTimeout: patience,
				OnRequest: func(x *Exchange) { x.Reply() },
			}
			s.Handle("/size", func(x *Exchange) { _ = x.Respond(200, nil, []byte(x.Body()[:1])) })
			w := serveOn(t, engine.Options{MaxMemory: 1 << 20}, s)
			other, half := w.dial(), post("/size", strings.Repeat("x", 40<<10))
			other.send(half[:30<<10])
			w.until("read and counted", func(s engine.Stats) bool { return s.BytesIn == 30<<10 && s.Memory > 20<<10 })
			if s := w.Engine.Stats(); s.MemorySpent != 0 {
				t.Fatalf("below the budget: %+v", s)
			}
			greedy := w.dial()
			go func() {
				_, _ = io.WriteString(greedy.TCPConn, test.greedy)
				_, _ = io.WriteString(greedy.TCPConn, test.more)
			}()
			w.until("closed", func(s engine.Stats) bool { return s.MemoryClosed == 1 })
			res, err := nethttp.ReadResponse(greedy.r, nil)
			if err != nil || res.StatusCode != 503 || !res.Close {
				t.Fatalf("%+v, %v", res, err)
			}
			other.send(half[30<<10:])
			other.want(200, "x")
			if s := w.Engine.Stats(); s.MemorySpent == 0 || s.MemoryClosed != 1 {
				t.Errorf("%+v", s)
			}
		})
	}
}

// Of an answer that a client does not read, nothing more is sent that could be taken for the whole.
func TestServerOutOfMemoryAnswering(t *testing.T) {
	s := &Server{}
	body := []byte(strings.Repeat("x", 32<<20)) // more than the kernel takes
	s.Handle("/large", func(x *Exchange) { _ = x.Respond(200, nil, body) })
	w := serveOn(t, engine.Options{MaxMemory: 1 << 20}, s)
	c := w.dial()
	c.send(get("/large"))
	w.until("closed", func(s engine.Stats) bool { return s.Ended.Memory == 1 && s.Memory == 0 })
	if res, err := nethttp.ReadResponse(c.r, nil); err == nil {
		if got, err := io.ReadAll(res.Body); err == nil {
			t.Errorf("%d bytes and no error", len(got))
		}
	}
}

// What a handler of net/http does not read counts too, and its Read fails when that has to go.
func TestServerOutOfMemoryMounted(t *testing.T) {
	s := &Server{}
	failed := make(chan error, 1)
	begun, begin := make(chan struct{}), make(chan struct{})
	s.Mount("/", nethttp.HandlerFunc(func(rw nethttp.ResponseWriter, r *nethttp.Request) {
		close(begun)
		<-begin
		_, err := io.Copy(io.Discard, r.Body)
		failed <- err
	}))
	w := serveOn(t, engine.Options{MaxMemory: 32 << 10}, s)
	c := w.dial()
	request := post("/", strings.Repeat("x", 1<<20))
	c.send(request[:100])
	receive(t, begun)
	go func() { _, _ = io.WriteString(c.TCPConn, request[100:]) }()
	res, err := nethttp.ReadResponse(c.r, nil)
	if err != nil || res.StatusCode != 503 {
		t.Errorf("%+v, %v", res, err)
	}
	close(begin)
	if err := receive(t, failed); err == nil {
		t.Error("the handler was given all of the body")
	}
	w.until("given back", func(s engine.Stats) bool { return s.Memory == 0 })
}
