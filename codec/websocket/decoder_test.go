package websocket

import (
	"fmt"
	"strings"
	"testing"
	"unsafe"

	"fanloop/internal/cut"

	"github.com/gobwas/ws"
)

// stream is one row: what a client sends after the handshake, and what comes of it.
type stream struct {
	name  string
	input []byte
	want  []seen
	err   error
}

func runStreams(t *testing.T, rows []stream) {
	for _, row := range rows {
		t.Run(row.name, func(t *testing.T) {
			cut.Every(t, row.input, func(t *testing.T, pieces [][]byte) {
				var d Decoder
				events, _, err := decodeAll(t, &d, pieces)
				if err != row.err {
					t.Fatalf("error %v, want %v", err, row.err)
				}
				sameEvents(t, events, row.want)
			})
		})
	}
}

func TestMessages(t *testing.T) {
	long16, long64 := strings.Repeat("0123456789abcdef", 16), strings.Repeat("x", 65536)
	runStreams(t, []stream{
		{"RFC 5.7: masked text", []byte("\x81\x85\x37\xfa\x21\x3d\x7f\x9f\x4d\x51\x58"), []seen{textSeen("Hello")}, nil},
		{"empty text", text(""), []seen{textSeen("")}, nil},
		{"empty binary", blob(""), []seen{{Kind: EventBinary}}, nil},
		{"125 bytes", text(long16[:125]), []seen{textSeen(long16[:125])}, nil},
		{"126 bytes, 16-bit length", text(long16[:126]), []seen{textSeen(long16[:126])}, nil},
		{"127 bytes", text(long16[:127]), []seen{textSeen(long16[:127])}, nil},
		{"256 bytes", blob(long16), []seen{{Kind: EventBinary, Data: long16}}, nil},
		{"binary that is not UTF-8", blob("\xff\xfe\x80"), []seen{{Kind: EventBinary, Data: "\xff\xfe\x80"}}, nil},
		{"pipelined", join(text("a"), blob("b"), text(""), text("使用者1")),
			[]seen{textSeen("a"), {Kind: EventBinary, Data: "b"}, textSeen(""), textSeen("使用者1")}, nil},
		{"cut off in a header", text("a")[:3], nil, nil},
		{"cut off in a payload", join(text("a"), text("bcd")[:7]), []seen{textSeen("a")}, nil},
	})
	for _, size := range []int{65535, 65536} {
		for _, widths := range [][]byte{nil, {1, 255}, {13}, {14, 1}, {15, 250}} {
			var d Decoder
			events, _, err := decodeAll(t, &d, cut.At(text(long64[:size]), widths))
			if err != nil {
				t.Fatalf("%d bytes: %v", size, err)
			}
			sameEvents(t, events, []seen{textSeen(long64[:size])})
		}
	}
}

func TestControlFrames(t *testing.T) {
	full := strings.Repeat("\xfe", MaxControlPayload)
	var tenPings []byte
	var ten []seen
	for i := range 10 {
		tenPings = append(tenPings, ping(fmt.Sprint("payload-", i))...)
		ten = append(ten, pingSeen(fmt.Sprint("payload-", i)))
	}
	runStreams(t, []stream{
		{"empty ping", ping(""), []seen{pingSeen("")}, nil},
		{"ping with text", ping("Hello, world!"), []seen{pingSeen("Hello, world!")}, nil},
		{"ping with bytes", ping("\x00\xff\xfe\xfd\xfc\xfb\x00\xff"), []seen{pingSeen("\x00\xff\xfe\xfd\xfc\xfb\x00\xff")}, nil},
		{"ping of 125 bytes", ping(full), []seen{pingSeen(full)}, nil},
		{"ping of 126 bytes", ping(full + "."), nil, ErrControlTooLong},
		{"pong nobody asked for", pong(""), []seen{pongSeen("")}, nil},
		{"pong with payload, then ping", join(pong("unasked"), ping("asked")), []seen{pongSeen("unasked"), pingSeen("asked")}, nil},
		{"ten pings", tenPings, ten, nil},
	})
}

func TestReservedBits(t *testing.T) {
	for rsv := byte(1); rsv <= 7; rsv++ {
		for _, op := range []ws.OpCode{ws.OpText, ws.OpBinary, ws.OpPing, ws.OpPong, ws.OpClose} {
			bad := frameOf(ws.Header{Fin: true, Rsv: rsv, OpCode: op}, "")
			runStreams(t, []stream{{fmt.Sprintf("bits %03b, opcode %d", rsv, op), join(text("hi"), bad, ping("")), []seen{textSeen("hi")}, ErrReservedBits}})
		}
	}
	runStreams(t, []stream{{"in a continuation", join(first("a"), frameOf(ws.Header{Fin: true, Rsv: 4}, "b")), nil, ErrReservedBits}})
}

