//go:build linux

package websocket

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"fanloop/codec/http"
	"fanloop/engine"
)

// testLog is a log that loops write.
type testLog struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (l *testLog) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(p)
}

// take returns the lines since the last time, but for what the engine says when this machine is slow.
func (l *testLog) take() (lines string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	defer l.text.Reset()
	for line := range strings.Lines(l.text.String()) {
		if !strings.Contains(line, "engine: a callback held its loop") {
			lines += line
		}
	}
	return lines
}

// logging is serve with a log.
func logging(t *testing.T, s *Server) (*world, *testLog) {
	t.Helper()
	log := &testLog{}
	e, err := engine.New(engine.Options{Logger: slog.New(slog.NewTextHandler(log, nil))})
	if err != nil {
		t.Fatal(err)
	}
	w := &world{Engine: e, t: t, conns: make(chan *Conn, 64), closed: make(chan error, 64), open: map[uint64]bool{}}
	t.Cleanup(w.end)
	w.watch(s)
	ln, err := e.Listen("127.0.0.1:0", s)
	if err != nil {
		t.Fatal(err)
	}
	w.addr = ln.Addr()
	return w, log
}

var errToken = errors.New("the token has expired")

// refusing lets in who asks for the path /chat.
func refusing(_ *Conn, h *Handshake) error {
	switch string(h.Head.Path()) {
	case "/chat":
		return nil
	case "/busy":
		return http.NewRefusal(503, "busy")
	}
	return errToken
}

// Each way in which a handshake is refused, and a connection ends that broke a rule, is counted once and is one line, which says who
// it was and not what stands in the query.
func TestServerStats(t *testing.T) {
	s := &Server{OnUpgrade: refusing, MaxMessage: 100}
	w, log := logging(t, s)
	for _, test := range []struct {
		name, raw string
		frames    []byte
		want      Stats
		logged    string // behind who it was; "" is no line
	}{
		{name: "let in", raw: request, frames: closing(1000, ""), want: Stats{Opened: 1}},
		{name: "no handshake", raw: "GET /?token=secret HTTP/1.1\r\nHost: a\r\n\r\n", want: Stats{Refused: 1}, logged: `path=/ status=426 err=`},
		{name: "no request", raw: "\x16\x03\x01\x02\x00\x01\x00", want: Stats{Refused: 1}, logged: `status=400 err="http: refused with 400: malformed method"`},
		{name: "OnUpgrade", raw: strings.Replace(request, "/chat", "/%0Asecrets?token=secret", 1), want: Stats{Refused: 1, Forbidden: 1},
			logged: `path=/%0Asecrets status=403 err="the token has expired"`},
		{name: "OnUpgrade's own", raw: strings.Replace(request, "/chat", "/busy", 1), want: Stats{Refused: 1}, logged: `path=/busy status=503 err=`},
		{name: "gone before", raw: "GET /chat HTT", want: Stats{Unfinished: 1}},
		{name: "not masked", raw: request, frames: []byte{0x81, 0x01, 'x'}, want: Stats{Opened: 1, ProtocolErrors: 1}, logged: `code=1002 err="websocket: `},
		{name: "not UTF-8", raw: request, frames: text("\xff"), want: Stats{Opened: 1, ProtocolErrors: 1}, logged: `code=1007 err="websocket: invalid UTF-8"`},
		{name: "too big", raw: request, frames: text(strings.Repeat("x", 101)), want: Stats{Opened: 1, MessagesTooBig: 1}, logged: `code=1009 err=`},
	} {
		t.Run(test.name, func(t *testing.T) {
			before := s.Stats()
			c := dial(t, w.addr)
			who := " addr=" + c.LocalAddr().String() + " "
			c.send([]byte(test.raw), test.frames)
			_ = c.CloseWrite()
			for {
				if _, err := c.Read(make([]byte, 4096)); err != nil {
					break // the end
				}
			}
			w.onLoop(func() {})
			if got := minus(s.Stats(), before); got != test.want {
				t.Errorf("%+v, want %+v", got, test.want)
			}
			line := log.take()
			if strings.Count(line, "\n") != min(len(test.logged), 1) || !strings.Contains(line, test.logged) || test.logged != "" && !strings.Contains(line, who) {
				t.Errorf("logged %q, want %q of%s", line, test.logged, who)
			}
			if strings.Contains(line, "secret ") || strings.Contains(line, "token=") {
				t.Errorf("logged %q", line)
			}
		})
	}
}

func minus(a, b Stats) Stats {
	return Stats{
		Opened: a.Opened - b.Opened, Refused: a.Refused - b.Refused, HandshakeTimeouts: a.HandshakeTimeouts - b.HandshakeTimeouts,
		Forbidden: a.Forbidden - b.Forbidden, Unfinished: a.Unfinished - b.Unfinished, ProtocolErrors: a.ProtocolErrors - b.ProtocolErrors,
		MessagesTooBig: a.MessagesTooBig - b.MessagesTooBig, PongTimeouts: a.PongTimeouts - b.PongTimeouts, CloseTimeouts: a.CloseTimeouts - b.CloseTimeouts,
	}
}

func TestServerStatsOfTimeouts(t *testing.T) {
	s := &Server{HandshakeTimeout: time.Millisecond, CloseTimeout: time.Millisecond, PingInterval: time.Hour}
	w, log := logging(t, s)
	c := dial(t, w.addr)
	c.wantRefusal(408)
	if got := (Stats{Refused: 1, HandshakeTimeouts: 1}); s.Stats() != got {
		t.Errorf("%+v", s.Stats())
	}
	if line := log.take(); !strings.Contains(line, "status=408") {
		t.Errorf("logged %q", line)
	}

	s = &Server{CloseTimeout: time.Millisecond, PingInterval: time.Hour}
	w, _ = logging(t, s)
	c, _ = w.connect()
	for range maxUnheard + 1 {
		w.round(s)
	}
	receive(t, w.closed) // it does not answer the Close frame either
	if want := (Stats{Opened: 1, PongTimeouts: 1, CloseTimeouts: 1}); s.Stats() != want {
		t.Errorf("%+v, want %+v", s.Stats(), want)
	}
	_ = c.Close()
}

// Handshakes that come by the other two doors are counted too.
func TestServerStatsOfOtherDoors(t *testing.T) {
	s := &Server{OnUpgrade: refusing}
	w := share(t, s, &http.Server{OnRequest: plainly})
	c := dial(t, w.addr)
	c.send([]byte(but("Version: 13", "Version: 8")))
	c.wantRefusal(426)
	w.connect()
	if want := (Stats{Opened: 1, Refused: 1}); s.Stats() != want {
		t.Errorf("on a port of HTTP: %+v, want %+v", s.Stats(), want)
	}

	var log testLog
	e, err := engine.New(engine.Options{Logger: slog.New(slog.NewTextHandler(&log, nil))})
	if err != nil {
		t.Fatal(err)
	}
	defer e.Shutdown(context.Background())
	s = &Server{Engine: e}
	r := httptest.NewRequest("GET", "/chat?token=secret", nil)
	s.ServeHTTP(httptest.NewRecorder(), r)
	if want := (Stats{Refused: 1}); s.Stats() != want {
		t.Errorf("behind net/http: %+v, want %+v", s.Stats(), want)
	}
	line := log.take()
	if !strings.Contains(line, "addr="+r.RemoteAddr) || !strings.Contains(line, "path=/chat status=") || strings.Contains(line, "secret") {
		t.Errorf("logged %q", line)
	}
}
