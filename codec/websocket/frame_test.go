package websocket

import (
	"bytes"
	"strings"
	"testing"

	"github.com/gobwas/ws"
)

func TestAppend(t *testing.T) {
	appends := map[ws.OpCode]func(dst, payload []byte) []byte{
		ws.OpText:   AppendText,
		ws.OpBinary: AppendBinary,
		ws.OpPing:   AppendPing,
		ws.OpPong:   AppendPong,
	}
	for op, appendTo := range appends {
		for _, size := range []int{0, 1, 124, 125, 126, 127, 65535, 65536, 1 << 20} {
			payload := []byte(strings.Repeat("é", size/2+1))[:size]
			sent := payload
			if op.IsControl() {
				sent = payload[:min(size, MaxControlPayload)]
			}
			want := "before" + string(wire(ws.NewFrame(op, true, sent)))
			if got := appendTo([]byte("before"), payload); string(got) != want {
				t.Errorf("opcode %d, %d bytes: %.20x, want %.20x", op, size, got, want)
			}
		}
	}
}

// Every header of two first bytes, whole and cut short, as another implementation reads it.
func TestParseFrameHeader(t *testing.T) {
	rest := []byte("\x01\x02\x03\x04\x05\x06\x07\x08\x09\x0a\x0b\x0c")
	for first := range 1 << 16 {
		b := append([]byte{byte(first >> 8), byte(first)}, rest...)
		want, err := ws.ReadHeader(bytes.NewReader(b))
		got, size := parseFrameHeader(b)
		if err != nil || got != want || size != headerSize(b[1]) {
			t.Fatalf("%x: %+v in %d bytes, want %+v, %v", b, got, size, want, err)
		}
		for n := range size {
			if _, size := parseFrameHeader(b[:n]); size != 0 {
				t.Fatalf("%x: a header of %d bytes", b[:n], size)
			}
		}
	}
}
