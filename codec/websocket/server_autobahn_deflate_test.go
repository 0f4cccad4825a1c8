//go:build linux

package websocket

import (
	"bytes"
	"compress/flate"
	"encoding/hex"
	"fmt"
	"math/rand/v2"
	"net"
	"strings"
	"testing"

	"github.com/gobwas/ws"

	"fanloop/codec/http"
	"fanloop/internal/cut"
)

// agree opens a connection that offers extensions and returns what the server has accepted.
func agree(t *testing.T, w *world, offer string) (*client, string) {
	t.Helper()
	c := dial(t, w.addr)
	c.send(offering(offer))
	return c, c.wantOpen().Header.Get("Sec-WebSocket-Extensions")
}

const takesOver = "permessage-deflate; server_no_context_takeover; client_no_context_takeover"

// 13: what is offered and what is accepted. 13.7 are the offers of several at once.
func TestAutobahn13Offers(t *testing.T) {
	w := serve(t, &Server{Compression: true, CompressMin: 1, OnMessage: echo})
	message := strings.Repeat("one offer, one answer, ", 100)
	for _, test := range []struct{ name, offer, answer string }{
		{"13.1", "permessage-deflate; client_max_window_bits", takesOver},
		{"13.2", "permessage-deflate; server_no_context_takeover; client_max_window_bits", takesOver},
		{"13.3", "permessage-deflate; server_max_window_bits=9; client_max_window_bits", takesOver + "; server_max_window_bits=9"},
		{"13.4", "permessage-deflate; server_max_window_bits=15; client_max_window_bits", takesOver + "; server_max_window_bits=15"},
		{"13.5", "permessage-deflate; server_no_context_takeover; server_max_window_bits=9", takesOver + "; server_max_window_bits=9"},
		{"13.6", "permessage-deflate; server_max_window_bits=15; server_no_context_takeover", takesOver + "; server_max_window_bits=15"},
		{"13.7", "permessage-deflate; server_no_context_takeover; server_max_window_bits=9, permessage-deflate; server_no_context_takeover, permessage-deflate", takesOver + "; server_max_window_bits=9"},
		{"the smallest window", "permessage-deflate; server_max_window_bits=8", takesOver + "; server_max_window_bits=8"},
		{"a value in quotes", `permessage-deflate; server_max_window_bits="10"`, takesOver + "; server_max_window_bits=10"},
		{"the second is right", "permessage-deflate; server_max_window_bits=7, permessage-deflate", takesOver},
		{"in two lines", "x-other; a=b\r\nSec-WebSocket-Extensions: permessage-deflate", takesOver},
		{"unknown", "x-webkit-deflate-frame", ""},
		{"of another case", "Permessage-Deflate", ""},
		{"an unknown parameter", "permessage-deflate; window=15", ""},
		{"a window too large", "permessage-deflate; server_max_window_bits=16", ""},
		{"a client's window too small", "permessage-deflate; client_max_window_bits=7", ""},
		{"a window without a value", "permessage-deflate; server_max_window_bits", ""},
		{"a value for what has none", "permessage-deflate; server_no_context_takeover=1", ""},
		{"twice the same", "permessage-deflate; client_no_context_takeover; client_no_context_takeover", ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			c, answer := agree(t, w, test.offer)
			if answer != test.answer {
				t.Fatalf("%s is answered %q, want %q", test.offer, answer, test.answer)
			}
			c.send(clientFrame(0x81, []byte(message))) // a client need not compress
			if packed, size, got := c.packedFrame(); packed != (answer != "") || got != message {
				t.Errorf("packed %v to %d bytes, right text %v", packed, size, got == message)
			}
			c.bye()
		})
	}
}

// packedAt compresses as RFC 7692 7.2.1 says, at one of flate's levels.
func packedAt(t *testing.T, level int, data []byte) []byte {
	t.Helper()
	var b bytes.Buffer
	w, err := flate.NewWriter(&b, level)
	if err != nil {
		t.Fatal(err)
	}
	_, _ = w.Write(data)
	_ = w.Flush()
	return bytes.TrimSuffix(b.Bytes(), flushTail)
}