func TestReservedOpcodes(t *testing.T) {
	for _, op := range []ws.OpCode{3, 4, 5, 6, 7, 11, 12, 13, 14, 15} {
		runStreams(t, []stream{
			{fmt.Sprint("alone, opcode ", op), join(frame(true, op, ""), ping("")), nil, ErrReservedOpcode},
			{fmt.Sprint("after a message, opcode ", op), join(text("hi"), frame(true, op, "payload")), []seen{textSeen("hi")}, ErrReservedOpcode},
			{fmt.Sprint("in a message, opcode ", op), join(first("hi"), frame(false, op, "")), nil, ErrReservedOpcode},
		})
	}
}

func TestMaskRequired(t *testing.T) {
	for _, op := range []ws.OpCode{ws.OpText, ws.OpBinary, ws.OpPing, ws.OpPong, ws.OpClose} {
		for _, payload := range []string{"", "Hello"} {
			bare := wire(ws.NewFrame(op, true, []byte(payload)))
			runStreams(t, []stream{{fmt.Sprintf("opcode %d, %q", op, payload), join(text("hi"), bare), []seen{textSeen("hi")}, ErrNotMasked}})
		}
	}
}

func TestLengths(t *testing.T) {
	mask := "\x00\x00\x00\x00"
	runStreams(t, []stream{
		{"16 bits for 0", []byte("\x82\xfe\x00\x00" + mask), nil, ErrLengthNotMinimal},
		{"16 bits for 125", []byte("\x82\xfe\x00\x7d" + mask), nil, ErrLengthNotMinimal},
		{"16 bits for 126", []byte("\x82\xfe\x00\x7e" + mask + long(126)), []seen{{Kind: EventBinary, Data: long(126)}}, nil},
		{"64 bits for 0", []byte("\x82\xff\x00\x00\x00\x00\x00\x00\x00\x00" + mask), nil, ErrLengthNotMinimal},
		{"64 bits for 125", []byte("\x82\xff\x00\x00\x00\x00\x00\x00\x00\x7d" + mask), nil, ErrLengthNotMinimal},
		{"64 bits for 65535", []byte("\x82\xff\x00\x00\x00\x00\x00\x00\xff\xff" + mask), nil, ErrLengthNotMinimal},
		{"64 bits for 65536", []byte("\x82\xff\x00\x00\x00\x00\x00\x01\x00\x00" + mask), nil, nil},
		{"16 bits for a ping of 5", []byte("\x89\xfe\x00\x05" + mask + "12345"), nil, ErrLengthNotMinimal},
		{"ping of 126", []byte("\x89\xfe\x00\x7e" + mask), nil, ErrControlTooLong},
		{"ping of 64 KiB", []byte("\x89\xff\x00\x00\x00\x00\x00\x01\x00\x00" + mask), nil, ErrControlTooLong},
		{"top bit", []byte("\x82\xff\x80\x00\x00\x00\x00\x00\x00\x05" + mask), nil, ErrLengthTopBit},
		{"all bits", []byte("\x82\xff\xff\xff\xff\xff\xff\xff\xff\xff" + mask), nil, ErrLengthTopBit},
		{"all bits but the top", []byte("\x82\xff\x7f\xff\xff\xff\xff\xff\xff\xff" + mask), nil, ErrMessageTooBig},
		{"4 GiB, 0 in 32 bits", []byte("\x82\xff\x00\x00\x00\x01\x00\x00\x00\x00" + mask), nil, ErrMessageTooBig},
		{"2 GiB, negative in 32 bits", []byte("\x82\xff\x00\x00\x00\x00\x80\x00\x00\x00" + mask), nil, ErrMessageTooBig},
	})
}

func long(n int) string { return strings.Repeat("*", n) }

func TestEnded(t *testing.T) {
	for name, input := range map[string][]byte{
		"after a Close frame": closing(StatusNormalClosure, "bye"),
		"after an error":      frame(true, 3, ""),
	} {
		t.Run(name, func(t *testing.T) {
			var d Decoder
			decodeAll(t, &d, [][]byte{input})
			p := text("late")
			for _, p := range [][]byte{p, p[:1], nil} {
				if ev, used, err := d.Decode(p); ev.Kind != EventNone || used != 0 || err != ErrEnded {
					t.Fatalf("got %v, %d, %v", ev, used, err)
				}
			}
		})
	}
}

// A hundred thousand connections that say nothing have a hundred thousand Decoders.
func TestIdleDecoderIsSmall(t *testing.T) {
	if size := unsafe.Sizeof(Decoder{}); size > 96 {
		t.Fatalf("a Decoder has %d bytes", size)
	}
	var d Decoder
	input := join(first("frag"), ping("cut"), last("ment"), blob(long(5000)))
	decodeAll(t, &d, cut.At(input, []byte{1}))
	if d.message != nil || d.control != nil {
		t.Fatalf("between messages it holds %d and %p", cap(d.message), d.control)
	}
}

func TestMessageThatLiesWholeIsNotCopied(t *testing.T) {
	var d Decoder
	p := join(text("one"), ping("two"), text("three")[:4])
	for range 2 {
		ev, used, err := d.Decode(p)
		if err != nil || len(ev.Data) != 3 || &ev.Data[0] != &p[6] {
			t.Fatalf("%v, %v", ev, err)
		}
		p = p[used:]
	}
	d.Decode(p)
	if d.message != nil {
		t.Fatal("a cut header is kept as payload")
	}
}
