//go:build linux

package websocket

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"github.com/gobwas/ws"

	"fanloop/engine"
	"fanloop/internal/cut"
)

// exchange is what a client sends to an echo, and what it reads then, control frames included.
type exchange struct {
	name string
	send []byte
	read []reading
}

type reading struct {
	op      ws.OpCode
	payload string
}

func said(s string) reading   { return reading{ws.OpText, s} }
func ponged(s string) reading { return reading{ws.OpPong, s} }

func TestServerEcho(t *testing.T) {
	w := serve(t, &Server{OnMessage: echo})
	for _, test := range []exchange{
		{"text", text("hello"), []reading{said("hello")}},
		{"empty", text(""), []reading{said("")}},
		{"binary", blob("\x00\xff"), []reading{{ws.OpBinary, "\x00\xff"}}},
		{"in order", join(text("使用者1"), blob("b"), text("c")), []reading{said("使用者1"), {ws.OpBinary, "b"}, said("c")}},
		{"fragments", join(first("frag"), more(""), last("ment")), []reading{said("fragment")}},
		{"a character over two fragments", join(first("使"[:1]), last("使"[1:])), []reading{said("使")}},
		{"pings between fragments", join(first("frag"), ping("1"), more("m"), ping(""), pong("unasked"), last("ent")),
			[]reading{ponged("1"), ponged(""), said("fragment")}},
		{"the longest ping", ping(strings.Repeat("p", 125)), []reading{ponged(strings.Repeat("p", 125))}},
		{"a ping between messages", join(text("a"), ping("p"), text("b")), []reading{said("a"), ponged("p"), said("b")}},
		{"length of 16 bits", text(strings.Repeat("x", 126)), []reading{said(strings.Repeat("x", 126))}},
	} {
		cut.Every(t, test.send, func(t *testing.T, pieces [][]byte) {
			c := connect(t, w.addr)
			for _, p := range pieces {
				c.send(p)
			}
			for _, r := range test.read {
				c.want(r.op, r.payload)
			}
			c.reset()
		})
	}
}