// packedFrames is a compressed message in fragments of size bytes: RSV1 on the first of them only.
func packedFrames(op ws.OpCode, packed []byte, size int) (out []byte) {
	first := bitCompressed | byte(op)
	for len(packed) > size {
		out = append(out, clientFrame(first, packed[:size])...)
		packed, first = packed[size:], 0
	}
	return append(out, clientFrame(first|bitFin, packed)...)
}

// 12: messages of all sizes and kinds, by all sorts of compressors, whole and in fragments.
func TestAutobahn12Messages(t *testing.T) {
	w := serve(t, &Server{Compression: true, CompressMin: 1, OnMessage: echo})
	random := rand.New(rand.NewPCG(1, 2))
	noise := make([]byte, 64<<10)
	for i := range noise {
		noise[i] = byte(random.Uint32())
	}
	json := []byte(strings.Repeat(`{"AutobahnPython": 0.6.0, "user": "使用者", "n": [1, 2, 3]}, `, 3000))
	for _, bits := range []int{8, 11, 15} {
		t.Run(fmt.Sprintf("window %d", bits), func(t *testing.T) {
			c, _ := agree(t, w, fmt.Sprintf("permessage-deflate; server_max_window_bits=%d; client_max_window_bits", bits))
			for _, size := range []int{0, 16, 64, 256, 1024, 8192, 65536} {
				for _, level := range []int{flate.HuffmanOnly, flate.NoCompression, flate.BestSpeed, flate.BestCompression} {
					for _, data := range [][]byte{json[:size], noise[:size], make([]byte, size)} {
						packed := packedAt(t, level, data)
						fragment := []int{max(1, len(packed)), max(64, len(packed)/3)}[size/16%2]
						done := c.flood(packedFrames(ws.OpBinary, packed, fragment))
						if _, _, got := c.packedFrame(); got != string(data) {
							t.Fatalf("%d bytes at level %d: %d came back", size, level, len(got))
						}
						<-done
					}
				}
			}
			c.bye()
		})
	}
}

