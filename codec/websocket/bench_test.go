package websocket

import (
	"fmt"
	"strings"
	"testing"

	"github.com/gobwas/ws"
)

// repeatable is a client's frame that can be decoded in place again and again: its masking key is 0, which ws.Cipher
// works through like any other.
func repeatable(f ws.Frame) []byte {
	return wire(ws.MaskFrameInPlaceWith(f, [4]byte{}))
}

func TestAllocations(t *testing.T) {
	var d Decoder
	message := repeatable(ws.NewTextFrame([]byte(strings.Repeat("使", 40))))
	big := repeatable(ws.NewBinaryFrame(make([]byte, 60_000)))
	beat := repeatable(ws.NewPingFrame([]byte("beat")))
	out := make([]byte, 0, 1<<17)
	for _, row := range []struct {
		name string
		most float64
		fn   func()
	}{
		{"small message", 0, func() { d.Decode(message) }},
		{"message of 60 KB", 0, func() { d.Decode(big) }},
		{"ping", 0, func() { d.Decode(beat) }},
		{"message behind a cut header", 0, func() { d.Decode(message[:5]); d.Decode(message[5:]) }},
		{"message cut once", 1, func() { d.Decode(message[:20]); d.Decode(message[20:]) }},
		{"ping behind a cut", 0, func() { d.Decode(beat[:6]); d.Decode(beat[6:]) }},
		{"ping cut once", 1, func() { d.Decode(beat[:8]); d.Decode(beat[8:]) }},
		{"encoded into a buffer", 0, func() { AppendText(AppendPong(out, beat), big) }},
		{"encoded for many", 1, func() { AppendText(nil, big) }},
		{"close", 0, func() { AppendClose(out, StatusGoingAway, "bye") }},
	} {
		if got := testing.AllocsPerRun(100, row.fn); got > row.most {
			t.Errorf("%s: %v allocations, want %v", row.name, got, row.most)
		}
	}
	if d.stage != atHeader {
		t.Fatal("the decoder has ended")
	}
}

// textInput is a text message of size bytes in the given number of fragments.
func textInput(size, fragments int) []byte {
	payload := []byte(strings.Repeat("Hello, 世界...", size/16+1))[:size]
	var out []byte
	op, each := ws.OpText, size/fragments
	for len(payload) > each+fragments {
		out = append(out, repeatable(ws.NewFrame(op, false, payload[:each]))...)
		payload, op = payload[each:], ws.OpContinuation
	}
	return append(out, repeatable(ws.NewFrame(op, true, payload))...)
}

func BenchmarkDecode(b *testing.B) {
	for _, size := range []int{125, 4 << 10, 1 << 20} {
		for _, fragments := range []int{1, 16} {
			for _, read := range []int{2 << 20, 64 << 10} {
				if read < 1<<20 && size < 1<<20 {
					continue
				}
				b.Run(fmt.Sprintf("%dB in %d, read %dKiB", size, fragments, read>>10), func(b *testing.B) {
					benchmarkDecode(b, textInput(size, fragments), size, read)
				})
			}
		}
	}
}

func benchmarkDecode(b *testing.B, input []byte, size, read int) {
	var d Decoder
	b.ReportAllocs()
	b.SetBytes(int64(size))
	for b.Loop() {
		var ev Event
		for p := input; len(p) > 0; {
			var used int
			var err error
			if ev, used, err = d.Decode(p[:min(len(p), read)]); err != nil {
				b.Fatal(err)
			}
			p = p[used:]
		}
		if len(ev.Data) != size {
			b.Fatalf("%d bytes", len(ev.Data))
		}
	}
}

func BenchmarkDecodePing(b *testing.B) {
	benchmarkDecode(b, repeatable(ws.NewPingFrame([]byte("beat"))), 4, 64)
}

func BenchmarkAppendText(b *testing.B) {
	for _, size := range []int{125, 4 << 10, 1 << 20} {
		b.Run(fmt.Sprint(size, "B"), func(b *testing.B) {
			payload := make([]byte, size)
			dst := make([]byte, 0, size+ws.MaxHeaderSize)
			b.ReportAllocs()
			b.SetBytes(int64(size))
			for b.Loop() {
				AppendText(dst, payload)
			}
		})
	}
}
