//go:build linux

package websocket

import (
	"bytes"
	"io"
	"strings"
	"testing"

	"github.com/gobwas/ws"
)

// offering is an opening handshake that offers extensions.
func offering(extensions string) []byte {
	return []byte(strings.Replace(request, "\r\n\r\n", "\r\nSec-WebSocket-Extensions: "+extensions+"\r\n\r\n", 1))
}

// packedFrame reads one frame and inflates it if RSV1 is set.
func (c *client) packedFrame() (packed bool, wire int, text string) {
	c.t.Helper()
	h, err := ws.ReadHeader(c.reader)
	if err != nil {
		c.t.Fatal(err)
	}
	payload := make([]byte, h.Length)
	if _, err := io.ReadFull(c.reader, payload); err != nil {
		c.t.Fatal(err)
	}
	if !h.Rsv1() {
		return false, len(payload), string(payload)
	}
	plain, err := inflate(payload, 1<<20)
	if err != nil {
		c.t.Fatal(err)
	}
	return true, len(payload), string(plain)
}

// clientFrame is a masked frame whose key is zero, so that the payload stands as it is.
func clientFrame(first byte, payload []byte) []byte {
	frame := appendFrameHeader(nil, 0, len(payload))
	frame[0], frame[1] = first, frame[1]|bitMask
	return append(append(frame, 0, 0, 0, 0), payload...)
}

func TestCompression(t *testing.T) {
	w := serve(t, &Server{Compression: true, CompressMin: 100, OnMessage: echo})
	long := strings.Repeat("compress me, 使用者 ", 50)
	for _, test := range []struct{ offer, answer string }{
		{"permessage-deflate; client_max_window_bits", "permessage-deflate; server_no_context_takeover; client_no_context_takeover"},
		{"permessage-deflate; server_max_window_bits=9", "permessage-deflate; server_no_context_takeover; client_no_context_takeover; server_max_window_bits=9"},
		{"permessage-deflate; server_max_window_bits=16", ""},
		{"foo", ""},
	} {
		c := dial(t, w.addr)
		c.send(offering(test.offer))
		if got := c.wantOpen().Header.Get("Sec-WebSocket-Extensions"); got != test.answer {
			t.Fatalf("%s: answered %q, want %q", test.offer, got, test.answer)
		}
		agreed := test.answer != ""
		sent := clientFrame(0x81, []byte(long))
		if agreed {
			sent = clientFrame(0xc1, deflated(t, []byte(long)))
		}
		c.send(sent, clientFrame(0x81, []byte("short")))
		if packed, wire, text := c.packedFrame(); packed != agreed || text != long || agreed && wire > len(long)/4 {
			t.Errorf("%s: packed %v, %d bytes on the wire, right text %v", test.offer, packed, wire, text == long)
		}
		if packed, _, text := c.packedFrame(); packed || text != "short" {
			t.Errorf("%s: a short message: packed %v, %q", test.offer, packed, text)
		}
		_ = c.Close()
	}
}

func TestCompressionIsOffByDefault(t *testing.T) {
	w := serve(t, &Server{OnMessage: echo})
	c := dial(t, w.addr)
	c.send(offering("permessage-deflate"))
	if got := c.wantOpen().Header.Get("Sec-WebSocket-Extensions"); got != "" {
		t.Fatalf("answered %q", got)
	}
	c.send(clientFrame(0xc1, deflated(t, []byte("hello"))))
	c.wantClose(StatusProtocolError, ErrReservedBits.(Error).text)
}

func TestCompressedBomb(t *testing.T) {
	w := serve(t, &Server{Compression: true, MaxMessage: 64 << 10, OnMessage: echo})
	c := dial(t, w.addr)
	c.send(offering("permessage-deflate"))
	c.wantOpen()
	c.send(clientFrame(0xc2, deflated(t, make([]byte, 4<<20))))
	c.wantClose(StatusMessageTooBig, ErrMessageTooBig.(Error).text)
}

// Messages that become large are inflated some at a time: others have their turn in between.
func TestManyBombsAreSeveralTurns(t *testing.T) {
	const messages, size = 60, 256 << 10
	seen, atOnce := 0, 0
	w := serve(t, &Server{Compression: true, OnMessage: func(c *Conn, m Message) {
		if seen++; seen == 1 {
			_ = c.Loop().Post(func() { atOnce = seen })
		}
		if len(m.Data) != size {
			t.Errorf("%d bytes", len(m.Data))
		}
	}})
	c := dial(t, w.addr)
	c.send(offering("permessage-deflate"))
	c.wantOpen()
	bomb := clientFrame(0xc2, deflated(t, make([]byte, size)))
	c.send(bytes.Repeat(bomb, messages), ping("behind them"))
	c.want(ws.OpPong, "behind them")
	w.onLoop(func() {
		if seen != messages || atOnce > messages/2 {
			t.Errorf("%d messages, %d of them before a posted task", seen, atOnce)
		}
	})
}

// counted is a shared message that counts how often it is encoded. It stays on one loop.
type counted struct {
	data  string
	made  map[int][]byte
	calls int
}

func (m *counted) Len() int    { return len(m.data) }
func (m *counted) Key() string { return "" }

func (m *counted) Encoded(slot int, encode func(dst, data []byte, binary bool) []byte) []byte {
	if m.made[slot] == nil {
		m.calls++
		m.made[slot] = encode(nil, []byte(m.data), false)
	}
	return m.made[slot]
}

// A message to many is encoded once for all that agreed on the same.
func TestSharedCompression(t *testing.T) {
	w := serve(t, &Server{Compression: true})
	m := &counted{data: strings.Repeat("again and again ", 100), made: map[int][]byte{}}
	var clients []*client
	for _, extensions := range []string{"permessage-deflate", "permessage-deflate", "permessage-deflate; server_max_window_bits=9", "none", "none"} {
		c := dial(t, w.addr)
		c.send(offering(extensions))
		c.wantOpen()
		clients = append(clients, c)
		conn := receive(t, w.conns)
		w.onLoop(func() {
			outlet, _ := conn.Ref().Attach(func() {})
			outlet.Hear(true)
		})
	}
	w.onLoop(func() { w.Home().Broadcast(m, nil) })
	for i, c := range clients {
		if packed, _, text := c.packedFrame(); packed != (i < 3) || text != m.data {
			t.Errorf("client %d: packed %v, right text %v", i, packed, text == m.data)
		}
	}
	w.onLoop(func() {
		if m.calls != 3 { // two windows, and not at all
			t.Errorf("encoded %d times, want 3", m.calls)
		}
	})
}
