package websocket

import (
	"fmt"
	"strings"
	"testing"

	"fanloop/internal/cut"

	"github.com/gobwas/ws"
)

func TestFragments(t *testing.T) {
	runStreams(t, []stream{
		{"two", join(first("frag"), last("ment")), []seen{textSeen("fragment")}, nil},
		{"many", join(first("f"), more("r"), more("a"), last("g")), []seen{textSeen("frag")}, nil},
		{"binary", join(frame(false, ws.OpBinary, "\xff"), last("\xfe")), []seen{{Kind: EventBinary, Data: "\xff\xfe"}}, nil},
		{"all empty", join(first(""), more(""), last("")), []seen{textSeen("")}, nil},
		{"empty first", join(first(""), last("x")), []seen{textSeen("x")}, nil},
		{"empty middle", join(first("x"), more(""), last("y")), []seen{textSeen("xy")}, nil},
		{"empty last", join(first("x"), last("")), []seen{textSeen("x")}, nil},
		{"only the last has payload", join(first(""), more(""), last("x")), []seen{textSeen("x")}, nil},
		{"never finished", join(first("x"), more("y")), nil, nil},
		{"messages before and after", join(text("a"), first("b"), last("c"), text("d")),
			[]seen{textSeen("a"), textSeen("bc"), textSeen("d")}, nil},
		{"ping between", join(first("frag"), ping("now"), last("ment")), []seen{pingSeen("now"), textSeen("fragment")}, nil},
		{"pong between", join(first("frag"), pong("now"), last("ment")), []seen{pongSeen("now"), textSeen("fragment")}, nil},
		{"pings between each", join(first("a"), ping("1"), more("b"), ping("2"), ping(""), more("c"), ping("3"), last("d"), ping("4")),
			[]seen{pingSeen("1"), pingSeen("2"), pingSeen(""), pingSeen("3"), textSeen("abcd"), pingSeen("4")}, nil},
		{"close between", join(first("frag"), closing(StatusNormalClosure, ""), last("ment")),
			[]seen{closeSeen(StatusNormalClosure, "")}, ErrEnded},
	})
}

func TestFragmentRules(t *testing.T) {
	runStreams(t, []stream{
		{"ping without FIN", join(frame(false, ws.OpPing, "frag"), last("ment")), nil, ErrControlFragmented},
		{"pong without FIN", frame(false, ws.OpPong, "frag"), nil, ErrControlFragmented},
		{"close without FIN", frame(false, ws.OpClose, ""), nil, ErrControlFragmented},
		{"last of nothing", join(last("x"), text("hi")), nil, ErrNothingToContinue},
		{"more of nothing", join(more("x"), text("hi")), nil, ErrNothingToContinue},
		{"more after a message", join(text("hi"), more("x"), last("y")), []seen{textSeen("hi")}, ErrNothingToContinue},
		{"last after the last", join(first("a"), last("b"), last("c")), []seen{textSeen("ab")}, ErrNothingToContinue},
		{"text in a message", join(first("a"), text("b")), nil, ErrMessageUnfinished},
		{"binary in a message", join(first("a"), more("b"), frame(true, ws.OpBinary, "c")), nil, ErrMessageUnfinished},
		{"a first in a message", join(first("a"), ping("p"), first("b")), []seen{pingSeen("p")}, ErrMessageUnfinished},
		{"a text in an empty message", join(first(""), text("")), nil, ErrMessageUnfinished},
	})
}

// Every pair of cuts and a frame before it: the mask goes on where it stopped, whatever the chunks' lengths and offsets are.
func TestMaskAtEveryOffset(t *testing.T) {
	payload := "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJ"
	input := join(blob(""), blob(payload))
	for i := range len(input) {
		for j := i; j < len(input); j++ {
			var d Decoder
			events, _, err := decodeAll(t, &d, cut.At(input, nonZero(i, j-i, len(input)-j)))
			if err != nil {
				t.Fatalf("cut at %d and %d: %v", i, j, err)
			}
			sameEvents(t, events, []seen{{Kind: EventBinary}, {Kind: EventBinary, Data: payload}})
		}
	}
}

// nonZero makes widths for cut.At, which takes 0 for 1.
func nonZero(widths ...int) []byte {
	var out []byte
	for _, w := range widths {
		if w > 0 {
			out = append(out, byte(w))
		}
	}
	return out
}

func TestMessageLimit(t *testing.T) {
	whole := func(n int) []byte { return blob(long(n)) }
	inTwo := func(n int) []byte { return join(frame(false, ws.OpBinary, long(n-1)), last("*")) }
	rows := []struct {
		name  string
		limit int
		most  int
	}{
		{"zero means the default", 0, DefaultMaxMessage},
		{"so does a negative one", -1, DefaultMaxMessage},
		{"1 byte", 1, 1},
		{"125", 125, 125},
		{"126", 126, 126},
		{"65535", 65535, 65535},
		{"65536", 65536, 65536},
		{"over the default", DefaultMaxMessage + 1, DefaultMaxMessage + 1},
	}
	for _, row := range rows {
		t.Run(row.name, func(t *testing.T) {
			for _, input := range []func(int) []byte{whole, inTwo} {
				for _, widths := range [][]byte{nil, {1, 6, 7, 8, 255}} {
					d := Decoder{MaxMessage: row.limit}
					pieces := cut.At(join(input(row.most), whole(row.most), input(row.most+1)), widths)
					events, _, err := decodeAll(t, &d, pieces)
					if err != ErrMessageTooBig || len(events) != 2 {
						t.Fatalf("%d events, then %v", len(events), err)
					}
				}
			}
		})
	}
}

