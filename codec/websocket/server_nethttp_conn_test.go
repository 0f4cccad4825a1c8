//go:build linux

package websocket

import (
	"bufio"
	"context"
	"crypto/tls"
	"log/slog"
	"net"
	nethttp "net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"fanloop/engine"
)

func newReader(s string) *bufio.Reader { return bufio.NewReader(strings.NewReader(s)) }

// wrapping is a listener whose connections do something of their own, as netutil.LimitListener's.
type wrapping struct{ net.Listener }

func (l wrapping) Accept() (net.Conn, error) {
	conn, err := l.Listener.Accept()
	if err != nil {
		return nil, err
	}
	return struct{ net.Conn }{conn}, nil
}

// loggingEngine is an engine and its log.
func loggingEngine(t *testing.T) (*engine.Engine, *testLog) {
	t.Helper()
	log := &testLog{}
	e, err := engine.New(engine.Options{Logger: slog.New(slog.NewTextHandler(log, nil))})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = e.Shutdown(context.Background()) })
	return e, log
}

func TestServeHTTPOverTLS(t *testing.T) {
	for _, http2 := range []bool{false, true} {
		e, log := loggingEngine(t)
		server := httptest.NewUnstartedServer(&Server{Engine: e})
		server.EnableHTTP2 = http2
		server.StartTLS()
		defer server.Close()
		req, err := nethttp.NewRequest("GET", server.URL, nil)
		if err != nil {
			t.Fatal(err)
		}
		res, err := server.Client().Do(req)
		if err != nil {
			t.Fatal(err)
		}
		res.Body.Close()
		if res.StatusCode != 501 || res.TLS == nil || (res.ProtoMajor == 2) != http2 {
			t.Errorf("%s %s", res.Proto, res.Status)
		}
		server.Close()
		if lines := log.take(); !strings.Contains(lines, "over TLS") {
			t.Errorf("the log: %s", lines)
		}
	}
}

// What only the engine sees, once net/http has given the connection up: one that is wrapped, and TLS that net/http does not
// know of.
func TestServeHTTPWrappedConnections(t *testing.T) {
	example := httptest.NewUnstartedServer(nil)
	example.StartTLS() // for its certificate
	defer example.Close()
	for _, test := range []struct {
		says  string
		wrap  func(net.Listener) net.Listener
		speak func(c *client) net.Conn
	}{
		{
			says:  "struct { net.Conn }",
			wrap:  func(ln net.Listener) net.Listener { return wrapping{ln} },
			speak: func(c *client) net.Conn { return c.TCPConn },
		},
		{
			says:  "begun elsewhere",
			wrap:  func(ln net.Listener) net.Listener { return hiddenTLS{ln, example.TLS} },
			speak: func(c *client) net.Conn { return tls.Client(c.TCPConn, &tls.Config{InsecureSkipVerify: true}) },
		},
	} {
		e, log := loggingEngine(t)
		server := httptest.NewUnstartedServer(forgetTLS(&Server{Engine: e}))
		server.Listener = test.wrap(server.Listener)
		server.Start()
		c := dial(t, server.Listener.Addr())
		conn := test.speak(c)
		c.reader = bufio.NewReader(conn)
		if _, err := conn.Write([]byte(request)); err != nil {
			t.Fatal(err)
		}
		c.wantRefusal(500)
		server.Close()
		if lines := log.take(); !strings.Contains(lines, test.says) {
			t.Errorf("the log has no %q: %s", test.says, lines)
		}
	}
}

type hiddenTLS struct {
	net.Listener
	config *tls.Config
}

func (l hiddenTLS) Accept() (net.Conn, error) {
	conn, err := l.Listener.Accept()
	if err != nil {
		return nil, err
	}
	return tls.Server(conn, &tls.Config{Certificates: l.config.Certificates}), nil
}

func forgetTLS(h nethttp.Handler) nethttp.Handler {
	return nethttp.HandlerFunc(func(w nethttp.ResponseWriter, r *nethttp.Request) {
		r.TLS = nil
		h.ServeHTTP(w, r)
	})
}

// Adopted is what listen options are elsewhere.
func TestServeHTTPAdopted(t *testing.T) {
	s := &Server{Adopted: engine.ListenOptions{MaxOutbox: 1 << 10}}
	full := make(chan struct{}, 1)
	s.OnBufferFull = func(*Conn) { offer(full, struct{}{}) }
	s.OnMessage = func(c *Conn, _ Message) { _ = c.SendBinary(make([]byte, 16<<20)) }
	w, server := beside(t, s)
	c := connect(t, server.Listener.Addr())
	conn := receive(t, w.conns)
	c.send(text("much"))
	receive(t, full)
	w.onLoop(conn.Abort)
	w.wantClosed(engine.ErrAborted)
}

// net/http's Shutdown neither waits for the connections that it has given up nor ends them. The engine's ends them.
func TestServeHTTPAtShutdown(t *testing.T) {
	w, server := beside(t, &Server{OnMessage: echo})
	c, _ := connect(t, server.Listener.Addr()), receive(t, w.conns)
	if err := server.Config.Shutdown(context.Background()); err != nil {
		t.Fatal(err)
	}
	server.Close()
	c.send(text("still here"))
	c.wantText("still here")

	var stopped sync.WaitGroup
	stopped.Go(func() { _ = w.Shutdown(context.Background()) })
	c.wantClose(StatusGoingAway, "server stops")
	c.send(closing(StatusGoingAway, ""))
	c.wantEnd()
	_ = c.Close()
	stopped.Wait()
	w.wantClosed(engine.ErrShutdown)
}

func TestServeHTTPAfterTheEnginesShutdown(t *testing.T) {
	w, server := beside(t, &Server{})
	if err := w.Shutdown(context.Background()); err != nil {
		t.Fatal(err)
	}
	c := dial(t, server.Listener.Addr())
	c.send([]byte(request))
	c.wantRefusal(503)
}
