//go:build linux

package http

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"log/slog"
	"net"
	nethttp "net/http"
	"strings"
	"testing"
	"time"

	"fanloop/engine"
)

// patience bounds what a test waits for; it is only reached by a test that fails.
const patience = time.Minute

// world is a Server on an engine of one loop.
type world struct {
	*engine.Engine
	*Server
	t    testing.TB
	addr net.Addr
}

func serve(t testing.TB, s *Server, options ...engine.ListenOptions) *world {
	t.Helper()
	return serveOn(t, engine.Options{}, s, options...)
}

func serveOn(t testing.TB, o engine.Options, s *Server, options ...engine.ListenOptions) *world {
	t.Helper()
	o.Logger = slog.New(slog.DiscardHandler)
	e, err := engine.New(o)
	if err != nil {
		t.Fatal(err)
	}
	w := &world{Engine: e, Server: s, t: t}
	t.Cleanup(w.end)
	ln, err := e.Listen("127.0.0.1:0", s, options...)
	if err != nil {
		t.Fatal(err)
	}
	w.addr = ln.Addr()
	return w
}

func (w *world) end() {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	if err := w.Shutdown(ctx); err != nil {
		w.t.Errorf("Shutdown: %v", err)
	}
}

// client is a raw client that reads answers with net/http.
type client struct {
	*net.TCPConn
	t testing.TB
	r *bufio.Reader
}

func (w *world) dial() *client {
	w.t.Helper()
	c, err := net.Dial("tcp", w.addr.String())
	if err != nil {
		w.t.Fatal(err)
	}
	w.t.Cleanup(func() { _ = c.Close() })
	_ = c.SetDeadline(time.Now().Add(patience))
	return &client{TCPConn: c.(*net.TCPConn), t: w.t, r: bufio.NewReader(c)}
}

func (c *client) send(parts ...string) {
	c.t.Helper()
	if _, err := io.WriteString(c.TCPConn, strings.Join(parts, "")); err != nil {
		c.t.Fatal(err)
	}
}

// want reads one answer to a request of the method.
func (c *client) wantTo(method string, status int, body string) *nethttp.Response {
	c.t.Helper()
	res, err := nethttp.ReadResponse(c.r, &nethttp.Request{Method: method})
	if err != nil {
		c.t.Fatalf("no answer: %v", err)
	}
	got, err := io.ReadAll(res.Body)
	if res.StatusCode != status || string(got) != body || err != nil {
		c.t.Fatalf("got %d %q, %v; want %d %q", res.StatusCode, got, err, status, body)
	}
	return res
}

func (c *client) want(status int, body string) *nethttp.Response {
	c.t.Helper()
	return c.wantTo("GET", status, body)
}

// wantEnd reads the end of the stream.
func (c *client) wantEnd() {
	c.t.Helper()
	if rest, err := io.ReadAll(c.r); err != nil || len(rest) > 0 {
		c.t.Fatalf("at the end: %q, %v", rest, err)
	}
}

func get(path string) string { return "GET " + path + " HTTP/1.1\r\nHost: a\r\n\r\n" }

func post(path, body string) string {
	return fmt.Sprintf("POST %s HTTP/1.1\r\nHost: a\r\nContent-Length: %d\r\n\r\n%s", path, len(body), body)
}

// tell answers with what it has understood.
func tell(x *Exchange) {
	_ = x.Respond(200, nil, fmt.Appendf(nil, "%s %s %q", x.Head().Method, x.Head().Target, x.Body()))
}

func TestServerAnswers(t *testing.T) {
	w := serve(t, &Server{OnRequest: tell})
	c := w.dial()
	c.send(get("/a"))
	c.want(200, `GET /a ""`)
	c.send(get("/b"), post("/c", "hello"), get("/d"))
	c.want(200, `GET /b ""`)
	c.want(200, `POST /c "hello"`)
	c.want(200, `GET /d ""`)
	c.send("POST /e HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n3\r\nabc\r\n2;x=y\r\nde\r\n0\r\nT: v\r\n\r\n")
	if res := c.want(200, `POST /e "abcde"`); !res.Close || res.Header.Get("Date") == "" {
		t.Errorf("head %v", res.Header)
	}
	c.wantEnd()
}

func TestServerNotFound(t *testing.T) {
	w := serve(t, &Server{})
	c := w.dial()
	c.send(get("/"))
	c.want(404, "not found\n")
	c.send("bad\r\n\r\n")
	c.want(400, "malformed request line\n")
	c.wantEnd()
}

// Answers leave in the order of the requests, whichever is ready first.
func TestServerAnswersLater(t *testing.T) {
	var waiting []*Exchange
	w := serve(t, &Server{OnRequest: func(x *Exchange) {
		switch string(x.Head().Path()) {
		case "/later":
			waiting = append(waiting, x)
		case "/reply":
			r := x.Reply()
			go func() { _ = r.Send(200, nil, []byte("replied")) }()
		case "/now":
			for _, x := range waiting {
				_ = x.Respond(200, nil, []byte("later"))
			}
			_ = x.Respond(200, nil, []byte("now"))
		}
	}})
	c := w.dial()
	c.send(get("/later"), get("/reply"), get("/later"), get("/now"))
	c.want(200, "later")
	c.want(200, "replied")
	c.want(200, "later")
	c.want(200, "now")
}

func TestServerStream(t *testing.T) {
	w := serve(t, &Server{OnRequest: func(x *Exchange) {
		st, err := x.Stream(200, nil)
		if err != nil {
			t.Error(err)
			return
		}
		x.Loop().After(time.Millisecond, func() {
			_, _ = st.Write([]byte("one "))
			_, _ = st.Write([]byte("two"))
			_ = st.Close()
		})
	}})
	c := w.dial()
	c.send(get("/"), get("/"))
	c.want(200, "one two")
	c.want(200, "one two")
	c.send("GET / HTTP/1.0\r\n\r\n")
	c.want(200, "one two")
	c.wantEnd()
}
