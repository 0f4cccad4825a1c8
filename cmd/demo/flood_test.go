//go:build linux && !race

package main

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"net"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/gobwas/ws"

	"fanloop/engine"
	"fanloop/hub"
	"fanloop/internal/peers"
)

// A flood is so many lines that the kernel cannot hold them, or their answers, and pages that read what is for them.
const (
	floodLines = 10_000_000
	floodPages = 8
	toAllEvery = 1000
	floodTime  = 4 * time.Minute // until it is given up
	// floodHeap is how much more the heap may hold than before: the marks of the backlog, of outboxes and of garbage.
	floodHeap = 64 << 20
)

// spelling is how a line is written that has a number of eight digits.
type spelling struct{ uid, all string }

var (
	plainLines = spelling{`{"uid":"u%d","n":"%08d"}`, `{"all":true,"n":"%08d"}`}
	// commands have answers that are nine times as long.
	commands = spelling{`{"$cmd":"push","uid":"u%d","data":{"n":"%08d"}}`, `{"$cmd":"push","all":true,"data":{"n":"%08d"}}`}
)

// A back end that writes ten million lines, and begins to read its answers only when it has not been able to write for a second,
// is slowed down and not cut off; nothing is lost, memory is bounded, and no page is called slow.
func TestFloodOfLines(t *testing.T) {
	for _, test := range []struct {
		name         string
		loops, where int // the back end's loop
		lines        int
		spelling     spelling
	}{
		{"1 loop", 1, 0, floodLines, plainLines},
		{"2 loops, from another than home", 2, 1, floodLines / 10, commands},
	} {
		t.Run(test.name, func(t *testing.T) {
			if testing.Short() {
				t.Skip("it takes half a minute")
			}
			d := start(t, "-loops", strconv.Itoa(test.loops), "-log-level", "warn")
			ln, err := d.server.engine.Listen("127.0.0.1:0", d.server.backends(endpoint{}, standardPort()), engine.ListenOptions{Loop: d.server.engine.Loops()[test.where]})
			if err != nil {
				t.Fatal(err)
			}
			d.flood(ln.Addr().String(), test.lines, test.spelling)
		})
	}
}

