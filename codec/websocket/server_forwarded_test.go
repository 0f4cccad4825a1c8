//go:build linux

package websocket

import (
	"net/netip"
	"testing"

	"fanloop/codec/http"
	"fanloop/engine"
)

func behindProxies() engine.ListenOptions {
	return engine.ListenOptions{TrustedProxies: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}, MaxPerAddress: 2}
}

// requestOf is an opening handshake that a proxy passes on.
func requestOf(fields string) []byte { return []byte(but("Origin: ", fields+"\r\nOrigin: ")) }

// pageOf is one of a page of pages.example, which the proxy asks the server for by another name.
func pageOf(fields string) []byte {
	return []byte(but("Origin: http://Server.Example.com", fields+"\r\nOrigin: https://pages.example"))
}

// telling notes what a handshake tells of its client, and what the connection is from then on.
func telling(told chan<- [3]string) *Server {
	return &Server{
		OnUpgrade: func(c *Conn, h *Handshake) error {
			told <- [3]string{c.RemoteAddr().String(), h.Forwarded.Proto, string(h.Forwarded.Host)}
			return nil
		},
		OnMessage: func(c *Conn, _ Message) { _ = c.Send([]byte(c.RemoteAddr().String())) },
	}
}

// checkForwarded is run at a port of WebSockets alone, at one of HTTP, and behind net/http's server, which has no limits on an address.
func checkForwarded(t *testing.T, w *world, told <-chan [3]string, limited bool) {
	for range 2 {
		c := dial(t, w.addr)
		c.send(pageOf("Forwarded: for=192.0.2.7;proto=https;host=\"pages.example:8443\""))
		c.wantOpen()
		if got, want := receive(t, told), [3]string{"192.0.2.7:0", "https", "pages.example:8443"}; got != want {
			t.Errorf("told %q, want %q", got, want)
		}
		c.send(text("who"))
		c.wantText("192.0.2.7:0")
	}
	if limited {
		for _, fields := range []string{"X-Forwarded-For: 6.6.6.6, 192.0.2.7", "Forwarded: for=\"192.0.2.7:1\""} {
			c := dial(t, w.addr)
			c.send(requestOf(fields))
			if got := c.response(); got.StatusCode != 429 || got.Header.Get("Retry-After") == "" {
				t.Errorf("%s %v, want 429", got.Status, got.Header)
			}
		}
		if n := w.Stats().OverAddress; n != 2 {
			t.Errorf("%d over the limit, want 2", n)
		}
	}
	for range 3 {
		c := dial(t, w.addr)
		c.send([]byte(request)) // without a word of a client: the proxy is not counted
		c.wantOpen()
		if got, want := receive(t, told), [3]string{c.TCPConn.LocalAddr().String(), "", ""}; got != want {
			t.Errorf("told %q, want %q", got, want)
		}
	}
	c := dial(t, w.addr)
	c.send(requestOf("X-Forwarded-For: 192.0.2.9\r\nX-Forwarded-Host: pages.example")) // the page is another host's
	c.wantRefusal(403)
	for _, fields := range []string{`Forwarded: for="192`, "Forwarded: for=192.0.2.7\r\nX-Forwarded-For: 192.0.2.8"} {
		c := dial(t, w.addr)
		c.send(requestOf(fields))
		c.wantRefusal(400)
	}
	select {
	case got := <-told:
		t.Errorf("OnUpgrade was called for %q", got)
	default:
	}
}

func TestServerForwarded(t *testing.T) {
	told := make(chan [3]string, 16)
	checkForwarded(t, serve(t, telling(told), behindProxies()), told, true)
}

func TestServerForwardedOnAPortOfHTTP(t *testing.T) {
	told := make(chan [3]string, 16)
	checkForwarded(t, share(t, telling(told), &http.Server{OnRequest: plainly}, behindProxies()), told, true)
}

func TestServeHTTPForwarded(t *testing.T) {
	told := make(chan [3]string, 16)
	s := telling(told)
	s.Adopted = behindProxies()
	w, server := beside(t, s)
	w.addr = server.Listener.Addr()
	checkForwarded(t, w, told, false)
}

// Fields of a peer that is not trusted say nothing.
func TestServerForwardedByStrangers(t *testing.T) {
	told := make(chan [3]string, 16)
	for _, o := range []engine.ListenOptions{{}, {TrustedProxies: []netip.Prefix{netip.MustParsePrefix("192.0.2.0/24")}}} {
		w := serve(t, telling(told), o)
		c := dial(t, w.addr)
		c.send(requestOf("Forwarded: for=192.0.2.7;proto=https;host=pages.example\r\nX-Forwarded-For: 192.0.2.8"))
		c.wantOpen()
		if got, want := receive(t, told), [3]string{c.TCPConn.LocalAddr().String(), "", ""}; got != want {
			t.Errorf("told %q, want %q", got, want)
		}
	}
}

// A refused upgrade leaves no place taken.
func TestServerForwardedRefused(t *testing.T) {
	w := serve(t, &Server{OnUpgrade: func(*Conn, *Handshake) error { return errForbidden }}, behindProxies())
	for range 5 {
		c := dial(t, w.addr)
		c.send(requestOf("Forwarded: for=192.0.2.7"))
		c.wantRefusal(403)
		_ = c.Close()
		for w.Stats().Connections > 0 {
			w.onLoop(func() {})
		}
	}
}
