//go:build linux

package websocket

import (
	"errors"
	"net"
	"os"
	"strings"
	"testing"
	"time"

	"fanloop/codec/http"
	"fanloop/engine"
	"fanloop/internal/cut"
)

func TestServerRefusals(t *testing.T) {
	w := serve(t, &Server{OnConnect: func(*Conn) { t.Error("connected") }})
	long := strings.Repeat("x", 8<<10)
	for _, test := range []struct {
		name, raw string
		status    int
	}{
		{"POST", but("GET", "POST"), 405},
		{"HEAD", but("GET", "HEAD"), 405},
		{"a browser or curl", "GET / HTTP/1.1\r\nHost: a\r\n\r\n", 426},
		{"version 8", but("Version: 13", "Version: 8"), 426},
		{"no version", but("Sec-WebSocket-Version: 13\r\n", ""), 426},
		{"no Upgrade", but("Upgrade: websocket\r\n", ""), 400},
		{"no Connection", but("Connection: Upgrade\r\n", ""), 400},
		{"no Host", but("Host: server.example.com\r\n", ""), 400},
		{"no key", but("Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n", ""), 400},
		{"short key", but("dGhlIHNhbXBsZSBub25jZQ==", "dGhlIHNhbXBsZQ=="), 400},
		{"malformed extensions", extending("permessage-deflate; ="), 400},
		{"HTTP/1.0", but("HTTP/1.1", "HTTP/1.0"), 400},
		{"body", but("Origin: ", "Content-Length: 4\r\nOrigin: ") + "body", 400},
		{"TLS", "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", 400},
		{"bare LF", strings.ReplaceAll(opensWith, "\r\n", "\n"), 400},
		{"folded", but("Origin: ", "Origin:\r\n "), 400},
		{"HTTP/2", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 505},
		{"long target", but("/chat", "/"+long), 414},
		{"long target, unfinished", "GET /" + long, 414},
		{"long head", but("http://Server.Example.com", long+long), 431},
		{"many fields", but("Origin: ", strings.Repeat("A: b\r\n", 100)+"Origin: "), 431},
	} {
		t.Run(test.name, func(t *testing.T) {
			c := dial(t, w.addr)
			c.send([]byte(test.raw))
			if strings.HasPrefix(test.raw, "HEAD") {
				wantHeadRefusal(t, c)
				return
			}
			res := c.wantRefusal(test.status)
			wantUpgrade := [2]string{}
			if test.status == 426 {
				wantUpgrade = [2]string{"websocket", "13"}
			}
			if got := [2]string{res.Header.Get("Upgrade"), res.Header.Get("Sec-WebSocket-Version")}; got != wantUpgrade {
				t.Errorf("Upgrade and version: %q", got)
			}
			if allow := res.Header.Get("Allow"); (allow == "GET") != (test.status == 405) {
				t.Errorf("Allow: %q", allow)
			}
		})
	}
}

// wantHeadRefusal: the answer to HEAD has no body, though it tells the length (RFC 9110 9.3.2).
func wantHeadRefusal(t *testing.T, c *client) {
	res := c.response()
	if res.StatusCode != 405 || res.ContentLength <= 0 {
		t.Errorf("%s with %d bytes", res.Status, res.ContentLength)
	}
	c.wantEnd()
}

// A refused client reads the whole answer, also while it is still sending.
func TestServerRefusesABigPost(t *testing.T) {
	w := serve(t, &Server{})
	c := dial(t, w.addr)
	sent := c.flood([]byte("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 4194304\r\n\r\n" + strings.Repeat("x", 4<<20)))
	c.wantRefusal(405)
	receive(t, sent)
}

func TestServerHandshakeCut(t *testing.T) {
	w := serve(t, &Server{Subprotocols: []string{"superchat"}, OnMessage: echo})
	cut.Every(t, []byte(opensWith+string(text("hello"))), func(t *testing.T, pieces [][]byte) {
		c := dial(t, w.addr)
		for _, p := range pieces {
			c.send(p)
		}
		if res := c.wantOpen(); res.Header.Get("Sec-WebSocket-Protocol") != "superchat" {
			t.Errorf("subprotocol %q", res.Header.Get("Sec-WebSocket-Protocol"))
		}
		c.wantText("hello")
		c.reset() // or thousands of sockets in TIME_WAIT
	})
}

