package websocket

import (
	"bytes"
	"testing"

	"fanloop/internal/cut"

	"github.com/gobwas/ws"
)

// FuzzDecoder takes its input twice: as what a client sends, cut at widths, held against oracle; and as the payload of a
// message whose fragments have the sizes of widths.
func FuzzDecoder(f *testing.F) {
	for _, input := range [][]byte{
		join(first("frag"), ping("now"), more(""), last("ment"), pong("")),
		join(text("使用者1"), closing(StatusNormalClosure, "bye"), text("late")),
		join(first("\xe4\xbd"), last("\xbf")), text("\xed\xa0\x80"), text("cut \xe4\xbd"),
		blob(long(126)), blob(long(301)), join(frame(false, ws.OpBinary, long(300)), last("*")),
		frame(true, ws.OpClose, "\x03"), closing(5000, ""), closing(1000, "\xff"), ping(long(126)),
		frame(true, 3, ""), frameOf(ws.Header{Fin: true, Rsv: 4, OpCode: 1}, ""), wire(ws.NewTextFrame(nil)),
		[]byte("\x82\xfe\x00\x01\x00\x00\x00\x00."), []byte("\x82\xff\x80\x00\x00\x00\x00\x00\x00\x01\x00\x00\x00\x00."),
		join(first("a"), text("b")), last("x"), frame(false, ws.OpPing, ""),
	} {
		f.Add(input, []byte{1})
		f.Add(input, []byte{3, 7, 200})
	}
	f.Fuzz(func(t *testing.T, input, widths []byte) {
		input = input[:min(len(input), 8<<10)] // enough for MaxEmptyFragments
		checkAgainstOracle(t, input, widths)
		checkIdentity(t, input, widths)
	})
}

const fuzzLimit = 300

func checkAgainstOracle(t *testing.T, input, widths []byte) {
	var o oracle
	want := o.decode(input)
	for _, widths := range [][]byte{nil, {1}, widths} {
		d := Decoder{MaxMessage: fuzzLimit}
		events, _, err := decodeAll(t, &d, cut.At(input, widths))
		if err != want {
			t.Fatalf("cut at %d: error %v, want %v", widths, err, want)
		}
		sameEvents(t, events, o.events)
	}
}

// checkIdentity sends payload as other implementations do, and reads our frame of it as they do.
func checkIdentity(t *testing.T, payload, widths []byte) {
	var input []byte
	op, parts := ws.OpBinary, cut.At(payload, widths)
	for _, part := range parts {
		input = append(input, frame(false, op, string(part))...)
		op = ws.OpContinuation
	}
	d := Decoder{MaxMessage: max(1, len(payload))}
	events, _, err := decodeAll(t, &d, cut.At(append(input, frame(true, op, "")...), widths))
	if err != nil {
		t.Fatalf("%d fragments: %v", len(parts), err)
	}
	sameEvents(t, events, []seen{{Kind: EventBinary, Data: string(payload)}})

	f, err := ws.ReadFrame(bytes.NewReader(AppendBinary(nil, payload)))
	if err != nil || f.Header.Masked || !f.Header.Fin || f.Header.OpCode != ws.OpBinary || !bytes.Equal(f.Payload, payload) {
		t.Fatalf("our frame is read as %+v, %v", f.Header, err)
	}
}
