//go:build linux

package main

import (
	"io"
	"net"
	"strings"
	"testing"
	"time"

	"fanloop/internal/peers"
)

// What is said of a port reaches what serves it, and the port beside it has the defaults.
func TestPortOptionsAreUsed(t *testing.T) {
	const upgrade = "GET / HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: MDEyMzQ1Njc4OWFiY2RlZg==\r\n\r\n"
	post := "POST /push HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: "
	get := func(path string, fields ...string) string {
		return "GET " + path + " HTTP/1.1\r\n" + strings.Join(append(fields, "Host: localhost"), "\r\n") + "\r\n\r\n"
	}
	for _, test := range []struct {
		protocol, query string
		send            string // to the port with the option, and to the one without
		want            string // what the first sends contains, at its end if it closes
		other           string // what the second sends contains, "" if it waits
	}{
		{"text", "max-line=10", "0123456789a\n", "error: line too long\n", "fail\n"},
		{"http", "max-body=10", post + "11\r\n\r\n{\"uid\":\"a\"}", " 413 ", " 404 "},
		{"http", "max-request-line=64", get("/count?" + strings.Repeat("x", 64)), " 414 ", " 400 "},
		{"http", "max-head=100", get("/count", "X: "+strings.Repeat("x", 100)), " 431 ", " 200 "},
		{"http", "max-fields=2", get("/count", "A: a", "B: b"), " 431 ", " 200 "},
		{"http", "head-timeout=50ms", "GET / HT", " 408 ", ""},
		{"http", "body-timeout=50ms", post + "11\r\n\r\n{", " 408 ", ""},
		{"http", "idle=50ms", "", "", ""},
		{"text", "idle=50ms", "", "", ""},
		{"websocket", "idle=80ms&close-timeout=50ms", upgrade, "\x03\xe9", " 101 "},
		{"websocket", "idle=80ms&ping-interval=off&close-timeout=50ms", upgrade, "\x03\xe9", " 101 "},
		{"websocket", "handshake-timeout=50ms", "GET / HT", " 408 ", ""},
		{"websocket", "max-head=100", strings.Replace(upgrade, "Host: x", "Host: "+strings.Repeat("x", 100), 1), " 431 ", " 101 "},
		{"websocket", "max-message=4&close-timeout=50ms", upgrade + "\x81\x85\x00\x00\x00\x00hello", "\x03\xf1", " 101 "},
		{"websocket", "ping-interval=20ms&close-timeout=50ms", upgrade, "\x03\xe9", " 101 "},
	} {
		t.Run(test.protocol+"?"+test.query, func(t *testing.T) {
			address := "127.0.0.1:0"
			d := start(t, "-listen", test.protocol+"://"+address+"?"+test.query, "-listen", test.protocol+"://"+address)
			ports := d.stdout.Holding("  " + test.protocol + "://")
			if len(ports) != 2 {
				t.Fatal(ports)
			}
			talk := func(port string) net.Conn {
				c, err := net.Dial("tcp", strings.TrimPrefix(port, "  "+test.protocol+"://"))
				if err != nil {
					t.Fatal(err)
				}
				t.Cleanup(func() { c.Close() })
				_ = c.SetDeadline(time.Now().Add(peers.Bound))
				if _, err := io.WriteString(c, test.send); err != nil {
					t.Fatal(err)
				}
				return c
			}
			one, other := talk(ports[0]), talk(ports[1])
			if got, err := io.ReadAll(one); err != nil || !strings.Contains(string(got), test.want) {
				t.Errorf("got %q, %v, want %q", got, err, test.want)
			}
			if test.other == "" {
				_ = other.SetReadDeadline(time.Now().Add(time.Millisecond))
			}
			got := make([]byte, 1000)
			n, _ := other.Read(got)
			if !strings.Contains(string(got[:n]), test.other) || test.other == "" && n > 0 {
				t.Errorf("without the option: %q, want %q", got[:n], test.other)
			}
		})
	}
}