func (d *demo) flood(address string, lines int, how spelling) {
	t := d.t
	var pages []*floodPage
	for i := range floodPages {
		pages = append(pages, openFloodPage(t, d.websocket, i))
	}
	backend, err := net.Dial("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	defer backend.Close()
	_ = backend.SetDeadline(time.Now().Add(floodTime))
	before := heldMemory()
	results := make(chan error, floodPages+2)
	for _, p := range pages {
		go func() { results <- p.read(lines) }()
	}
	var written atomic.Int64
	go func() { results <- writeFlood(backend, lines, how, &written) }()
	peak, blocked := d.untilBlocked(&written, lines)
	if !blocked {
		t.Error("all could be written: it proves nothing")
	}
	go func() { results <- readAnswers(backend, lines) }()
	look := time.NewTicker(50 * time.Millisecond)
	defer look.Stop()
	for left := cap(results); left > 0; {
		select {
		case err := <-results:
			if left--; err != nil {
				t.Fatal(err)
			}
		case <-look.C:
			peak = max(peak, heapMemory())
		}
	}
	stats := d.server.engine.Stats()
	if stats.SlowConsumers+stats.Panics > 0 || stats.OutboxFull == 0 {
		t.Errorf("%+v", stats)
	}
	if grown := int64(peak) - int64(before); grown > floodHeap {
		t.Errorf("the heap has grown by %d bytes", grown)
	}
	t.Logf("the heap had %d KiB before and at most %d KiB; held back %d times, turns %+v", before>>10, peak>>10, stats.HeldBack, stats.Turns)
}

// untilBlocked waits until nothing has been written for a second, or everything.
func (d *demo) untilBlocked(written *atomic.Int64, lines int) (peak uint64, blocked bool) {
	look := time.NewTicker(50 * time.Millisecond)
	defer look.Stop()
	last, since := int64(-1), time.Now()
	for range look.C {
		peak = max(peak, heapMemory())
		switch n := written.Load(); {
		case n == int64(lines):
			return peak, false
		case n != last:
			last, since = n, time.Now()
		case time.Since(since) > time.Second && d.server.engine.Stats().OutboxFull > 0, time.Since(since) > peers.Bound:
			return peak, true // else the machine has other things to do
		}
	}
	return peak, false
}

func writeFlood(w io.Writer, lines int, how spelling, written *atomic.Int64) error {
	var block []byte
	for n := range lines {
		if n%toAllEvery == toAllEvery-1 {
			block = fmt.Appendf(block, how.all+"\n", n)
		} else {
			block = fmt.Appendf(block, how.uid+"\n", n%floodPages, n)
		}
		if len(block) > 60<<10 || n == lines-1 {
			if _, err := w.Write(block); err != nil {
				return fmt.Errorf("line %d: %w", n, err)
			}
			written.Store(int64(n + 1))
			block = block[:0]
		}
	}
	return nil
}

func readAnswers(r io.Reader, lines int) error {
	in := bufio.NewReaderSize(r, 1<<20)
	for n := range lines {
		line, err := in.ReadSlice('\n')
		if err != nil || !bytes.HasPrefix(line, []byte("ok")) {
			return fmt.Errorf("answer %d: %q, %w", n, line, err)
		}
	}
	return nil
}

// floodPage is a page that reads as fast as can be.
type floodPage struct {
	number int
	conn   net.Conn
	in     *bufio.Reader
}

func openFloodPage(t *testing.T, address string, number int) *floodPage {
	conn, _, _, err := ws.Dial(context.Background(), "ws://"+address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	_ = conn.SetDeadline(time.Now().Add(floodTime))
	p := &floodPage{number, conn, bufio.NewReaderSize(conn, 256<<10)}
	for _, f := range []ws.Frame{ws.NewTextFrame(fmt.Append(nil, "u", number)), ws.NewPingFrame(nil)} {
		if err := ws.WriteFrame(conn, ws.MaskFrame(f)); err != nil {
			t.Fatal(err)
		}
	}
	var pong [2]byte // it is bound by then
	if _, err := io.ReadFull(p.in, pong[:]); err != nil || pong[0] != 0x80|byte(ws.OpPong) {
		t.Fatalf("%x, %v", pong, err)
	}
	return p
}

// read takes what is for the page, of so many lines: short text frames, in order.
func (p *floodPage) read(lines int) error {
	for n := range lines {
		if n%toAllEvery != toAllEvery-1 && n%floodPages != p.number {
			continue
		}
		head, err := p.head()
		if err != nil || head[0] != 0x80|byte(ws.OpText) || head[1] >= 126 {
			return fmt.Errorf("page %d, line %d: %x, %w", p.number, n, head, err)
		}
		frame, err := p.in.Peek(2 + int(head[1]))
		if err != nil {
			return fmt.Errorf("page %d, line %d: %w", p.number, n, err)
		}
		digits, _ := bytes.CutSuffix(frame, []byte(`"}`))
		if got, err := strconv.Atoi(string(digits[max(0, len(digits)-8):])); got != n {
			return fmt.Errorf("page %d, line %d: %q, %w", p.number, n, frame, err)
		}
		_, _ = p.in.Discard(len(frame))
	}
	return nil
}

// head looks at the start of the next frame. Who reads for long is asked whether it is there.
func (p *floodPage) head() ([]byte, error) {
	for {
		head, err := p.in.Peek(2)
		if err != nil || head[0] != 0x80|byte(ws.OpPing) || head[1] != 0 {
			return head, err
		}
		_, _ = p.in.Discard(len(head))
		if err := ws.WriteFrame(p.conn, ws.MaskFrame(ws.NewPongFrame(nil))); err != nil {
			return nil, err
		}
	}
}

// Goroutines that push more than the loops can send at once wait for them.
func TestFloodOfGoroutines(t *testing.T) {
	const pages, goroutines, each, size = 40, 4, 20, 16 << 10 // 1.3 MB a page
	for _, loops := range []string{"1", "2"} {
		d := start(t, "-loops", loops)
		var all sync.WaitGroup
		for i := range pages {
			p := d.page(fmt.Sprint("u", i))
			all.Go(func() { readOrdered(t, p, goroutines, each) })
		}
		before := heldMemory()
		var refused atomic.Int64
		for g := range goroutines {
			all.Go(func() {
				for n := range each {
					for i := range pages {
						m := hub.Text(fmt.Appendf(nil, "%d %d %*d", g, n, size, 0))
						err := d.server.hub.Wait(t.Context(), func(x *hub.Home) {
							x.Push(hub.UID(fmt.Sprint("u", i)), m, func(v hub.Verdict) { refused.Add(int64(1 - v.Taken)) })
						})
						if err != nil {
							t.Error(err)
							return
						}
					}
				}
			})
		}
		all.Wait()
		stats := d.server.engine.Stats()
		if grown := int64(heldMemory()) - int64(before); grown > floodHeap || refused.Load() != 0 || stats.SlowConsumers != 0 {
			t.Errorf("%s loops: the heap has grown by %d bytes, %d refused, %d slow", loops, grown, refused.Load(), stats.SlowConsumers)
		}
	}
}

// readOrdered takes what goroutines have pushed to a page: each one's in its order.
func readOrdered(t *testing.T, p *peers.Page, goroutines, each int) {
	next := make([]int, goroutines)
	for range goroutines * each {
		g, n := 0, 0
		if _, err := fmt.Sscan(p.Next(), &g, &n); err != nil || n != next[g] {
			t.Errorf("got %d of goroutine %d, want %d: %v", n, g, next[g], err)
			return
		}
		next[g]++
	}
}
