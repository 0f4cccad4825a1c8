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
	// attackHeap is how much more the heap may hold: what may wait for each of them, and what they themselves have.
	attackHeap = 80 << 20
	// attackTime is how long one may take that the server does not put an end to.
	attackTime = 4 * peers.Bound
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
		_ = c.SetDeadline(time.Now().Add(attackTime))
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

// startHasty is startSite with one more port, for attackers, whose times are short enough to wait for. Bystanders are at the others: they
// may take longer, on a machine that has much to do.
func startHasty(t *testing.T, port string, flags ...string) (d *demo, hasty string) {
	t.Helper()
	d = startSite(t, append([]string{"-listen", port, "-bind-timeout", "off"}, flags...)...)
	protocol, _, _ := strings.Cut(port, ":")
	prefix := "  " + protocol + "://"
	ports := d.stdout.Holding(prefix)
	if len(ports) != 2 {
		t.Fatal(ports)
	}
	calm := strings.TrimPrefix(ports[1], prefix)
	switch protocol {
	case "websocket":
		d.websocket = calm
	case "http":
		d.http = calm
	}
	return d, strings.TrimPrefix(ports[0], prefix)
}

func TestAttackSlowHead(t *testing.T) {
	d, hasty := startHasty(t, "http://127.0.0.1:0?head-timeout=300ms")
	d.bystanders().attack("HTTP/1.1 408 ", hasty, func(c net.Conn) string {
		return drip(c, "GET / HTTP/1.1\r\nHost: a\r\n", "X-A: b\r\n")
	})
	if n := d.server.sites.Stats().HeadTimeouts; n != attackers {
		t.Errorf("counted %d", n)
	}
}

func TestAttackSlowBody(t *testing.T) {
	d, hasty := startHasty(t, "http://127.0.0.1:0?body-timeout=300ms")
	d.bystanders().attack("HTTP/1.1 408 ", hasty, func(c net.Conn) string {
		return drip(c, "POST /push HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 100000\r\n\r\n", " ")
	})
	if n := d.server.sites.Stats().BodyTimeouts; n != attackers {
		t.Errorf("counted %d", n)
	}
}

func TestAttackSlowHandshake(t *testing.T) {
	d, hasty := startHasty(t, "websocket://127.0.0.1:0?handshake-timeout=300ms")
	d.bystanders().attack("HTTP/1.1 408 ", hasty, func(c net.Conn) string {
		return drip(c, "GET / HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\n", "X-A: b\r\n")
	})
}

func TestAttackSlowTLS(t *testing.T) {
	d, hasty := startHasty(t, "wss://127.0.0.1:0?tls-handshake-timeout=300ms", "-tls-self-signed", "-listen", "wss://127.0.0.1:0")
	d.bystanders().attack("", hasty, func(c net.Conn) string {
		return strings.Trim(drip(c, "\x16\x03\x01\x40\x00\x01", "\x00"), "\x15\x03\x01\x02") // but for an alert
	})
	if n := d.server.engine.Stats().HandshakeTimeouts; n != attackers {
		t.Errorf("counted %d", n)
	}
	calm := strings.TrimPrefix(d.stdout.Holding("  wss://")[1], "  wss://")
	c, err := tls.Dial("tcp", calm, &tls.Config{InsecureSkipVerify: true})
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
	d := startSite(t, "-max-message", fmt.Sprint(limit), "-bind-timeout", "off")
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

// Pings are answered, and who does not read the answers is not read. While all of them wait for that, they hold what their limits say.
func TestAttackPingFlood(t *testing.T) {
	d := startSite(t, "-bind-timeout", "off")
	before := heldMemory()
	var blocked sync.WaitGroup
	blocked.Add(attackers)
	measured, grown := make(chan struct{}), int64(0)
	go func() {
		blocked.Wait()
		grown = int64(heldMemory()) - int64(before)
		close(measured)
	}()
	ping := ws.MustCompileFrame(ws.MaskFrame(ws.NewPingFrame([]byte(strings.Repeat("p", 125)))))
	flood := []byte(strings.Repeat(string(ping), 500))
	d.bystanders().attack("the server does not take more", d.websocket, func(c net.Conn) string {
		defer func() { <-measured }()
		defer blocked.Done()
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
	if grown > attackHeap {
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
	d, hasty := startHasty(t, "websocket://127.0.0.1:0?ping-interval=100ms")
	d.bystanders().attack("1001", hasty, func(c net.Conn) string {
		if err := upgrade(c); err != nil {
			return err.Error()
		}
		return closeCode(c) // without a word in between
	})
}
