//go:build linux

package main

import (
	"crypto/tls"
	"fmt"
	"io"
	"net"
	"strings"
	"sync"
	"testing"
	"time"

	"fanloop/internal/peers"

	"github.com/gobwas/ws"
)

// The attacks that SECURITY.md lists, against the program as it is. Each goes on while others are served, and what meets it is a limit
// that is counted.

// bystanders are those who must notice nothing.
type bystanders struct {
	d       *demo
	page    *peers.Page
	stream  *peers.Events
	backend *peers.Backend
	n       int
}

func (d *demo) bystanders() *bystanders {
	return &bystanders{d: d, page: d.page("bystander"), stream: d.listener("uid=listener"), backend: peers.Connect(d.t, d.text)}
}

// served pushes to all of them, and waits until they have it.
func (b *bystanders) served() {
	b.d.t.Helper()
	b.n++
	line := fmt.Sprintf(`{"uid":"bystander","n":%d}`, b.n)
	expect(b.d.t, b.backend, line, "ok", b.page)
	line = fmt.Sprintf(`{"uid":"listener","n":%d}`, b.n)
	expect(b.d.t, b.backend, line, "ok")
	if got := b.stream.Next(); got != line {
		b.d.t.Fatalf("the listener got %q, want %q", got, line)
	}
}

const (
	attackers = 40
	// attackHeap is how much more the heap may hold: what may wait for each of them, and garbage.
	attackHeap = 80 << 20
)

// attack lets many do the same at once, and serves the bystanders until all have come to their end. What each returns must hold want.
func (b *bystanders) attack(want string, address string, one func(c net.Conn) string) {
	t := b.d.t
	t.Helper()
	results := make(chan string, attackers)
	for range attackers {
		c, err := net.Dial("tcp", address)
		if err != nil {
			t.Fatal(err)
		}
		_ = c.SetDeadline(time.Now().Add(peers.Bound))
		go func() {
			defer c.Close()
			results <- one(c)
		}()
	}
	for left := attackers; left > 0; {
		select {
		case got := <-results:
			left--
			if !strings.Contains(got, want) || want == "" && got != "" {
				t.Fatalf("an attacker got %.300q, want %q in it", got, want)
			}
		default:
			b.served()
		}
	}
	b.served()
}

// drip sends first, and then a byte at a time until the server has had enough of it. It returns what came.
func drip(c net.Conn, first string, each string) string {
	ended := make(chan struct{})
	var dripping sync.WaitGroup
	dripping.Go(func() {
		tick := time.NewTicker(10 * time.Millisecond)
		defer tick.Stop()
		_, err := io.WriteString(c, first)
		for i := 0; err == nil; i++ {
			select {
			case <-tick.C:
				_, err = c.Write([]byte{each[i%len(each)]})
			case <-ended:
				return
			}
		}
	})
	got, err := io.ReadAll(c) // an error is that of the deadline, or a reset
	close(ended)
	dripping.Wait()
	if err, late := err.(net.Error); late && err.Timeout() {
		return "nothing ended it"
	}
	return string(got)
}

// soonEnough are times that a test can wait for.
var soonEnough = []string{"-head-timeout", "300ms", "-body-timeout", "300ms", "-handshake-timeout", "300ms", "-tls-handshake-timeout", "300ms"}

func TestAttackSlowHead(t *testing.T) {
	d := startSite(t, soonEnough...)
	d.bystanders().attack("HTTP/1.1 408 ", d.http, func(c net.Conn) string {
		return drip(c, "GET / HTTP/1.1\r\nHost: a\r\n", "X-A: b\r\n")
	})
	if n := d.server.sites.Stats().HeadTimeouts; n != attackers {
		t.Errorf("counted %d", n)
	}
}

func TestAttackSlowBody(t *testing.T) {
	d := startSite(t, soonEnough...)
	d.bystanders().attack("HTTP/1.1 408 ", d.http, func(c net.Conn) string {
		return drip(c, "POST /push HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 100000\r\n\r\n", " ")
	})
	if n := d.server.sites.Stats().BodyTimeouts; n != attackers {
		t.Errorf("counted %d", n)
	}
}

func TestAttackSlowHandshake(t *testing.T) {
	d := startSite(t, soonEnough...)
	d.bystanders().attack("HTTP/1.1 408 ", d.websocket, func(c net.Conn) string {
		return drip(c, "GET / HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\n", "X-A: b\r\n")
	})
}

