package websocket

import (
	"bytes"
	"compress/flate"
	"encoding/hex"
	"errors"
	"io"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/gobwas/ws"

	"fanloop/codec/http"
	"fanloop/internal/cut"
)

func TestChooseDeflate(t *testing.T) {
	const none = 0
	for _, test := range []struct {
		offer string
		bits  int // none: declined
	}{
		{"permessage-deflate", 15},
		{"permessage-deflate; client_max_window_bits", 15},
		{"permessage-deflate; client_max_window_bits=8", 15},
		{"permessage-deflate;server_max_window_bits=10", 10},
		{"permessage-deflate ; server_max_window_bits = \"9\"", 9},
		{"permessage-deflate; server_max_window_bits=15; server_no_context_takeover; client_no_context_takeover", 15},
		{"permessage-deflate; server_max_window_bits=8", 8},
		{"permessage-deflate; server_max_window_bits=\"1\\2\"", 12},
		{"foo, permessage-deflate; server_max_window_bits=7, permessage-deflate; server_max_window_bits=11", 11},
		{"permessage-deflate; server_max_window_bits", none},
		{"permessage-deflate; server_max_window_bits=16", none},
		{"permessage-deflate; server_max_window_bits=010", none},
		{"permessage-deflate; server_max_window_bits=10; server_max_window_bits=10", none},
		{"permessage-deflate; client_max_window_bits=16", none},
		{"permessage-deflate; client_max_window_bits=", none},
		{"permessage-deflate; server_no_context_takeover=1", none},
		{"permessage-deflate; client_no_context_takeover=true", none},
		{"permessage-deflate; unknown", none},
		{"permessage-deflate;", none},
		{"x-webkit-deflate-frame", none},
		{"permessage-deflate2", none},
		{"", none},
	} {
		u := Upgrade{Head: &http.Head{Fields: http.Fields{http.NewField("Sec-WebSocket-Extensions", test.offer)}}}
		d, ok := u.ChooseDeflate()
		if ok != (test.bits != none) || d.WindowBits != test.bits {
			t.Errorf("%q: got %+v, %v; want %d bits", test.offer, d, ok, test.bits)
		}
	}
}

func TestDeflateField(t *testing.T) {
	const always = "Sec-WebSocket-Extensions: permessage-deflate; server_no_context_takeover; client_no_context_takeover"
	for offer, want := range map[string]string{
		"permessage-deflate":                            always,
		"permessage-deflate; client_max_window_bits=9":  always,
		"permessage-deflate; server_max_window_bits=15": always + "; server_max_window_bits=15",
		"permessage-deflate; server_max_window_bits=9":  always + "; server_max_window_bits=9",
	} {
		d, ok := parseDeflateOffer([]byte(offer))
		if got := d.appendField(nil); !ok || string(got) != want {
			t.Errorf("%s: %v, %s", offer, ok, got)
		}
	}
	if got := (Deflate{WindowBits: 9}).appendField(nil); string(got) != always+"; server_max_window_bits=9" {
		t.Errorf("made by hand: %s", got)
	}
}

// The examples of RFC 7692 7.2.3, as a client would send them.
func TestInflateExamples(t *testing.T) {
	for name, wire := range map[string]string{
		"one block":           "f248cdc9c90700",
		"a stored block":      "000500faff48656c6c6f00",
		"a last block":        "f348cdc9c9070000",
		"and nothing more":    "f348cdc9c90700", // what compressors make that know nothing of RFC 7692
		"two blocks":          "f248050000 00ffffcac9c90700",
		"two, the first last": "f348cdc9c90700 00 02 00 fd ff 48 69 00",
	} {
		packed, err := hex.DecodeString(string(bytes.ReplaceAll([]byte(wire), []byte(" "), nil)))
		if err != nil {
			t.Fatal(err)
		}
		want := "Hello"
		if name == "two, the first last" {
			want = "HelloHi"
		}
		if got, err := inflate(packed, 100); string(got) != want || err != nil {
			t.Errorf("%s: got %q, %v; want %q", name, got, err, want)
		}
	}
}

