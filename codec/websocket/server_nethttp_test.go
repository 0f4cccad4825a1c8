//go:build linux

package websocket

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net"
	nethttp "net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"fanloop/codec/http"
	"fanloop/engine"

	"github.com/gobwas/ws"
)

// beside is a net/http server that serves s at /chat, and something else at /.
func beside(t testing.TB, s *Server) (*world, *httptest.Server) {
	t.Helper()
	w := serve(t, s) // on a port of its own too
	s.Engine = w.Engine
	mux := nethttp.NewServeMux()
	mux.Handle("/chat", s)
	mux.HandleFunc("/", func(w nethttp.ResponseWriter, _ *nethttp.Request) { fmt.Fprint(w, "hello") })
	server := httptest.NewServer(mux)
	t.Cleanup(server.Close)
	return w, server
}

func TestServeHTTP(t *testing.T) {
	w, server := beside(t, &Server{OnMessage: echo, Subprotocols: []string{"superchat"}})
	for _, addr := range []net.Addr{server.Listener.Addr(), w.addr} { // the same Server at both
		c := dial(t, addr)
		c.send([]byte(opensWith))
		if got := c.wantOpen().Header.Get("Sec-WebSocket-Protocol"); got != "superchat" {
			t.Errorf("subprotocol %q", got)
		}
		conn := receive(t, w.conns)
		c.send(text("hello"), ping("p"))
		c.wantText("hello")
		c.want(ws.OpPong, "p")
		w.onLoop(func() {
			if conn.LocalAddr().String() != addr.String() || conn.RemoteAddr().String() != c.TCPConn.LocalAddr().String() || conn.Subprotocol() != "superchat" {
				t.Errorf("from %v to %v, %q", conn.RemoteAddr(), conn.LocalAddr(), conn.Subprotocol())
			}
		})
		c.send(closing(StatusNormalClosure, "done"))
		c.wantClose(StatusNormalClosure, "")
		c.wantEnd()
		w.wantClosed(&CloseError{StatusNormalClosure, "done"})
	}
	res, err := nethttp.Get(server.URL + "/other")
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	if body, err := io.ReadAll(res.Body); string(body) != "hello" || err != nil {
		t.Errorf("beside it: %q, %v", body, err)
	}
}

// Frames that come in one packet with the handshake lie in net/http's buffer; many of them, they reach into the kernel's.
func TestServeHTTPFramesWithTheHandshake(t *testing.T) {
	w, server := beside(t, &Server{OnMessage: echo})
	frames, messages := numbered(2000)
	for _, cut := range []int{len(frames), 1, 4000, len(frames) - 1} {
		c := dial(t, server.Listener.Addr())
		c.send([]byte(request), frames[:cut])
		c.wantOpen()
		c.send(frames[cut:])
		c.wantText(messages...)
		receive(t, w.conns)
	}
}

func TestServeHTTPRefusals(t *testing.T) {
	s := &Server{OnConnect: func(*Conn) { t.Error("connected") }, MaxHead: http.Limits{Fields: 20}}
	_, server := beside(t, s)
	for _, test := range []struct {
		name, raw string
		status    int
	}{
		{"POST", but("GET", "POST"), 405},
		{"HEAD", but("GET", "HEAD"), 405},
		{"a browser or curl", "GET /chat HTTP/1.1\r\nHost: a\r\n\r\n", 426},
		{"version 8", but("Version: 13", "Version: 8"), 426},
		{"no Upgrade", but("Upgrade: websocket\r\n", ""), 400},
		{"no Connection", but("Connection: Upgrade\r\n", ""), 400},
		{"no key", but("Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n", ""), 400},
		{"two keys", but("Origin: ", "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nOrigin: "), 400},
		{"malformed extensions", extending("permessage-deflate; ="), 400},
		{"HTTP/1.0", but("HTTP/1.1", "HTTP/1.0"), 400},
		{"body", but("Origin: ", "Content-Length: 4\r\nOrigin: ") + "body", 400},
		{"chunked body", but("Origin: ", "Transfer-Encoding: chunked\r\nOrigin: ") + "0\r\n\r\n", 400},
		{"no URI", but("room=7", "room=\xff\"<>"), 400}, // net/http lets it pass
		{"many fields", but("Origin: ", strings.Repeat("A: b\r\n", 20)+"Origin: "), 431},
	} {
		t.Run(test.name, func(t *testing.T) {
			c := dial(t, server.Listener.Addr())
			c.send([]byte(test.raw))
			req, _ := nethttp.NewRequest(strings.Fields(test.raw)[0], "/", nil)
			res, err := nethttp.ReadResponse(c.reader, req)
			if err != nil {
				t.Fatal(err)
			}
			body, err := io.ReadAll(res.Body)
			if res.StatusCode != test.status || err != nil || len(body) == 0 && test.name != "HEAD" {
				t.Errorf("%s %q, %v", res.Status, body, err)
			}
			upgrade, want := [3]string{res.Header.Get("Connection"), res.Header.Get("Upgrade"), res.Header.Get("Sec-WebSocket-Version")}, [3]string{}
			if test.status == 426 {
				want = [3]string{"Upgrade", "websocket", "13"}
			}
			if test.status != 400 && upgrade != want { // net/http closes some of those
				t.Errorf("Connection, Upgrade, version: %q", upgrade)
			}
			if allow := res.Header.Get("Allow"); (allow == "GET") != (test.status == 405) {
				t.Errorf("Allow: %q", allow)
			}
		})
	}
}

// whose is where a handler in front stores who asks.
type whose struct{}

