//go:build linux

package http

import (
	"fmt"
	"io"
	"strings"
	"testing"

	"fanloop/engine"
)

// Each limit of the server has its status, its counter, and ends the connection in order.
func TestServerRefuses(t *testing.T) {
	for _, test := range []struct {
		name, raw string
		status    int
		body      string
		counted   func(s Stats) uint64
	}{
		{"a target too long", "GET /" + strings.Repeat("a", 200), 414, "request target too long\n", func(s Stats) uint64 { return s.RefusedTarget }},
		{"a head too large", "GET / HTTP/1.1\r\nHost: a\r\nA: " + strings.Repeat("a", 400), 431, "request head too large\n", func(s Stats) uint64 { return s.RefusedHead }},
		{"too many fields", "GET / HTTP/1.1\r\nHost: a\r\n" + strings.Repeat("A: b\r\n", 20), 431, "too many fields\n", func(s Stats) uint64 { return s.RefusedHead }},
		{"a body too large", "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 101\r\n\r\n", 413, "request body too large\n", func(s Stats) uint64 { return s.RefusedBody }},
		{"one that waits for 100", "POST / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 101\r\n\r\n", 413, "request body too large\n", func(s Stats) uint64 { return s.RefusedBody }},
		{"one with much behind it", post("/", strings.Repeat("x", 1<<20)), 413, "request body too large\n", func(s Stats) uint64 { return s.RefusedBody }},
		{"chunks too large", chunked + "60\r\n" + strings.Repeat("x", 96) + "\r\n5\r\n", 413, "request body too large\n", func(s Stats) uint64 { return s.RefusedBody }},
		{"trailers too large", chunked + "0\r\nA: " + strings.Repeat("x", 400), 431, "trailers too large\n", func(s Stats) uint64 { return s.RefusedHead }},
		{"HTTP/2", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 505, "only HTTP/1.1 and HTTP/1.0 are spoken here\n", func(s Stats) uint64 { return s.RefusedVersion }},
		{"HTTP/3", "GET / HTTP/3.0\r\n\r\n", 505, "only HTTP/1.1 and HTTP/1.0 are spoken here\n", func(s Stats) uint64 { return s.RefusedVersion }},
		{"TLS", "\x16\x03\x01", 400, "malformed method\n", nil},
		{"both framings", "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400, "both Content-Length and Transfer-Encoding\n", nil},
		{"a bad chunk", chunked + "x\r\n", 400, "malformed chunk size\n", nil},
		{"an unknown coding", "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip, chunked\r\n\r\n", 501, "unknown transfer coding\n", nil},
		{"an expectation", "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nExpect: 100-continue\r\nExpect: more\r\n\r\n", 417, "unknown expectation\n", nil},
		{"CONNECT", "CONNECT b:443 HTTP/1.1\r\nHost: b:443\r\n\r\n\x16\x03\x01", 501, "CONNECT is not implemented here\n", nil},
	} {
		t.Run(test.name, func(t *testing.T) {
			s := &Server{MaxHead: Limits{RequestLine: 100, Head: 300, Fields: 10}, MaxBody: 100}
			s.Handle("/{$}", tell)
			w := serve(t, s)
			c := w.dial()
			c.send(get("/") + test.raw)
			c.want(200, "GET / \"\"")
			if res := c.want(test.status, test.body); !res.Close {
				t.Error("without Connection: close")
			}
			c.wantEnd()
			stats := s.Stats()
			if stats.Refused != 1 || test.counted != nil && test.counted(stats) != 1 {
				t.Errorf("counted %+v", stats)
			}
		})
	}
}

// The default limits are those that are documented.
func TestServerDefaults(t *testing.T) {
	var s Server
	got := fmt.Sprint(s.maxBody(), s.headTimeout(), s.bodyTimeout(), s.idleTimeout(), s.maxPipelined(), s.maxWriteAhead())
	if want := "1048576 10s 30s 1m15s 64 262144"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

func TestServerContinues(t *testing.T) {
	const expects = "POST / HTTP/1.1\r\nHost: a\r\nExpect: 100-Continue\r\nContent-Length: 5\r\n\r\n"
	var late []*Exchange
	s := &Server{OnRequest: tell}
	s.Handle("/late", func(x *Exchange) { late = append(late, x) })
	s.addRoute("/early", destination{open: func(x *Exchange) { _ = x.Respond(200, nil, []byte("early")) }})
	w := serve(t, s)
	want100 := func(c *client) {
		t.Helper()
		line := make([]byte, len(continues))
		if _, err := io.ReadFull(c.r, line); err != nil || string(line) != string(continues) {
			t.Fatalf("got %q, %v", line, err)
		}
	}
	c := w.dial()
	c.send(expects)
	want100(c)
	c.send("hello")
	c.want(200, "POST / \"hello\"")
	c.send(expects + "hello" + get("/a")) // nobody waits
	c.want(200, "POST / \"hello\"")
	c.want(200, "GET /a \"\"")
	// The interim answer stands between the answers before and behind it.
	w.bring(c, get("/late")+expects)
	await(t, w.Engine, func() {
		for _, x := range late {
			_ = x.Respond(200, nil, []byte("late"))
		}
	})
	c.want(200, "late")
	want100(c)
	c.send("hello")
	c.want(200, "POST / \"hello\"")
	// An answer in its place: what the client sends now cannot be known.
	c.send(strings.Replace(expects, "/ ", "/early ", 1))
	if res := c.want(200, "early"); !res.Close {
		t.Error("stays open")
	}
	c.wantEnd()
}

// What comes of a body behind an early answer is read away, up to a bound.
func TestServerDiscards(t *testing.T) {
	s := &Server{OnRequest: tell, MaxBody: 10 << 20}
	s.addRoute("/early", destination{open: func(x *Exchange) { _ = x.Respond(200, nil, []byte("early")) }})
	w := serve(t, s)
	chunk := fmt.Sprintf("%x\r\n%s\r\n", maxDiscard, strings.Repeat("x", maxDiscard))
	head := strings.Replace(chunked, "/", "/early", 1)
	c := w.dial()
	c.send(post("/early", strings.Repeat("x", maxDiscard)) + head + chunk + "0\r\n\r\n" + get("/a"))
	c.want(200, "early")
	c.want(200, "early")
	c.want(200, "GET /a \"\"")
	c.send(head + chunk + "1\r\nx\r\n")
	c.want(200, "early")
	c.wantEnd()
	c = w.dial()
	c.send(post("/early", strings.Repeat("x", maxDiscard+1)))
	if res := c.want(200, "early"); !res.Close {
		t.Error("stays open")
	}
	c.wantEnd()
	if n := s.Stats().BodiesDiscarded; n != 1 {
		t.Errorf("counted %d", n)
	}
}

// A connection with MaxPipelined requests unanswered is not read, until half of them are.
func TestServerMaxPipelined(t *testing.T) {
	const all = 40
	arrived := make(chan *Exchange, all)
	waiting, most := 0, 0
	s := &Server{MaxPipelined: 4, OnRequest: func(x *Exchange) {
		waiting++
		most = max(most, waiting)
		arrived <- x
	}}
	w := serve(t, s)
	c := w.dial()
	c.send(strings.Repeat(post("/", "hello"), all))
	w.until("held", func(engine.Stats) bool { return s.Stats().PipelinesHeld > 0 })
	for range all {
		x := receive(t, arrived)
		await(t, w.Engine, func() {
			waiting--
			_ = x.Respond(200, nil, nil)
		})
		c.want(200, "")
	}
	await(t, w.Engine, func() {
		if most != 4 {
			t.Errorf("%d at most waited", most)
		}
	})
}

// With room for one only, a body in pieces still comes.
func TestServerMaxPipelinedOne(t *testing.T) {
	w := serve(t, &Server{MaxPipelined: 1, OnRequest: tell})
	c := w.dial()
	w.bring(c, "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\n")
	c.send("hello", get("/a"), get("/b"))
	c.want(200, "POST / \"hello\"")
	c.want(200, "GET /a \"\"")
	c.want(200, "GET /b \"\"")
}
