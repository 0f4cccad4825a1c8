package websocket

import (
	"bytes"
	"compress/flate"
	"io"
	"testing"

	"github.com/gobwas/ws"

	"fanloop/internal/cut"
)

// packedSeeds are payloads of compressed messages: the examples of RFC 7692 7.2.3, and what is none.
var packedSeeds = []string{
	"\xf2\x48\xcd\xc9\xc9\x07\x00", "\xf2\x00\x11\x00\x00", "\x00\x05\x00\xfa\xffHello\x00", "\xf3\x48\xcd\xc9\xc9\x07\x00\x00",
	"\xf3\x48\xcd\xc9\xc9\x07\x00", "\xf2\x48\x05\x00\x00\x00\xff\xff\xca\xc9\xc9\x07\x00", "\x00", "", "\x03\x00\x03\x00",
	"\x00\x00\xff\xff", "\x06", "\x1f\x8b\x08\x00", "Hello", "\xed\xc1\x01\x01\x00\x00\x00\x80\x90\xfe\xaf\xee\x08\n",
}

// FuzzInflate holds inflate against compress/flate's own reading of the whole stream: where that comes to an end, behind the
// last byte and within the limit, the two say the same. Whatever there is, inflate stays within its limit.
func FuzzInflate(f *testing.F) {
	for _, seed := range packedSeeds {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, packed []byte) {
		const limit = 1 << 16
		got, err := inflate(packed, limit)
		if len(got) > limit || cap(got) > 2*limit+64 || err == nil && got == nil {
			t.Fatalf("%d bytes of %d, %v", len(got), cap(got), err)
		}
		stream := bytes.NewReader(append(bytes.Clone(packed), packedTail...))
		want, plainErr := io.ReadAll(io.LimitReader(flate.NewReader(stream), limit+1))
		switch {
		case len(want) > limit:
			if err != ErrMessageTooBig {
				t.Fatalf("%v for more than the limit", err)
			}
		case plainErr == nil && stream.Len() == 0 && (err != nil || !bytes.Equal(got, want)):
			t.Fatalf("%x, %v, want %x", got, err, want)
		}
	})
}

// FuzzDeflate: what is compressed for any window is inflated to the same.
func FuzzDeflate(f *testing.F) {
	f.Add([]byte("hello hello hello hello"), uint8(9))
	f.Add(bytes.Repeat([]byte("0123456789abcdef"), 100), uint8(0))
	f.Add([]byte(""), uint8(7))
	f.Add([]byte("使用者1"), uint8(3))
	f.Fuzz(func(t *testing.T, text []byte, bits uint8) {
		d := Deflate{WindowBits: minWindowBits + int(bits)%(maxWindowBits-minWindowBits+1)}
		packed := packedOf(t, d.AppendBinary(nil, text), text)
		if packed == nil {
			return
		}
		if got, err := inflate(packed, len(text)); err != nil || !bytes.Equal(got, text) {
			t.Fatalf("%d bytes became %d, %v", len(text), len(got), err)
		}
	})
}

// FuzzDecodeCompressed: a compressed message says the same however it is fragmented and cut, and that is what inflate makes of it.
func FuzzDecodeCompressed(f *testing.F) {
	for _, seed := range packedSeeds {
		f.Add([]byte(seed), []byte{3})
	}
	f.Fuzz(func(t *testing.T, packed, widths []byte) {
		const limit = 1 << 12
		var wire []byte
		h := ws.Header{OpCode: ws.OpBinary, Rsv: rsv1}
		for _, part := range cut.At(packed, widths) {
			wire = append(wire, frameOf(h, string(part))...)
			h = ws.Header{OpCode: ws.OpContinuation}
		}
		h.Fin = true
		wire = append(wire, frameOf(h, "")...)
		want, wantErr := inflate(packed, limit)
		d := Decoder{Deflate: true, MaxMessage: limit}
		if len(packed) > limit+limit/8+64 {
			wantErr = ErrMessageTooBig
		}
		events, _, err := decodeAll(t, &d, cut.At(wire, widths))
		if err != wantErr {
			t.Fatalf("%v, want %v", err, wantErr)
		}
		if err == nil {
			sameEvents(t, events, []seen{{Kind: EventBinary, Data: string(want)}})
		}
	})
}
