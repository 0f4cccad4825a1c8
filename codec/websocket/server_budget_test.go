//go:build linux

package websocket

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"fanloop/engine"

	"github.com/gobwas/ws"
)

// until waits for what the loop is about to do.
func (w *world) until(what string, done func(s engine.Stats) bool) {
	w.t.Helper()
	for end := time.Now().Add(patience); !done(w.Stats()); time.Sleep(time.Millisecond) {
		if time.Now().After(end) {
			w.t.Fatalf("never %s: %+v", what, w.Stats())
		}
	}
}

// Of those who have sent half a message, the one that holds the most is told 1013 when the budget of memory is spent, and not
// before; the others finish theirs. What the former still sends takes no memory.
func TestServerOutOfMemory(t *testing.T) {
	w := serveOn(t, engine.Options{MaxMemory: 1 << 20}, &Server{CloseTimeout: patience, OnMessage: func(c *Conn, m Message) { _ = c.Send(m.Data[:1]) }})
	message := func(size int) []byte { return text(strings.Repeat("x", size)) }
	var others []*client
	sent := uint64(0)
	for range 4 {
		c, _ := w.connect()
		before := w.Stats().BytesIn
		c.send(message(200 << 10)[:100<<10])
		w.until("read", func(s engine.Stats) bool { return s.BytesIn-before == 100<<10 })
		others = append(others, c)
		sent += 100 << 10
	}
	w.until("counted", func(s engine.Stats) bool { return s.Memory >= int64(sent)-4<<10 })
	if s := w.Stats(); s.MemorySpent != 0 || s.MemoryClosed != 0 || s.Memory > 1<<20 {
		t.Fatalf("below the budget: %+v", s)
	}
	greedy, _ := w.connect()
	large := message(1000 << 10)
	greedy.send(large[:700<<10]) // more than there is, however its pieces come
	greedy.wantClose(StatusTryAgainLater, "out of memory")
	w.until("free", func(s engine.Stats) bool { return s.Memory < 1<<20-1<<17 })
	s := w.Stats()
	if s.MemorySpent == 0 || s.MemoryClosed != 1 || s.Ended.Memory != 0 {
		t.Errorf("%+v", s)
	}
	greedy.send(large[700<<10:], message(1000), frame(false, ws.OpText, "and half of another"))
	w.until("passed over", func(now engine.Stats) bool { return now.BytesIn > s.BytesIn+300<<10 })
	if now := w.Stats(); now.Memory > s.Memory+8<<10 {
		t.Errorf("%d bytes are used, %d before", now.Memory, s.Memory)
	}
	greedy.send(closing(StatusTryAgainLater, ""))
	greedy.wantEnd()
	w.wantClosed(engine.ErrMemory)
	for _, c := range others {
		c.send(message(200 << 10)[100<<10:])
	}
	for _, c := range others {
		c.want(ws.OpText, "x")
	}
	w.until("given back", func(s engine.Stats) bool { return s.Memory == 0 })
	if s := w.Stats(); s.Ended.Memory != 1 || s.MemoryClosed != 1 {
		t.Errorf("%+v", s)
	}
}

// Half of an opening handshake is told 503.
func TestServerOutOfMemoryOpening(t *testing.T) {
	w := serveOn(t, engine.Options{MaxMemory: 32 << 10}, &Server{HandshakeTimeout: patience})
	half := strings.TrimSuffix(request, "\r\n") + "X: " + strings.Repeat("x", 10<<10)
	var all []*client
	for range 4 {
		c := dial(t, w.addr)
		c.send([]byte(half))
		all = append(all, c)
	}
	w.until("closed", func(s engine.Stats) bool { return s.MemoryClosed > 0 })
	refused := 0
	for _, c := range all {
		_, _ = c.Write([]byte("\r\n\r\n")) // one that was refused may be gone
		if res := c.response(); res.StatusCode == 503 && res.Header.Get("Retry-After") != "" {
			refused++
		} else if res.StatusCode != 101 {
			t.Errorf("%s", res.Status)
		}
	}
	if n := w.Stats().MemoryClosed; refused != int(n) || refused == len(all) {
		t.Errorf("%d of %d were refused, %d closed", refused, len(all), n)
	}
}

// A message that nobody wants is passed over, however it is cut, and keeps nothing.
func TestDecoderDiscards(t *testing.T) {
	for _, deflate := range []bool{false, true} {
		input := join(
			frame(false, ws.OpText, strings.Repeat("a", 300)), frame(true, ws.OpPing, "p"), frame(true, ws.OpContinuation, "\xff not UTF-8"),
			frame(true, ws.OpBinary, ""), text("whole"), closing(StatusNormalClosure, "bye"),
		)
		for size := 1; size < len(input); size++ {
			d := Decoder{Deflate: deflate}
			if _, _, err := d.Decode(append([]byte(nil), frame(false, ws.OpText, "before")...)); err != nil || d.message == nil {
				t.Fatal(err)
			}
			d.discards, d.message = true, nil // as the session does
			got := ""
			rest := frame(true, ws.OpContinuation, "")
			for p := append(rest, input...); len(p) > 0; {
				piece := append([]byte(nil), p[:min(size, len(p))]...)
				ev, n, err := d.Decode(piece)
				if err != nil {
					t.Fatal(err)
				}
				if len(d.message) > 0 {
					t.Fatalf("%d bytes are kept", len(d.message))
				}
				if p = p[n:]; ev.Kind != EventNone {
					got += fmt.Sprintf("%d:%s ", ev.Kind, ev.Data)
				}
			}
			if want := fmt.Sprintf("%[1]d: %[2]d:p %[1]d: %[3]d: %[1]d: %[4]d:bye ", EventText, EventPing, EventBinary, EventClose); got != want {
				t.Fatalf("cut at %d: %q", size, got)
			}
		}
	}
}
