//go:build linux

package websocket

import (
	"strings"
	"sync/atomic"
	"testing"

	"fanloop/codec/http"
)

// A page of another site is refused in the handshake, counted, and OnUpgrade does not hear of it; others notice nothing.
func TestCrossSiteOrigin(t *testing.T) {
	var asked atomic.Int32
	s := &Server{
		Origins:   http.Origins{"same-host", "https://*.example.org"},
		OnUpgrade: func(*Conn, *Handshake) error { asked.Add(1); return nil },
		OnMessage: func(c *Conn, m Message) { _ = c.Send(m.Data) },
	}
	w := serve(t, s)
	from := func(origin string) string { return strings.ReplaceAll(request, "http://Server.Example.com", origin) }
	own := dial(t, w.addr)
	own.send([]byte(from("https://server.example.com")))
	own.wantOpen()
	for i, origin := range []string{"http://evil.example", "null", "http://server.example.com.evil.example", "https://example.org", "x\r\nOrigin: http://server.example.com"} {
		c := dial(t, w.addr)
		c.send([]byte(from(origin)))
		c.wantRefusal(403)
		if got := s.OriginsRefused(); got != uint64(i+1) {
			t.Errorf("%d counted after %q", got, origin)
		}
	}
	c := dial(t, w.addr)
	c.send([]byte(from("https://a.b.example.org")))
	c.wantOpen()
	c = dial(t, w.addr)
	c.send([]byte(strings.Replace(request, "Origin: http://Server.Example.com\r\n", "", 1)))
	c.wantOpen()
	own.send(text("still here"))
	own.wantText("still here")
	if asked.Load() != 3 || s.OriginsRefused() != 5 {
		t.Errorf("OnUpgrade was called %d times, %d refused", asked.Load(), s.OriginsRefused())
	}
}

// The zero value keeps other sites out.
func TestOriginsByDefault(t *testing.T) {
	s := &Server{}
	w := serve(t, s)
	c := dial(t, w.addr)
	c.send([]byte(strings.ReplaceAll(request, "http://Server.Example.com", "http://example.com")))
	c.wantRefusal(403)
	c = dial(t, w.addr)
	c.send([]byte(strings.ReplaceAll(request, "http://Server.Example.com", "http://server.example.com:8080")))
	c.wantOpen()
}
