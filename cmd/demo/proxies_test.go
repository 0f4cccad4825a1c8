//go:build linux

package main

import (
	"bufio"
	"io"
	"net"
	"strings"
	"testing"
	"time"

	"fanloop/internal/peers"
)

// What trusted proxies tell is in the log and in the limits: by a PROXY header on a port that has one, and by HTTP's fields.
func TestTrustProxy(t *testing.T) {
	d := start(t, "-trust-proxy", "loopback", "-max-per-address", "1", "-listen", "websocket://127.0.0.1:0?proxy=1", "-listen", "http://127.0.0.1:0",
		"-listen", "text://127.0.0.1:0?proxy=1")
	ask := func(address, request string) (status string) {
		t.Helper()
		c, err := net.Dial("tcp", address)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = c.Close() })
		_ = c.SetDeadline(time.Now().Add(peers.Bound))
		_, _ = io.WriteString(c, strings.ReplaceAll(request, "\n", "\r\n"))
		status, _ = bufio.NewReader(c).ReadString('\n')
		return strings.TrimSpace(status)
	}
	const header = "PROXY TCP4 192.0.2.7 192.0.2.9 4711 80\n"
	const upgrade = " HTTP/1.1\nHost: a\nConnection: Upgrade\nUpgrade: websocket\nSec-WebSocket-Version: 13\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\n"
	for _, test := range []struct{ address, request, want string }{
		{d.opened("websocket"), header + "GET /" + upgrade + "\n", "HTTP/1.1 101 Switching Protocols"},
		{d.opened("websocket"), header + "GET /" + upgrade + "\n", ""}, // one more of that address
		{d.opened("websocket"), "GET /" + upgrade + "\n", ""},          // without a header
		{d.opened("text"), "PROXY UNKNOWN\n{\"uid\":\"x\"}\n", "fail"},
		{d.opened("http"), "GET /ws" + upgrade + "X-Forwarded-For: 192.0.2.8, 127.0.0.2\n\n", "HTTP/1.1 101 Switching Protocols"},
		{d.opened("http"), "GET /ws" + upgrade + "Forwarded: for=192.0.2.8\n\n", "HTTP/1.1 429 Too Many Requests"},
		{d.opened("http"), "GET /events?uid=a HTTP/1.1\nHost: a\nForwarded: for=192.0.2.9\n\n", "HTTP/1.1 200 OK"},
		{d.opened("http"), "GET /events?uid=a HTTP/1.1\nHost: a\nX-Forwarded-For: 192.0.2.9\n\n", "HTTP/1.1 429 Too Many Requests"},
	} {
		if got := ask(test.address, test.request); got != test.want {
			t.Errorf("%q: got %q, want %q", test.request, got, test.want)
		}
	}
	e := d.server.engine.Stats()
	if e.OverAddress != 3 || e.ProxyHeaders != 3 || e.ProxyMalformed != 1 {
		t.Errorf("%d over, %d headers, %d malformed; want 3, 3, 1", e.OverAddress, e.ProxyHeaders, e.ProxyMalformed)
	}
	d.log.Await(t, "addr=192.0.2.7:4711", 1)
}
