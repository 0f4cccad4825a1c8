package e2e

import (
	"bufio"
	"fmt"
	"io"
	"net"
	nethttp "net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"fanloop/internal/peers"
)

// clientFrom connects from another address of this machine, by which a proxy can tell it from others.
func clientFrom(t *testing.T, from, address string) net.Conn {
	t.Helper()
	dialer := net.Dialer{LocalAddr: &net.TCPAddr{IP: net.ParseIP(from)}}
	c, err := dialer.Dial("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	_ = c.SetDeadline(time.Now().Add(peers.Bound))
	return c
}

// asks sends a GET with fields, each a line, and returns the answer's status and where its body is.
func asks(t *testing.T, c net.Conn, target string, fields ...string) (int, *bufio.Reader) {
	t.Helper()
	request := "GET " + target + " HTTP/1.1\r\nHost: fanloop.test\r\n" + strings.Join(append(fields, "", ""), "\r\n")
	if _, err := io.WriteString(c, request); err != nil {
		t.Fatal(err)
	}
	r := bufio.NewReader(c)
	res, err := nethttp.ReadResponse(r, nil)
	if err != nil {
		t.Fatalf("%s: %v", target, err)
	}
	return res.StatusCode, r
}

var opening = []string{"Connection: Upgrade", "Upgrade: websocket", "Sec-WebSocket-Version: 13", "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ=="}

// Behind the configuration of docs/program.md each client has its own address in logs and limits, whatever it says itself.
func TestClientsBehindNginx(t *testing.T) {
	d := start(t, "-trust-proxy", "loopback", "-max-per-address", "1")
	front := startNginx(t, d.http, "on")
	through := func(want int, target string, fields ...string) {
		t.Helper()
		if status, _ := asks(t, clientFrom(t, "127.0.0.2", front), target, fields...); status != want {
			t.Errorf("%s %q: status %d, want %d", target, fields, status, want)
		}
	}
	// The client is one of this machine, so a trusted one, and what it says of another is believed: as if it were a second proxy.
	through(101, "/ws", append(opening, "X-Forwarded-For: 192.0.2.7", "Origin: http://fanloop.test")...)
	d.stderr.Await(t, "addr=192.0.2.7:0", 1)
	through(429, "/ws", append(opening, "X-Forwarded-For: 6.6.6.6, 192.0.2.7")...)
	through(429, "/events?uid=a", "X-Forwarded-For: 192.0.2.7", "Forwarded: for=192.0.2.99") // which nginx has been told to leave out
	through(200, "/events?uid=a", "X-Forwarded-For: 192.0.2.8")
	d.stderr.Await(t, "addr=192.0.2.8:0", 1)
	through(101, "/ws", opening...)
	d.stderr.Await(t, "addr=127.0.0.2:0", 1)
	through(403, "/ws", append(opening, "X-Forwarded-For: 192.0.2.9", "Origin: http://elsewhere.test")...)
}

const haproxyConfig = `
global
	maxconn 100
defaults
	mode tcp
	timeout connect 10s
	timeout client 1m
	timeout server 1m
listen front
	bind fd@3
	server demo %s %s
`

// startHAProxy puts HAProxy in front of a port, which it tells who the client is, and returns its host:port. It ends with the test.
func startHAProxy(t *testing.T, upstream, how string) string {
	t.Helper()
	path := "/usr/sbin/haproxy" // to those who are not root it is not in the path
	if _, err := os.Stat(path); err != nil {
		path = need(t, "haproxy", "apt-get install haproxy")
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	socket, err := listener.(*net.TCPListener).File()
	if err != nil {
		t.Fatal(err)
	}
	defer socket.Close()
	file := filepath.Join(t.TempDir(), "haproxy.cfg")
	if err := os.WriteFile(file, fmt.Appendf(nil, haproxyConfig, upstream, how), 0o600); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(path, "-db", "-f", file)
	cmd.ExtraFiles = []*os.File{socket} // descriptor 3
	said := peers.NewLines()
	cmd.Stdout, cmd.Stderr = said, said
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
		if t.Failed() {
			t.Logf("HAProxy says:\n%s", said)
		}
	})
	return listener.Addr().String()
}

// HAProxy tells who the client is in both versions, in front of each protocol, and of TLS.
func TestBehindHAProxy(t *testing.T) {
	for _, how := range []string{"send-proxy", "send-proxy-v2", "send-proxy-v2 proxy-v2-options unique-id,crc32c"} {
		t.Run(how, func(t *testing.T) {
			t.Parallel()
			d := startTLS(t, "-trust-proxy", "127.0.0.1", "-proxy")
			c := clientFrom(t, "127.0.0.2", startHAProxy(t, d.websocket, how))
			if status, _ := asks(t, c, "/", opening...); status != 101 {
				t.Errorf("status %d", status)
			}
			d.stderr.Await(t, "addr="+c.LocalAddr().String(), 1)

			c = clientFrom(t, "127.0.0.3", startHAProxy(t, d.text, how))
			_, _ = io.WriteString(c, `{"uid":"nobody"}`+"\n")
			if answer, err := bufio.NewReader(c).ReadString('\n'); answer != "fail\n" {
				t.Errorf("answer %q, %v", answer, err)
			}
			d.stderr.Await(t, "addr="+c.LocalAddr().String(), 1)

			front := startHAProxy(t, d.https, how)
			if got, _ := curl(t, "", "--cacert", d.ca, "--interface", "127.0.0.4", "https://"+front+"/healthz"); got != "ok\n" {
				t.Errorf("over TLS curl prints %q", got)
			}
			d.stderr.Await(t, "addr=127.0.0.4:", 1)
		})
	}
}

// curl speaks the PROXY protocol itself. Without it, a port that wants it is closed to those who are trusted.
func TestCurlProxyProtocol(t *testing.T) {
	d := start(t, "-trust-proxy", "loopback", "-listen", "http://127.0.0.1:0?proxy=1")
	if got, _ := curl(t, "", "--haproxy-protocol", "http://"+d.http+"/healthz", "http://"+d.http+"/readyz"); got != "ok\nready\n" {
		t.Errorf("curl prints %q", got)
	}
	without := exec.Command(need(t, "curl", "apt-get install curl"), "--silent", "--max-time", "30", "http://"+d.http+"/healthz")
	if out, err := without.Output(); err == nil || len(out) > 0 {
		t.Errorf("without a header curl prints %q, %v", out, err)
	}
	d.stderr.Await(t, "no PROXY header", 1)
}
