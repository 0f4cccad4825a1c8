//go:build linux

package client

import (
	"errors"
	"strings"
	"testing"

	"fanloop/codec/websocket"
	"fanloop/internal/cut"
)

// frame is a server's, with a message to everybody.
func frame(seq uint32, size int) string {
	m := newMessage(forAll, size)
	stamp(m, seq, 1_000)
	return string(websocket.AppendText(nil, m))
}

func newTestLoad() *load {
	l := &load{latency: newHistogram(), warmAt: 1_000, pages: protocolOf(&Job{Scenario: Step})}
	l.onMessage = l.judge
	return l
}

// TestFeed gives one connection a stream and looks at what was counted.
func TestFeed(t *testing.T) {
	ping := string(websocket.AppendPong(nil, []byte("unasked")))
	for _, test := range []struct {
		name, stream                string
		received, misplaced, warmed int64
		err                         error
	}{
		{"in order", frame(1, 128) + frame(2, 100) + frame(3, 300), 3, 0, 0, nil},
		{"warm-up first", frame(0, 128) + frame(1, 128), 1, 0, 1, nil},
		{"one missing", frame(1, 128) + frame(3, 128), 1, 1, 0, nil},
		{"one twice", frame(1, 128) + frame(1, 128), 1, 1, 0, nil},
		{"pong between", frame(1, 128) + ping + frame(2, 128), 2, 0, 0, nil},
		{"too short", string(websocket.AppendText(nil, []byte("hello"))), 0, 1, 0, nil},
		{"fragment", "\x01\x01a", 0, 0, 0, errFragment},
		{"masked", string(appendMasked(nil, []byte("abc"))), 0, 0, 0, errMasked},
	} {
		t.Run(test.name, func(t *testing.T) {
			cut.Every(t, []byte(test.stream), func(t *testing.T, pieces [][]byte) {
				l := newTestLoad()
				c := &conn{state: open, next: 1}
				var err error
				for _, p := range pieces {
					if err == nil {
						err = l.feed(c, p, 2_000)
					}
				}
				if l.received != test.received || l.misplaced != test.misplaced || l.warmed != test.warmed || !errors.Is(err, test.err) {
					t.Errorf("received %d, misplaced %d, warmed %d, %v", l.received, l.misplaced, l.warmed, err)
				}
			})
		})
	}
}

func TestFeedBigFrame(t *testing.T) {
	l, c := newTestLoad(), &conn{state: open, next: 1}
	for _, p := range cut.At([]byte(frame(1, 70_000)+frame(2, 128)), []byte{1, 7, 250}) {
		if err := l.feed(c, p, 2_000); err != nil {
			t.Fatal(err)
		}
	}
	if l.received != 2 {
		t.Errorf("received %d", l.received)
	}
}

func TestRefusedHandshake(t *testing.T) {
	for _, answer := range []string{
		"HTTP/1.1 400 Bad Request\r\n\r\n",
		"HTTP/1.1 101 Switching Protocols\r\nSec-WebSocket-Accept: wrong\r\n\r\n",
	} {
		l, c := newTestLoad(), &conn{state: upgrading}
		if err := l.feed(c, []byte(answer), 0); !errors.Is(err, errRefused) {
			t.Errorf("%q: %v", answer, err)
		}
	}
}

func TestAnswers(t *testing.T) {
	for _, test := range []struct {
		text     string
		lenient  bool
		answered int
		err      error
	}{
		{"ok\nok\n", false, 2, nil},
		{"ok\nfail\nok\n", false, 1, errAnswer},
		{"fail\nok\n", true, 2, nil},
		{"no\n", true, 0, errAnswer},
		{"", false, 0, nil},
	} {
		cut.Every(t, []byte(test.text), func(t *testing.T, pieces [][]byte) {
			b := backEnd{lenient: test.lenient}
			var err error
			for _, p := range pieces {
				if err == nil {
					err = b.take(p, 0)
				}
			}
			if b.answered != test.answered || !errors.Is(err, test.err) {
				t.Errorf("%q: %d, %v", test.text, b.answered, err)
			}
		})
	}
}

func TestSockaddr(t *testing.T) {
	if _, err := sockaddr("127.0.0.1:80"); err != nil {
		t.Error(err)
	}
	for _, bad := range []string{"10.0.0.1:80", "[::1]:80", "localhost:80", ""} {
		if _, err := sockaddr(bad); err == nil {
			t.Errorf("%q was taken", bad)
		}
	}
}

// TestFeedAllocates pins that messages cost no memory.
func TestFeedAllocates(t *testing.T) {
	l, c := newTestLoad(), &conn{state: open, next: 1}
	const many = 100
	var b strings.Builder
	for i := range many {
		b.WriteString(frame(uint32(i+1), 128))
	}
	stream := []byte(b.String())
	allocations := testing.AllocsPerRun(10, func() {
		c.next = 1
		if err := l.feed(c, stream, 2_000); err != nil {
			t.Fatal(err)
		}
	})
	if allocations != 0 || l.misplaced != 0 {
		t.Errorf("%v allocations for %d messages, %d misplaced", allocations, many, l.misplaced)
	}
}

func BenchmarkFeed(b *testing.B) {
	l, c := newTestLoad(), &conn{state: open, next: 1}
	stream := []byte(frame(1, 128))
	b.SetBytes(int64(len(stream)))
	b.ReportAllocs()
	for b.Loop() {
		c.next = 1
		if err := l.feed(c, stream, 2_000); err != nil {
			b.Fatal(err)
		}
	}
}