// What follows the handshake in the same packet is frames already.
func TestServerFramesBehindTheHandshake(t *testing.T) {
	w := serve(t, &Server{OnMessage: echo})
	many, answers := numbered(1000)
	for _, test := range []struct {
		name   string
		frames []byte
		reads  []string
		code   int
	}{
		{"a message", join(text("hello"), closing(1000, "")), []string{"hello"}, 1000},
		{"fragments", join(first("hel"), last("lo"), closing(1000, "")), []string{"hello"}, 1000},
		{"only a close", closing(1001, "bye"), nil, 1001},
		{"only an empty close", join(closing(0, "")[:1], []byte{0x80, 1, 2, 3, 4}), nil, StatusNoStatusReceived},
		{"a breach", join(text("hello"), []byte{0x81, 0x01, 'x'}), []string{"hello"}, 0},
		{"1,000 messages", join(many, closing(4999, "")), answers, 4999},
	} {
		t.Run(test.name, func(t *testing.T) {
			c := dial(t, w.addr)
			c.send([]byte(request), test.frames)
			c.wantOpen()
			c.wantText(test.reads...)
			if test.code == 0 {
				c.wantClose(StatusProtocolError, ErrNotMasked.(Error).text)
			} else {
				c.wantClose(test.code, "")
			}
			c.wantEnd()
		})
	}
}

// Frames before the answer are frames too: a client need not wait for the 101. Its end comes behind them.
func TestServerHalfClosedHandshake(t *testing.T) {
	w := serve(t, &Server{OnMessage: echo})
	c := dial(t, w.addr)
	c.send([]byte(request), text("hello"))
	c.finish()
	c.wantOpen()
	c.wantText("hello")
	c.wantEnd()
}

// A client that goes away, or that the engine's stop meets, in the middle of its handshake is no connection for the program.
func TestServerHandshakeUnfinished(t *testing.T) {
	w := serve(t, &Server{})
	for _, sent := range []string{"", "G", opensWith[:100], opensWith[:len(opensWith)-1]} {
		c := dial(t, w.addr)
		c.send([]byte(sent))
		c.finish()
		c.wantEnd()
	}
	c := dial(t, w.addr)
	before := w.Stats().BytesIn
	c.send([]byte(opensWith[:10]))
	w.until("read", func(s engine.Stats) bool { return s.BytesIn == before+10 })
	stopped := make(chan struct{})
	go func() { defer close(stopped); w.end() }()
	c.wantRefusal(503)
	_ = c.Close()
	receive(t, stopped)
}

func TestServerHandshakeTimeout(t *testing.T) {
	const limit = 50 * time.Millisecond
	w := serve(t, &Server{HandshakeTimeout: limit})
	t.Run("silent", func(t *testing.T) {
		start := time.Now()
		dial(t, w.addr).wantRefusal(408)
		if took := time.Since(start); took < limit {
			t.Errorf("after %v", took)
		}
	})
	t.Run("dripping", func(t *testing.T) {
		start := time.Now()
		c := dial(t, w.addr)
		c.send([]byte("GET / HTTP/1.1\r\nHost: a\r\nA: "))
		for !c.answered(2 * time.Millisecond) { // a drop is no new beginning: else this would not end
			if c.send([]byte("x")); time.Since(start) > patience {
				t.Fatal("not answered")
			}
		}
		c.wantRefusal(408)
		if took := time.Since(start); took < limit {
			t.Errorf("after %v", took)
		}
	})
	t.Run("in time", func(t *testing.T) {
		c := w.arriving([]byte(request))
		c.wantOpen()
		later := make(chan struct{})
		w.onLoop(func() { w.Home().After(2*limit, func() { close(later) }) })
		receive(t, later)
		c.send(ping("still there?"))
		c.want(0xa, "still there?")
	})
}

// answered waits that long for a byte from the server.
func (c *client) answered(within time.Duration) bool {
	c.t.Helper()
	_ = c.SetReadDeadline(time.Now().Add(within))
	_, err := c.reader.Peek(1)
	if err != nil && !errors.Is(err, os.ErrDeadlineExceeded) {
		c.t.Fatal(err)
	}
	_ = c.SetReadDeadline(time.Now().Add(patience))
	return err == nil
}

func TestServerMaxHead(t *testing.T) {
	w := serve(t, &Server{MaxHead: http.Limits{RequestLine: 64, Head: 300, Fields: 10}})
	refused := func(raw string, status int) {
		t.Helper()
		c := dial(t, w.addr)
		c.send([]byte(raw))
		c.wantRefusal(status)
	}
	refused("GET /"+strings.Repeat("x", 60), 414)
	refused(but("http://Server.Example.com", strings.Repeat("x", 100)), 431)
	refused(but("Origin: ", strings.Repeat("A:\r\n", 5)+"Origin: "), 431)
	connect(t, w.addr)
}

// All listeners of a Server share it, whatever their network is.
func TestServerOnUnixSocket(t *testing.T) {
	w := serve(t, &Server{OnMessage: echo})
	path := t.TempDir() + "/ws"
	if _, err := w.Listen("unix:"+path, &Server{OnMessage: echo}, engine.ListenOptions{}); err != nil {
		t.Fatal(err)
	}
	conn, err := net.Dial("unix", path)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if _, err := conn.Write(join([]byte(request), text("hello"))); err != nil {
		t.Fatal(err)
	}
	got := make([]byte, 1024)
	for n := 0; !strings.HasSuffix(string(got[:n]), "\x81\x05hello"); {
		more, err := conn.Read(got[n:])
		if err != nil {
			t.Fatal(err)
		}
		n += more
	}
}