// OnUpgrade sees the request as on a port of the Server's own, and net/http's beside it; what it refuses is refused by the
// same bytes.
func TestServeHTTPOnUpgrade(t *testing.T) {
	s := &Server{Subprotocols: []string{"chat"}, OnUpgrade: func(c *Conn, h *Handshake) error {
		if h.Request == nil || h.Request.Context().Err() != nil {
			return fmt.Errorf("request %v", h.Request)
		}
		switch user := h.Request.Context().Value(whose{}); user {
		case "Ada":
		case "Mallory":
			return http.NewRefusal(401, "who are you?", http.NewField("WWW-Authenticate", "Basic"))
		case "nobody":
			panic("on purpose")
		case "Eve":
			c.Close()
		default:
			return fmt.Errorf("user %v", user)
		}
		c.SetValue(fmt.Sprint(h.Request.PathValue("room"), " ", string(h.Head.Path()), " ", string(h.Head.Query()), " ", string(h.Head.Host()),
			" ", string(h.Head.Fields.Get("origin")), " ", h.Subprotocol))
		h.Fields = http.Fields{http.NewField("Set-Cookie", "a=b")}
		return nil
	}}
	w, server := beside(t, s)
	mux := nethttp.NewServeMux()
	mux.HandleFunc("/{room}", func(w nethttp.ResponseWriter, r *nethttp.Request) {
		s.ServeHTTP(w, r.WithContext(context.WithValue(r.Context(), whose{}, r.Header.Get("User"))))
	})
	server.Config.Handler = mux

	as := func(user string) *client {
		c := dial(t, server.Listener.Addr())
		c.send([]byte(but("Origin: ", "User: "+user+"\r\nOrigin: ")), text("early"))
		return c
	}
	ada := as("Ada")
	if got := ada.wantOpen().Header.Get("Set-Cookie"); got != "a=b" {
		t.Errorf("cookie %q", got)
	}
	conn := receive(t, w.conns)
	w.onLoop(func() {
		if got := conn.Value(); got != "chat /chat room=7 server.example.com http://Server.Example.com chat" {
			t.Errorf("%q", got)
		}
	})
	mallory := as("Mallory")
	if got := mallory.wantRefusal(401).Header.Get("WWW-Authenticate"); got != "Basic" {
		t.Errorf("field %q", got)
	}
	as("Bob").wantRefusal(403)
	as("nobody").wantRefusal(500)
	as("Eve").wantEnd()
}

// ServeHTTP has not returned while OnUpgrade has the request.
func TestServeHTTPWaitsForOnUpgrade(t *testing.T) {
	inside, goOn, returned := make(chan struct{}), make(chan struct{}), make(chan struct{})
	s := &Server{OnUpgrade: func(*Conn, *Handshake) error {
		close(inside)
		<-goOn
		select {
		case <-returned:
			t.Error("ServeHTTP has returned")
		default:
		}
		return nil
	}}
	_, server := beside(t, s)
	server.Config.Handler = nethttp.HandlerFunc(func(w nethttp.ResponseWriter, r *nethttp.Request) {
		s.ServeHTTP(w, r)
		close(returned)
	})
	c := dial(t, server.Listener.Addr())
	c.send([]byte(request))
	receive(t, inside)
	close(goOn)
	c.wantOpen()
	receive(t, returned)
}

// What the program does wrong is said in the answer's status and in the log.
func TestServeHTTPMisuse(t *testing.T) {
	e, err := engine.New(engine.Options{Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	defer e.Shutdown(context.Background())
	ask := func(s *Server, change func(r *nethttp.Request)) *httptest.ResponseRecorder {
		r, err := nethttp.ReadRequest(newReader(request))
		if err != nil {
			t.Fatal(err)
		}
		change(r)
		w := httptest.NewRecorder()
		s.ServeHTTP(w, r)
		return w
	}
	nothing := func(*nethttp.Request) {}
	for _, test := range []struct {
		name   string
		s      *Server
		change func(r *nethttp.Request)
		status int
	}{
		{"a ResponseWriter without Hijack", &Server{Engine: e}, nothing, 500},
		{"HTTP/2", &Server{Engine: e}, func(r *nethttp.Request) { r.ProtoMajor, r.ProtoMinor, r.Method = 2, 0, "CONNECT" }, 505},
		{"a target that is two lines", &Server{Engine: e}, func(r *nethttp.Request) { r.RequestURI = "/chat HTTP/1.1\r\nA: b\r\nC:" }, 400},
		{"a field that is two lines", &Server{Engine: e}, func(r *nethttp.Request) { r.Header.Set("A", "b\r\nC: d") }, 400},
		{"a Host line and Host", &Server{Engine: e}, func(r *nethttp.Request) { r.Header.Set("Host", "other") }, 500},
		{"no RequestURI", &Server{Engine: e}, func(r *nethttp.Request) { r.RequestURI = "" }, 500},
	} {
		if w := ask(test.s, test.change); w.Code != test.status || w.Body.Len() == 0 {
			t.Errorf("%s: %d %q, want %d", test.name, w.Code, w.Body, test.status)
		}
	}

	var log testLog
	defer slog.SetDefault(slog.Default())
	slog.SetDefault(slog.New(slog.NewTextHandler(&log, nil)))
	w := ask(&Server{}, nothing)
	if lines := log.take(); w.Code != 500 || !strings.Contains(lines, "Server.Engine is nil") {
		t.Errorf("no engine: %d, %s", w.Code, lines)
	}
}

func TestServeHTTPCompression(t *testing.T) {
	_, server := beside(t, &Server{Compression: true})
	c := dial(t, server.Listener.Addr())
	c.send([]byte(but("Origin: ", "Sec-WebSocket-Extensions: permessage-deflate\r\nOrigin: ")))
	if got := c.wantOpen().Header.Get("Sec-WebSocket-Extensions"); !strings.HasPrefix(got, "permessage-deflate;") {
		t.Errorf("extensions %q", got)
	}
}