// What a message's compressed form may be and may not, as RFC 7692 6 and 7.2.3 say, however it arrives.
func TestAutobahnDeflateForms(t *testing.T) {
	w := serve(t, &Server{Compression: true, OnMessage: echo})
	raw := func(digits string) []byte {
		b, err := hex.DecodeString(strings.ReplaceAll(digits, " ", ""))
		if err != nil {
			t.Fatal(err)
		}
		return b
	}
	hello := raw("f248cdc9c90700")
	said1 := []reading{said("Hello")}
	for _, test := range []struct {
		name  string
		send  []byte
		want  []reading
		fails int
	}{
		{"7.2.3.1 one block", packedFrames(ws.OpText, hello, 99), said1, 0},
		{"7.2.3.1 in two fragments", packedFrames(ws.OpText, hello, 3), said1, 0},
		{"a fragment each byte", packedFrames(ws.OpText, hello, 1), said1, 0},
		{"a ping between", join(clientFrame(0x41, hello[:3]), ping("p"), clientFrame(0x80, hello[3:])), []reading{ponged("p"), said("Hello")}, 0},
		{"an empty first fragment", join(clientFrame(0x41, nil), clientFrame(0x80, hello)), said1, 0},
		{"an empty last fragment", join(clientFrame(0x41, hello), clientFrame(0x80, nil)), said1, 0},
		{"7.2.3.2 the same again, without context", join(packedFrames(ws.OpText, hello, 99), packedFrames(ws.OpText, hello, 99)), append(said1, said1...), 0},
		{"7.2.3.2 the same again, with context", join(packedFrames(ws.OpText, hello, 99), packedFrames(ws.OpText, raw("f200110000"), 99)), said1, 1007},
		{"7.2.3.3 a stored block", packedFrames(ws.OpText, raw("000500faff48656c6c6f00"), 4), said1, 0},
		{"7.2.3.4 a last block", packedFrames(ws.OpText, raw("f348cdc9c9070000"), 4), said1, 0},
		{"a last block and no more", packedFrames(ws.OpText, raw("f348cdc9c90700"), 4), said1, 0},
		{"7.2.3.5 two blocks", packedFrames(ws.OpText, raw("f248050000 00ffffcac9c90700"), 4), said1, 0},
		{"7.2.3.6 empty", packedFrames(ws.OpText, raw("00"), 4), []reading{said("")}, 0},
		{"empty blocks", packedFrames(ws.OpText, raw("000000ffff 000000ffff 00"), 4), []reading{said("")}, 0},
		{"not compressed", join(text("Hello"), packedFrames(ws.OpText, hello, 99), first("Hel"), last("lo")), append(append(said1, said1...), said1...), 0},
		{"no byte", packedFrames(ws.OpText, nil, 4), nil, 1007},
		{"the tail not taken off", packedFrames(ws.OpText, append(bytes.Clone(hello), flushTail...), 99), nil, 1007},
		{"no DEFLATE", packedFrames(ws.OpText, []byte("Hello"), 99), nil, 1007},
		{"a reserved kind of block", packedFrames(ws.OpText, raw("06"), 99), nil, 1007},
		{"gzip", packedFrames(ws.OpText, raw("1f8b0800000000000003"), 99), nil, 1007},
		{"not UTF-8", packedFrames(ws.OpText, packedAt(t, 9, []byte("Hello\xed\xa0\x80")), 99), nil, 1007},
		{"RSV1 on a continuation", join(clientFrame(0x41, hello[:3]), clientFrame(0xc0, hello[3:])), nil, 1002},
		{"RSV1 on a continuation only", join(clientFrame(0x02, hello[:3]), clientFrame(0xc0, hello[3:])), nil, 1002},
		{"RSV1 on a ping", clientFrame(0xc9, nil), nil, 1002},
		{"RSV1 on a pong", clientFrame(0xca, nil), nil, 1002},
		{"RSV1 on a Close", clientFrame(0xc8, raw("03e8")), nil, 1002},
		{"RSV2 with RSV1", clientFrame(0xe1, hello), nil, 1002},
		{"RSV3 alone", clientFrame(0x91, []byte("Hello")), nil, 1002},
		{"RSV1 on nothing to continue", clientFrame(0xc0, hello), nil, 1002},
		{"a message in a compressed one", join(clientFrame(0x41, hello[:3]), clientFrame(0xc1, hello)), nil, 1002},
	} {
		for _, widths := range widthsOfAutobahn {
			t.Run(test.name, func(t *testing.T) {
				c, _ := agree(t, w, "permessage-deflate")
				done := c.trickle(cut.At(test.send, widths))
				for _, r := range test.want {
					c.want(r.op, r.payload)
				}
				<-done
				if test.fails == 0 {
					c.bye()
					return
				}
				c.wantFailure(test.fails)
			})
		}
	}
}

// One Server, three doors: its own port, a route of package http, and a handler of net/http.
func TestCompressionAtEachDoor(t *testing.T) {
	own := serve(t, &Server{Compression: true, OnMessage: echo})
	route := share(t, &Server{Compression: true, OnMessage: echo}, &http.Server{OnRequest: plainly})
	_, standard := beside(t, &Server{Compression: true, OnMessage: echo})
	message := strings.Repeat("through each door, ", 100)
	for name, addr := range map[string]net.Addr{"own": own.addr, "route": route.addr, "net/http": standard.Listener.Addr()} {
		c := dial(t, addr)
		c.send(offering("x-other; a, permessage-deflate; server_max_window_bits=12\r\nSec-WebSocket-Extensions: permessage-deflate"),
			packedFrames(ws.OpText, deflated(t, []byte(message)), 10))
		if got := c.wantOpen().Header.Get("Sec-WebSocket-Extensions"); got != takesOver+"; server_max_window_bits=12" {
			t.Errorf("%s: answered %q", name, got)
		}
		if packed, _, got := c.packedFrame(); !packed || got != message {
			t.Errorf("%s: packed %v, right text %v", name, packed, got == message)
		}
		c.bye()
	}
}