func TestDeflateKeepsItsWindow(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	block := make([]byte, 300)
	for i := range block {
		block[i] = byte(random.Uint32())
	}
	text := bytes.Repeat(block, 400) // every match is 300 bytes back
	for bits := minWindowBits; bits <= maxWindowBits; bits++ {
		packed := packedOf(t, Deflate{WindowBits: bits}.AppendBinary(nil, text), text)
		if packed == nil && 1<<bits < len(block) {
			continue // no match within the window: the message stays as it is
		}
		got, err := inflate(packed, len(text))
		if err != nil || !bytes.Equal(got, text) {
			t.Fatalf("%d bits: %d bytes, %v", bits, len(got), err)
		}
		if reach := furthestMatch(t, packed); reach > 1<<bits {
			t.Errorf("%d bits: a match reaches %d bytes back", bits, reach)
		}
		if bits >= 11 && len(packed) > len(text)/3 {
			t.Errorf("%d bits: %d bytes became %d", bits, len(text), len(packed))
		}
	}
}

// packedOf checks a frame's header and returns its payload.
func packedOf(t *testing.T, frame, original []byte) []byte {
	t.Helper()
	h, size := parseFrameHeader(frame)
	if size == 0 || int(h.Length) != len(frame)-size || !h.Fin {
		t.Fatalf("malformed frame header %x", frame[:min(len(frame), 14)])
	}
	if !h.Rsv1() {
		if !bytes.Equal(frame[size:], original) {
			t.Fatal("an uncompressed frame differs")
		}
		return nil
	}
	return frame[size:]
}

// furthestMatch finds how far back packed reaches, by inflating it with ever smaller histories: flate has no window option,
// so it is cut into its flushed pieces instead, each of which must stand alone.
func furthestMatch(t *testing.T, packed []byte) int {
	t.Helper()
	longest := 0
	pieces := bytes.Split(append(bytes.Clone(packed), flushTail...), flushTail)
	for _, piece := range pieces {
		if len(piece) == 0 {
			continue
		}
		got, err := inflate(piece, 1<<20)
		if err != nil {
			t.Fatalf("a piece does not stand alone: %v", err)
		}
		longest = max(longest, len(got))
	}
	return longest
}

func TestShortMessagesStayAsTheyAre(t *testing.T) {
	frame := Deflate{WindowBits: 15}.AppendText(nil, []byte("hi"))
	if want := AppendText(nil, []byte("hi")); !bytes.Equal(frame, want) {
		t.Fatalf("got %x, want %x", frame, want)
	}
}

// What does not compress becomes longer, and is no larger message for that.
func TestMaxMessageIsOfTheInflated(t *testing.T) {
	const limit = 4000
	random := rand.New(rand.NewPCG(3, 4))
	noise := make([]byte, limit+1)
	for i := range noise {
		noise[i] = byte(random.Uint32())
	}
	stored := func(data []byte) (packed []byte) { // blocks of 10 bytes: half as much again
		for chunk := range slices.Chunk(data, 10) {
			n := byte(len(chunk))
			packed = append(append(packed, 0, n, 0, ^n, 0xff), chunk...)
		}
		return append(packed, 0)
	}
	for _, test := range []struct {
		name   string
		packed []byte
		max    int
		want   error
	}{
		{"all that may be", deflated(t, noise[:limit]), limit, nil},
		{"a byte more", deflated(t, noise), limit, ErrMessageTooBig},
		{"no limit", deflated(t, noise), math.MaxInt, nil},
		{"wasteful", stored(noise[:40]), 40, nil},
		{"too wasteful", stored(noise[:limit]), limit, ErrMessageTooBig},
	} {
		got, err := decodeMessage(&Decoder{Deflate: true, MaxMessage: test.max}, [][]byte{frameOf(ws.Header{Fin: true, Rsv: rsv1, OpCode: ws.OpBinary}, string(test.packed))})
		if err != test.want || err == nil && !bytes.HasPrefix(noise, got) {
			t.Errorf("%s: %d bytes as %d: %v, want %v", test.name, len(got), len(test.packed), err, test.want)
		}
	}
}