func TestAttackSlowTLS(t *testing.T) {
	d := startSite(t, append(soonEnough, "-tls-self-signed", "-listen", "wss://127.0.0.1:0")...)
	d.bystanders().attack("", d.opened("wss"), func(c net.Conn) string {
		return strings.Trim(drip(c, "\x16\x03\x01\x40\x00\x01", "\x00"), "\x15\x03\x01\x02") // but for an alert
	})
	if n := d.server.engine.Stats().HandshakeTimeouts; n != attackers {
		t.Errorf("counted %d", n)
	}
	c, err := tls.Dial("tcp", d.opened("wss"), &tls.Config{InsecureSkipVerify: true})
	if err != nil {
		t.Fatal(err)
	}
	c.Close()
}

// upgrade makes the opening handshake.
func upgrade(c net.Conn) error {
	_, err := io.WriteString(c, "GET / HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"+
		"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n")
	return err
}

// closeCode reads until the server's Close frame.
func closeCode(c net.Conn) string {
	got, _ := io.ReadAll(c)
	_, frames, _ := strings.Cut(string(got), "\r\n\r\n")
	for in := strings.NewReader(frames); ; {
		f, err := ws.ReadFrame(in)
		if err != nil {
			return "no Close frame"
		}
		if f.Header.OpCode == ws.OpClose {
			code, reason := ws.ParseCloseFrameData(f.Payload)
			return fmt.Sprint(code, " ", reason)
		}
	}
}

// Fragments of a byte add up, whatever their number.
func TestAttackTinyFragments(t *testing.T) {
	const limit = 4 << 10
	d := startSite(t, "-max-message", fmt.Sprint(limit))
	d.bystanders().attack("1009", d.websocket, func(c net.Conn) string {
		if err := upgrade(c); err != nil {
			return err.Error()
		}
		fragment := ws.MustCompileFrame(ws.MaskFrame(ws.NewFrame(ws.OpContinuation, false, []byte("x"))))
		first := ws.MustCompileFrame(ws.MaskFrame(ws.NewFrame(ws.OpText, false, nil)))
		if _, err := c.Write(append(first, strings.Repeat(string(fragment), limit+1)...)); err != nil {
			return err.Error()
		}
		return closeCode(c)
	})
}

// Pings are answered, and who does not read the answers is not read.
func TestAttackPingFlood(t *testing.T) {
	d := startSite(t)
	before := heapMemory()
	ping := ws.MustCompileFrame(ws.MaskFrame(ws.NewPingFrame([]byte(strings.Repeat("p", 125)))))
	flood := []byte(strings.Repeat(string(ping), 500))
	d.bystanders().attack("the server does not take more", d.websocket, func(c net.Conn) string {
		if err := upgrade(c); err != nil {
			return err.Error()
		}
		for range 1 << 20 {
			_ = c.SetWriteDeadline(time.Now().Add(time.Second))
			if _, err := c.Write(flood); err != nil {
				return "the server does not take more: " + err.Error()
			}
		}
		return "the server takes everything"
	})
	if grown := int64(heapMemory()) - int64(before); grown > attackHeap {
		t.Errorf("the heap has grown by %d bytes", grown)
	}
}

// Who asks for much and goes away without reading leaves nothing behind.
func TestAttackCloseWithoutReading(t *testing.T) {
	d := startSite(t)
	others := d.bystanders()
	for range 5 {
		others.attack("", d.http, func(c net.Conn) string {
			_, _ = io.WriteString(c, strings.Repeat("GET / HTTP/1.1\r\nHost: a\r\n\r\n", 50))
			return ""
		})
	}
	const bystanders = 3
	for ctx := bounded(t); d.server.engine.Stats().Connections != bystanders; others.served() {
		if ctx.Err() != nil {
			t.Fatalf("%d connections are open", d.server.engine.Stats().Connections)
		}
	}
}

// A peer that is there no more, and whose system does not say so, hears no ping.
func TestAttackHalfOpen(t *testing.T) {
	d := startSite(t, "-ping-interval", "100ms")
	d.bystanders().attack("1001", d.websocket, func(c net.Conn) string {
		if err := upgrade(c); err != nil {
			return err.Error()
		}
		return closeCode(c) // without a word in between
	})
}
