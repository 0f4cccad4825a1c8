//go:build linux

package http

import (
	"fmt"
	"io"
	nethttp "net/http"
	"strings"
	"testing"
	"time"

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

const soon = 30 * time.Millisecond

func TestServerTimeouts(t *testing.T) {
	for _, test := range []struct {
		name, raw string
		status    int // 0: nothing is said
		body      string
		counted   func(s Stats) uint64
	}{
		{"nothing at all", "", 0, "", func(s Stats) uint64 { return s.IdleTimeouts }},
		{"an empty line", "\r\n", 0, "", func(s Stats) uint64 { return s.IdleTimeouts }},
		{"a byte", "G", 408, "the request took too long\n", func(s Stats) uint64 { return s.HeadTimeouts }},
		{"most of a head", "GET / HTTP/1.1\r\nHost: a\r\n", 408, "the request took too long\n", func(s Stats) uint64 { return s.HeadTimeouts }},
		{"no body", "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\n", 408, "the request body took too long\n", func(s Stats) uint64 { return s.BodyTimeouts }},
		{"some of a body", chunked + "5\r\nhel", 408, "the request body took too long\n", func(s Stats) uint64 { return s.BodyTimeouts }},
	} {
		t.Run(test.name, func(t *testing.T) {
			s := &Server{OnRequest: tell, HeadTimeout: soon, BodyTimeout: soon}
			if test.status == 0 {
				s.IdleTimeout = 10 * soon // time enough to send something
			}
			w := serve(t, s)
			for _, before := range []string{"", get("/")} {
				c := w.dial()
				c.send(before + test.raw)
				if before != "" {
					c.want(200, "GET / \"\"")
				}
				if test.status != 0 {
					c.want(test.status, test.body)
				}
				c.wantEnd()
			}
			if n := test.counted(s.Stats()); n != 2 {
				t.Errorf("counted %d times", n)
			}
		})
	}
}

// A head has its time as a whole, a body as long as something comes of it.
func TestServerTimesProgress(t *testing.T) {
	s := &Server{OnRequest: tell, HeadTimeout: 100 * time.Millisecond, BodyTimeout: time.Second}
	w := serve(t, s)
	slowly := func(c *client, step time.Duration, pieces ...string) (err error) {
		for _, p := range pieces {
			if _, err = io.WriteString(c, p); err != nil {
				return err
			}
			pause(t, w, step)
		}
		return nil
	}
	c := w.dial()
	c.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\n")
	if err := slowly(c, 150*time.Millisecond, "0", "1", "2", "3", "4", "5", "6", "7", "8", "9"); err != nil {
		t.Fatal(err)
	}
	c.want(200, "POST / \"0123456789\"")
	c = w.dial()
	_ = slowly(c, 50*time.Millisecond, "G", "E", "T", " ", "/", " ") // it may have been refused by then
	c.want(408, "the request took too long\n")
}

// pause lets time pass on the loop, and no less than d.
func pause(t testing.TB, w *world, d time.Duration) {
	over := make(chan struct{})
	await(t, w.Engine, func() { w.Home().After(d, func() { close(over) }) })
	receive(t, over)
}

// A client that is being answered, however late, is not idle; afterwards it is.
func TestServerWaitsForAnswers(t *testing.T) {
	s := &Server{IdleTimeout: 10 * soon, HeadTimeout: soon, BodyTimeout: soon, OnRequest: func(x *Exchange) {
		x.Loop().After(15*soon, func() { _ = x.Respond(200, nil, []byte("late")) })
	}}
	w := serve(t, s)
	c := w.dial()
	c.send(get("/"))
	c.want(200, "late")
	c.wantEnd()
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
	c.send(get("/late") + expects)
	await(t, w.Engine, func() {})
	pause(t, w, soon)
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
	var waiting []*Exchange
	most := 0
	s := &Server{MaxPipelined: 4, OnRequest: func(x *Exchange) {
		waiting = append(waiting, x)
		most = max(most, len(waiting))
	}}
	w := serve(t, s)
	c := w.dial()
	const all = 40
	c.send(strings.Repeat(post("/", "hello"), all))
	for answered := range all {
		await(t, w.Engine, func() {
			if len(waiting) == 0 {
				return
			}
			_ = waiting[0].Respond(200, nil, nil)
			waiting = waiting[1:]
		})
		if answered%4 == 3 {
			pause(t, w, time.Millisecond)
		}
	}
	for range all {
		await(t, w.Engine, func() {
			for _, x := range waiting {
				_ = x.Respond(200, nil, nil)
			}
			waiting = waiting[:0]
		})
		c.want(200, "")
	}
	if most != 4 || s.Stats().PipelinesHeld == 0 {
		t.Errorf("%d at most waited, held %d times", most, s.Stats().PipelinesHeld)
	}
}

// With room for one only, a body in pieces still comes.
func TestServerMaxPipelinedOne(t *testing.T) {
	w := serve(t, &Server{MaxPipelined: 1, OnRequest: tell})
	c := w.dial()
	c.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\n")
	await(t, w.Engine, func() {})
	c.send("hello", get("/a"), get("/b"))
	c.want(200, "POST / \"hello\"")
	c.want(200, "GET /a \"\"")
	c.want(200, "GET /b \"\"")
}

// A stop answers what is under way, with Connection: close, and closes the idle ones at once.
func TestServerShutdown(t *testing.T) {
	var late []*Exchange
	arrived := make(chan struct{}, 1)
	s := &Server{OnRequest: tell}
	s.Handle("/late", func(x *Exchange) { late = append(late, x); arrived <- struct{}{} })
	w := serve(t, s)
	idle, busy, uploading := w.dial(), w.dial(), w.dial()
	idle.send(get("/a"))
	idle.want(200, "GET /a \"\"")
	uploading.send("POST /b HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhe")
	busy.send(get("/late") + get("/late"))
	receive(t, arrived)
	receive(t, arrived)
	stopped := make(chan struct{})
	go func() { defer close(stopped); w.end() }()
	idle.wantEnd()
	uploading.send("llo" + get("/c"))
	if res := uploading.want(200, "POST /b \"hello\""); !res.Close {
		t.Error("stays open")
	}
	uploading.wantEnd()
	await(t, w.Engine, func() {
		for _, x := range late {
			_ = x.Respond(200, nil, []byte("late"))
		}
	})
	first, last := busy.want(200, "late"), busy.want(200, "late")
	if first.Close || !last.Close {
		t.Errorf("close: %v, %v", first.Close, last.Close)
	}
	busy.wantEnd()
	for _, c := range []*client{idle, uploading, busy} {
		_ = c.Close()
	}
	receive(t, stopped)
}

// Who answers when the connection has gone is told so, and keeps nothing alive.
func TestServerConnectionGone(t *testing.T) {
	exchanges, replies := make(chan *Exchange, 1), make(chan Reply, 1)
	s := &Server{OnRequest: func(x *Exchange) { exchanges <- x }}
	s.Handle("/reply", func(x *Exchange) { replies <- x.Reply() })
	w := serve(t, s)
	c := w.dial()
	c.send(get("/") + get("/reply"))
	x, r := receive(t, exchanges), receive(t, replies)
	await(t, w.Engine, x.Abort)
	await(t, w.Engine, func() {
		if err := x.Respond(200, nil, nil); err != engine.ErrClosed {
			t.Errorf("Respond: %v", err)
		}
		if _, err := x.Stream(200, nil); err != engine.ErrClosed {
			t.Errorf("Stream: %v", err)
		}
		if _, err := x.Hijack(); err != engine.ErrClosed {
			t.Errorf("Hijack: %v", err)
		}
		if x.Reply() != (Reply{}) {
			t.Error("a Reply is made")
		}
		if x.ID() == 0 || x.RemoteAddr().String() != c.LocalAddr().String() || x.LocalAddr().String() != w.addr.String() {
			t.Error("the connection is not known any more")
		}
	})
	if err := r.Send(200, nil, nil); err != engine.ErrClosed {
		t.Errorf("Reply.Send: %v", err)
	}
	if err := (Reply{}).Send(200, nil, nil); err != engine.ErrClosed {
		t.Errorf("Send of no Reply: %v", err)
	}
}

// One request, one answer.
func TestServerAnswersOnce(t *testing.T) {
	failed := make(chan string, 10)
	check := func(what string, err, want error) {
		if err != want {
			failed <- fmt.Sprintf("%s: %v", what, err)
		}
	}
	s := &Server{OnRequest: func(x *Exchange) {
		r := x.Reply()
		check("Respond behind Reply", x.Respond(200, nil, nil), ErrAnswered)
		check("a bad Send", r.Send(200, Fields{NewField("a b", "")}, nil), ErrField)
		check("another", r.Send(150, nil, nil), ErrStatus)
		check("Send", r.Send(200, nil, []byte("once")), nil)
		check("Send again", r.Send(200, nil, nil), ErrAnswered)
		_, err := x.Hijack()
		check("Hijack", err, ErrHijack)
	}}
	s.Handle("/stream", func(x *Exchange) {
		st, err := x.StreamLength(200, nil, 4)
		check("StreamLength", err, nil)
		check("Respond behind Stream", x.Respond(200, nil, nil), ErrAnswered)
		_, err = st.Write([]byte("once more"))
		check("Write of too much", err, ErrLength)
		_, err = st.Write([]byte("once"))
		check("Write", err, nil)
		check("Close", st.Close(), nil)
		check("Close again", st.Close(), engine.ErrClosed)
		_, err = st.Write(nil)
		check("Write behind Close", err, engine.ErrClosed)
	})
	w := serve(t, s)
	c := w.dial()
	c.send(get("/") + get("/stream"))
	c.want(200, "once")
	c.want(200, "once")
	if len(failed) > 0 {
		t.Error(<-failed)
	}
}

// An answer that is shorter than announced is seen to be: the connection breaks.
func TestStreamTooShort(t *testing.T) {
	s := &Server{OnRequest: func(x *Exchange) {
		st, _ := x.StreamLength(200, nil, 10)
		_, _ = st.Write([]byte("short"))
		if err := st.Close(); err != ErrLength {
			t.Errorf("Close: %v", err)
		}
	}}
	w := serve(t, s)
	c := w.dial()
	c.send(get("/"))
	if res, err := nethttp.ReadResponse(c.r, nil); err == nil {
		if body, err := io.ReadAll(res.Body); err == nil {
			t.Errorf("read %q and no error", body)
		}
	}
}

// Value belongs to the connection.
func TestServerValue(t *testing.T) {
	w := serve(t, &Server{OnRequest: func(x *Exchange) {
		n, _ := x.Value().(int)
		x.SetValue(n + 1)
		_ = x.Respond(200, nil, fmt.Append(nil, n))
	}})
	for range 2 {
		c := w.dial()
		c.send(get("/") + get("/"))
		c.want(200, "0")
		c.want(200, "1")
	}
}