func TestInflateBomb(t *testing.T) {
	packed := deflated(t, make([]byte, 8<<20))
	if len(packed) > 16<<10 {
		t.Fatalf("the bomb is no bomb: %d bytes", len(packed))
	}
	const limit = 1 << 20
	allocated := testing.AllocsPerRun(1, func() {
		if _, err := inflate(packed, limit); err != ErrMessageTooBig {
			t.Fatalf("got %v, want ErrMessageTooBig", err)
		}
	})
	if allocated > 40 {
		t.Errorf("%v allocations", allocated)
	}
}

func TestManyLastBlocks(t *testing.T) {
	// An empty last block with fixed codes is 03 00.
	if _, err := inflate(bytes.Repeat([]byte{3, 0}, 100_000), 1<<20); err != ErrDeflate {
		t.Fatalf("got %v, want ErrDeflate", err)
	}
}

func deflated(t testing.TB, data []byte) []byte {
	t.Helper()
	var b bytes.Buffer
	w, err := flate.NewWriter(&b, flate.BestCompression)
	if err != nil {
		t.Fatal(err)
	}
	_, _ = w.Write(data)
	_ = w.Flush()
	return bytes.TrimSuffix(b.Bytes(), flushTail)
}

func TestDecodeCompressed(t *testing.T) {
	text := bytes.Repeat([]byte("compress me, 使用者 "), 20)
	packed := deflated(t, text)
	masked := func(first byte, payload []byte) []byte {
		frame := appendFrameHeader(nil, 0, len(payload))
		frame[0] = first
		frame[1] |= bitMask
		return append(append(frame, 0, 0, 0, 0), payload...)
	}
	half := len(packed) / 2
	for _, test := range []struct {
		name string
		wire []byte
		want error
	}{
		{"whole", masked(0xc1, packed), nil},
		{"binary", masked(0xc2, packed), nil},
		{"fragments", append(masked(0x41, packed[:half]), masked(0x80, packed[half:])...), nil},
		{"a ping between", append(append(masked(0x41, packed[:half]), masked(0x89, nil)...), masked(0x80, packed[half:])...), nil},
		{"not compressed", masked(0x81, text), nil},
		{"RSV1 on a continuation", append(masked(0x41, packed[:half]), masked(0xc0, packed[half:])...), ErrReservedBits},
		{"RSV1 on a ping", masked(0xc9, nil), ErrReservedBits},
		{"RSV2", masked(0xe1, packed), ErrReservedBits},
		{"no DEFLATE data", masked(0xc1, []byte{0xff, 0xff}), ErrDeflate},
		{"cut off", masked(0xc1, packed[:half]), ErrDeflate},
		{"not UTF-8", masked(0xc1, deflated(t, []byte("a\xff"))), ErrInvalidUTF8},
		{"torn UTF-8", masked(0xc1, deflated(t, []byte("a\xe4\xbd"))), ErrInvalidUTF8},
		{"too big", masked(0xc2, deflated(t, make([]byte, 5000))), ErrMessageTooBig},
	} {
		t.Run(test.name, func(t *testing.T) {
			cut.Every(t, test.wire, func(t *testing.T, pieces [][]byte) {
				got, err := decodeMessage(&Decoder{Deflate: true, MaxMessage: 4000}, pieces)
				if !errors.Is(err, test.want) || err == nil && !bytes.Equal(got, text) {
					t.Fatalf("got %d bytes, %v; want %v", len(got), err, test.want)
				}
			})
		})
	}
}

// decodeMessage returns the first message.
func decodeMessage(d *Decoder, pieces [][]byte) ([]byte, error) {
	for _, p := range pieces {
		for len(p) > 0 {
			ev, used, err := d.Decode(p)
			if err != nil {
				return nil, err
			}
			if ev.Kind == EventText || ev.Kind == EventBinary {
				return bytes.Clone(ev.Data), nil
			}
			p = p[used:]
		}
	}
	return nil, io.ErrUnexpectedEOF
}

func BenchmarkDeflateAppend(b *testing.B) {
	text := bytes.Repeat([]byte(`{"all":true,"percent":"88%","name":"somebody"}`), 20)
	dst := make([]byte, 0, 4096)
	b.ReportAllocs()
	b.SetBytes(int64(len(text)))
	for b.Loop() {
		dst = Deflate{WindowBits: 15}.AppendText(dst[:0], text)
	}
}
