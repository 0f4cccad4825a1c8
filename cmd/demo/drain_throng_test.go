//go:build linux

package main

import (
	"bufio"
	"bytes"
	"crypto/tls"
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/gobwas/ws"

	"fanloop/internal/peers"
)

// A throng is pages, each with a uid of its own, and back ends that push to them as fast as they are answered, until the server goes. What
// they push has numbers, so that everything can be accounted for.
type throng struct {
	t        *testing.T
	pages    []*throngPage
	backEnds []*throngBackEnd
	answered atomic.Int64
	ended    sync.WaitGroup
}

// throngPage reads until the end, and answers a Close frame.
type throngPage struct {
	conn net.Conn
	got  []numbered
	code int // of the Close frame, 0 without one
	err  error
}

// numbered is what the messages say: line i of back end b.
type numbered struct{ B, I int }

// throngBackEnd writes lines, a few of them ahead of the answers.
type throngBackEnd struct {
	number  int
	conn    net.Conn
	rng     *rand.Rand
	long    int   // bytes that a line has more, at most
	to      []int // of each line: the page, or everybody
	answers []string
}

const (
	toEverybody = -1
	linesAhead  = 48
	// Every so many lines one is for everybody.
	broadcastEvery = 8
	// throngTime is how long anything may take that thousands have a part in.
	throngTime = 5 * time.Minute
)

// gather brings so many pages and back ends together, at a websocket port or one of wss. Every page is bound when it returns.
func gather(t *testing.T, websocket, wss, text string, pages, backEnds int, seed uint64) *throng {
	t.Helper()
	c := &throng{t: t, pages: make([]*throngPage, pages)}
	dial := func() (net.Conn, error) { return net.Dial("tcp", websocket) }
	if wss != "" {
		dial = func() (net.Conn, error) { return tls.Dial("tcp", wss, &tls.Config{InsecureSkipVerify: true}) } // it is self-signed
	}
	var all sync.WaitGroup
	for first := range 8 {
		all.Go(func() {
			for i := first; i < pages; i += 8 {
				c.pages[i] = openThrongPage(t, dial, fmt.Sprint("u", i))
			}
		})
	}
	all.Wait()
	for i := range backEnds {
		conn, err := net.Dial("tcp", text)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { conn.Close() })
		c.backEnds = append(c.backEnds, &throngBackEnd{number: i, conn: conn, rng: rand.New(rand.NewPCG(seed, uint64(i)))})
	}
	asking := peers.Connect(t, text)
	defer asking.Close()
	want := fmt.Sprintf(`"connections":%d,`, pages)
	for deadline := time.Now().Add(throngTime); !strings.Contains(asking.Ask(`{"$cmd":"count"}`), want); {
		if t.Failed() || time.Now().After(deadline) {
			t.Fatalf("of %d pages: %s", pages, asking.Ask(`{"$cmd":"count"}`))
		}
	}
	return c
}

const throngRequest = "GET / HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n" +
	"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"

// openThrongPage is peers.OpenPage for thousands, and for a goroutine.
func openThrongPage(t *testing.T, dial func() (net.Conn, error), uid string) *throngPage {
	conn, err := dial()
	if err != nil {
		t.Error(err)
		return &throngPage{err: err}
	}
	t.Cleanup(func() { conn.Close() })
	_ = conn.SetDeadline(time.Now().Add(2 * throngTime))
	p := &throngPage{conn: conn}
	said := bytes.NewBufferString(throngRequest)
	_ = ws.WriteFrame(said, ws.MaskFrame(ws.NewTextFrame([]byte(uid))))
	if _, err := conn.Write(said.Bytes()); err != nil {
		t.Error(err)
	}
	var head [129]byte // what a server without extensions and subprotocols answers
	if _, err := io.ReadFull(conn, head[:]); err != nil || !bytes.HasPrefix(head[:], []byte("HTTP/1.1 101")) || !bytes.HasSuffix(head[:], []byte("\r\n\r\n")) {
		t.Errorf("%q, %v", head, err)
	}
	return p
}

func (p *throngPage) read() {
	in := bufio.NewReaderSize(p.conn, 512)
	for {
		f, err := ws.ReadFrame(in)
		if err != nil {
			p.err = err
			return
		}
		switch f.Header.OpCode {
		case ws.OpText:
			var n numbered
			if p.err = json.Unmarshal(f.Payload, &n); p.err != nil {
				return
			}
			p.got = append(p.got, n)
		case ws.OpPing:
			_ = ws.WriteFrame(p.conn, ws.MaskFrame(ws.NewPongFrame(f.Payload)))
		case ws.OpClose:
			status, _ := ws.ParseCloseFrameData(f.Payload)
			p.code = int(status)
			_ = ws.WriteFrame(p.conn, ws.MaskFrame(ws.NewCloseFrame(f.Payload[:2])))
			_, p.err = io.Copy(io.Discard, in)
			p.conn.Close()
			return
		}
	}
}

// begin has everybody read, and the back ends write.
func (c *throng) begin() {
	for _, p := range c.pages {
		c.ended.Go(p.read)
	}
	for _, b := range c.backEnds {
		ahead, gone := make(chan struct{}, linesAhead), make(chan struct{})
		c.ended.Go(func() { b.write(len(c.pages), ahead, gone) })
		c.ended.Go(func() {
			defer close(gone)
			b.read(&c.answered, ahead)
		})
	}
}

// write writes until the connection ends.
func (b *throngBackEnd) write(pages int, ahead chan<- struct{}, gone <-chan struct{}) {
	for i := 0; ; i++ {
		select {
		case ahead <- struct{}{}:
		case <-gone:
			return
		}
		to, pad := b.rng.IntN(pages), ""
		if b.rng.IntN(8) == 0 {
			pad = strings.Repeat("x", b.rng.IntN(b.long+1))
		}
		line := fmt.Sprintf(`{"uid":"u%d","b":%d,"i":%d,"pad":%q}`, to, b.number, i, pad)
		if i%broadcastEvery == 0 {
			to, line = toEverybody, fmt.Sprintf(`{"$cmd":"push","all":true,"data":{"b":%d,"i":%d,"pad":%q}}`, b.number, i, pad)
		}
		b.to = append(b.to, to)
		if _, err := io.WriteString(b.conn, line+"\n"); err != nil {
			return
		}
	}
}

// read reads answers until the connection ends, and lets the writer go on.
func (b *throngBackEnd) read(answered *atomic.Int64, ahead <-chan struct{}) {
	for in := bufio.NewScanner(b.conn); in.Scan(); answered.Add(1) {
		b.answers = append(b.answers, in.Text())
		<-ahead
	}
	b.conn.Close()
}

// await waits until so many lines have been answered.
func (c *throng) await(answers int64) {
	c.t.Helper()
	for deadline := time.Now().Add(throngTime); c.answered.Load() < answers; time.Sleep(100 * time.Microsecond) {
		if time.Now().After(deadline) {
			c.t.Fatalf("only %d lines are answered", c.answered.Load())
		}
	}
}
