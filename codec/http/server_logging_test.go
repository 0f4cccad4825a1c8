//go:build linux

package http

import (
	"bytes"
	"context"
	"log/slog"
	"strings"
	"sync"
	"testing"

	"fanloop/engine"
)

// lockedLog is a log that loops write.
type lockedLog struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (l *lockedLog) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(p)
}

func (l *lockedLog) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}

// A request that is refused is one line, which says who it was and what for, and not what stands in the query; what is not there is
// none.
func TestRefusalsAreLogged(t *testing.T) {
	for _, test := range []struct{ request, want string }{
		{"POST /a?token=secret HTTP/1.1\r\nHost: a\r\nContent-Length: 11\r\n\r\n", `path=/a status=413 err=`},
		{"GET /a%0A HTTP/1.1\r\nHost: a\r\nExpect: secret\r\n\r\n", `path=/a%0A status=417 err="http: refused with 417: unknown expectation"`},
		{"BAD\x1b[2J\r\n", `path="" status=400 err=`},
		{"GET /none?token=secret HTTP/1.1\r\nHost: a\r\n\r\n", ""},
	} {
		log := &lockedLog{}
		e, err := engine.New(engine.Options{Logger: slog.New(slog.NewTextHandler(log, nil))})
		if err != nil {
			t.Fatal(err)
		}
		s := &Server{MaxBody: 10}
		s.Handle("/a", func(x *Exchange) { _ = x.Respond(200, nil, nil) })
		ln, err := e.Listen("127.0.0.1:0", s)
		if err != nil {
			t.Fatal(err)
		}
		w := &world{Engine: e, Server: s, t: t, addr: ln.Addr()}
		c := w.dial()
		c.send(test.request)
		if _, err := c.r.ReadString('\n'); err != nil {
			t.Fatal(err)
		}
		local := c.LocalAddr().String()
		_ = c.Close()
		if err := e.Shutdown(context.Background()); err != nil {
			t.Error(err)
		}
		line := log.String()
		who := `level=INFO msg="http: a request is refused" conn=`
		if test.want == "" {
			who = ""
		}
		if !strings.Contains(line, who) || !strings.Contains(line, " addr="+local+" "+test.want) && test.want != "" ||
			test.want == "" && strings.Contains(line, "http: ") || strings.Contains(line, "secret") || strings.Contains(line, "\x1b") {
			t.Errorf("%q: logged %q, want %q", test.request, line, test.want)
		}
	}
}