func TestServerBreaches(t *testing.T) {
	w := serve(t, &Server{MaxMessage: 1000, OnMessage: echo})
	unmasked := wire(ws.NewTextFrame([]byte("x")))
	empties := join(first("x"), []byte(strings.Repeat(string(more("")), MaxEmptyFragments+1)))
	mask := "\x01\x02\x03\x04"
	for _, test := range []struct {
		name string
		send []byte
		err  error
		code int
	}{
		{"not masked", unmasked, ErrNotMasked, 1002},
		{"ping not masked", wire(ws.NewPingFrame(nil)), ErrNotMasked, 1002},
		{"close not masked", wire(ws.NewCloseFrame(nil)), ErrNotMasked, 1002},
		{"RSV1", frameOf(ws.Header{Fin: true, OpCode: ws.OpText, Rsv: 4}, "x"), ErrReservedBits, 1002},
		{"RSV3 of a ping", frameOf(ws.Header{Fin: true, OpCode: ws.OpPing, Rsv: 1}, ""), ErrReservedBits, 1002},
		{"opcode 3", frame(true, 3, "x"), ErrReservedOpcode, 1002},
		{"opcode 15", frame(true, 15, ""), ErrReservedOpcode, 1002},
		{"long ping", ping(strings.Repeat("x", 126)), ErrControlTooLong, 1002},
		{"fragmented ping", frame(false, ws.OpPing, "x"), ErrControlFragmented, 1002},
		{"continuation of nothing", last("x"), ErrNothingToContinue, 1002},
		{"message in a message", join(first("x"), text("y")), ErrMessageUnfinished, 1002},
		{"16 bits for 125", []byte("\x81\xfe\x00\x7d" + mask), ErrLengthNotMinimal, 1002},
		{"64 bits for 65535", []byte("\x81\xff\x00\x00\x00\x00\x00\x00\xff\xff" + mask), ErrLengthNotMinimal, 1002},
		{"top bit of the length", []byte("\x81\xff\x80\x00\x00\x00\x00\x00\x00\x00" + mask), ErrLengthTopBit, 1002},
		{"close of one byte", frame(true, ws.OpClose, "\x03"), ErrClosePayload, 1002},
		{"close with 0", closing(0, ""), ErrCloseCode, 1002},
		{"close with 999", closing(999, ""), ErrCloseCode, 1002},
		{"close with 1004", closing(1004, ""), ErrCloseCode, 1002},
		{"close with 1005", closing(1005, ""), ErrCloseCode, 1002},
		{"close with 1006", closing(1006, ""), ErrCloseCode, 1002},
		{"close with 1015", closing(1015, ""), ErrCloseCode, 1002},
		{"close with 2999", closing(2999, ""), ErrCloseCode, 1002},
		{"close with 5000", closing(5000, ""), ErrCloseCode, 1002},
		{"close with 65535", closing(65535, "x"), ErrCloseCode, 1002},
		{"close with a bad reason", closing(1000, "\xff"), ErrInvalidUTF8, 1007},
		{"bad text", text("a\xffb"), ErrInvalidUTF8, 1007},
		{"text cut in a character", text("使"[:2]), ErrInvalidUTF8, 1007},
		{"bad text in the second fragment", join(first("a"), more("\xc0")), ErrInvalidUTF8, 1007},
		{"bad text, 990 bytes before the end of its frame", text("a\xff" + strings.Repeat("b", 990))[:10], ErrInvalidUTF8, 1007},
		{"bad byte in a fragment that never ends", join(first("a"), first("\xed\xa0" + strings.Repeat("b", 900))[:10]), ErrMessageUnfinished, 1002},
		{"a surrogate's second byte", first("\xed\xa0" + strings.Repeat("b", 900))[:10], ErrInvalidUTF8, 1007},
		{"1,001 bytes announced", blob(strings.Repeat("x", 1001))[:8], ErrMessageTooBig, 1009},
		{"2^62 bytes announced", []byte("\x82\xff\x40\x00\x00\x00\x00\x00\x00\x00" + mask), ErrMessageTooBig, 1009},
		{"1,001 fragments of a byte", join(first("x"), []byte(strings.Repeat(string(more("x")), 1000))), ErrMessageTooBig, 1009},
		{"1,001 empty fragments", empties, ErrEmptyFragments, 1008},
	} {
		t.Run(test.name, func(t *testing.T) {
			reason := test.err.(Error).text
			c := connect(t, w.addr)
			c.send(text("before"), test.send)
			c.wantText("before")
			c.wantClose(test.code, reason)
			c.wantEnd()
			w.wantClosed(test.err)

			// A peer that goes on sending reads the same, and is not reset: what it sends is thrown away.
			c = connect(t, w.addr)
			sent := c.flood(join(test.send, bytes.Repeat(text("after"), 1<<17)))
			c.wantClose(test.code, reason)
			c.wantEnd()
			receive(t, sent)
			_ = c.Close()
			w.wantClosed(test.err)
		})
	}
}

// A message at the limit is served, in one frame and in fragments, and again.
func TestServerMaxMessage(t *testing.T) {
	w := serve(t, &Server{MaxMessage: 1000, OnMessage: echo})
	c := connect(t, w.addr)
	longest := strings.Repeat("x", 1000)
	c.send(text(longest), first(longest[:500]), ping(""), more(longest[500:]), last(""), text(longest))
	c.wantText(longest)
	c.want(ws.OpPong, "")
	c.wantText(longest, longest)
}

// A client that never reads and sends pings for ever is held, not answered into memory.
func TestServerPingFlood(t *testing.T) {
	const limit = 64 << 10
	full := make(chan *Conn, 1)
	w := serve(t, &Server{OnBufferFull: func(c *Conn) { offer(full, c) }}, engine.ListenOptions{MaxOutbox: limit})
	c := connect(t, w.addr)
	if err := c.SetDeadline(time.Now().Add(5 * patience)); err != nil { // so many frames take a busy machine long
		t.Fatal(err)
	}
	const pings = 200_000
	beat := strings.Repeat("p", 125)
	sent := c.flood(bytes.Repeat(ping(beat), pings))
	conn := receive(t, full)
	for range 10 {
		w.onLoop(func() {
			if waiting := conn.conn.Buffered(); waiting > limit+turnBytes {
				t.Errorf("%d bytes wait for a client that does not read", waiting)
			}
		})
	}
	for range pings {
		c.want(ws.OpPong, beat)
	}
	receive(t, sent)
}

// turnBytes is what one turn of 64 pings may add to a full outbox: pongs, and the bookkeeping of the chunks they are in.
const turnBytes = 64 * (2 + MaxControlPayload) * 2