// The header alone is enough to refuse a message, before any of its payload.
func TestAnnouncedLengthIsRefusedAtTheHeader(t *testing.T) {
	for name, row := range map[string]struct{ before, bad []byte }{
		"whole message":       {nil, blob(long(101))},
		"first fragment":      {nil, first(long(101))},
		"last fragment":       {first(""), last(long(101))},
		"all fragments":       {join(first(long(60)), more(long(40))), last("*")},
		"a ping in between":   {join(first(long(60)), ping(long(125))), more(long(41))},
		"after whole message": {text(long(100)), text(long(101))},
	} {
		t.Run(name, func(t *testing.T) {
			d := Decoder{MaxMessage: 100}
			_, taken, err := decodeAll(t, &d, cut.At(join(row.before, row.bad), []byte{1}))
			if header := len(row.before) + ws.MinHeaderSize + len(maskKey); err != ErrMessageTooBig || taken != header {
				t.Fatalf("%v after %d bytes, want it after %d", err, taken, header)
			}
		})
	}
}

func TestPromisesReserveNothing(t *testing.T) {
	header := []byte("\x82\xff\x00\x00\x00\x00\x00\x10\x00\x00\x00\x00\x00\x00")
	var d Decoder
	decodeAll(t, &d, [][]byte{header, []byte("x")})
	if cap(d.message) > 512 {
		t.Fatalf("1 byte of a promised MiB has arrived: %d held", cap(d.message))
	}
}

func TestThousandsOfTinyFragments(t *testing.T) {
	const n = 5000
	input := join(first("x"), []byte(strings.Repeat(string(more("x")), n-2)), last("x"))
	for _, limit := range []int{n, n - 1} {
		for _, widths := range [][]byte{nil, {1}, {7}, {200}} {
			d := Decoder{MaxMessage: limit}
			events, _, err := decodeAll(t, &d, cut.At(input, widths))
			switch {
			case limit < n && err != ErrMessageTooBig:
				t.Fatalf("one over the limit: %v", err)
			case limit == n && (err != nil || len(events) != 1 || len(events[0].Data) != n):
				t.Fatalf("at the limit: %s, %v", show(events), err)
			}
		}
	}
}

func TestEmptyFragments(t *testing.T) {
	most := strings.Repeat(string(more("")), MaxEmptyFragments)
	message := join(first("x"), []byte(most), last("y"))
	runs := []stream{
		{"at the limit, and the count starts anew", join(message, message), []seen{textSeen("xy"), textSeen("xy")}, nil},
		{"an empty last one more", join(first("x"), []byte(most), last("")), []seen{textSeen("x")}, nil},
		{"one over", join(first("x"), []byte(most), more("")), nil, ErrEmptyFragments},
		{"the first counts", join(first(""), []byte(most)), nil, ErrEmptyFragments},
		{"pings between do not hide them", join(first(""), []byte(strings.Repeat(string(join(more(""), ping(""), more("x"))), MaxEmptyFragments))),
			slicesOf(pingSeen(""), MaxEmptyFragments-1), ErrEmptyFragments},
	}
	for _, row := range runs {
		for _, widths := range [][]byte{nil, {1}, {5, 3}} {
			t.Run(fmt.Sprint(row.name, widths), func(t *testing.T) {
				var d Decoder
				events, _, err := decodeAll(t, &d, cut.At(row.input, widths))
				if err != row.err {
					t.Fatalf("error %v, want %v", err, row.err)
				}
				sameEvents(t, events, row.want)
			})
		}
	}
}

func slicesOf(ev seen, n int) []seen {
	events := make([]seen, n)
	for i := range events {
		events[i] = ev
	}
	return events
}

// The sizes of Autobahn's 9.x: 4 MiB in fragments of 64 bytes and up, and in writes of odd sizes.
func TestBigMessages(t *testing.T) {
	const size = 4 << 20
	payload := strings.Repeat("使用者 Müller 🙂\n", size/23+1)[:size]
	payload = strings.ToValidUTF8(payload, "")
	for _, fragment := range []int{64, 1 << 10, 1 << 16, size} {
		for _, widths := range [][]byte{nil, {251}} {
			d := Decoder{MaxMessage: size}
			events, _, err := decodeAll(t, &d, cut.At(fragmented(payload, fragment), widths))
			if err != nil {
				t.Fatalf("fragments of %d: %v", fragment, err)
			}
			sameEvents(t, events, []seen{textSeen(payload)})
		}
	}
}

func fragmented(payload string, size int) []byte {
	var out []byte
	op := ws.OpText
	for len(payload) > size {
		out = append(out, frame(false, op, payload[:size])...)
		payload, op = payload[size:], ws.OpContinuation
	}
	return append(out, frame(true, op, payload)...)
}
