//go:build linux

package websocket

import (
	"encoding/binary"
	"fmt"
	"io"
	"strings"
	"testing"

	"github.com/gobwas/ws"

	"fanloop/internal/cut"
)

// The cases of Autobahn's fuzzing client, by the numbers they have there, against an echo server over sockets. They are
// written down anew: what a case sends, and what a strict server answers.

func blobbed(s string) reading { return reading{ws.OpBinary, s} }

// autobahnCase is an exchange. With fails 0 the connection is good at its end, and the client closes it; otherwise that is the
// code with which the server does.
type autobahnCase struct {
	name  string
	send  []byte
	want  []reading
	fails int
}

// widthsOfAutobahn are the ways in which a client's bytes arrive: whole, in odd pieces, one by one.
var widthsOfAutobahn = map[string][]byte{"whole": nil, "in pieces": {7, 1, 201, 3}, "byte by byte": {1}}

func runAutobahn(t *testing.T, cases []autobahnCase) {
	t.Helper()
	w := serve(t, &Server{OnMessage: echo})
	for _, test := range cases {
		for name, widths := range widthsOfAutobahn {
			if len(test.send) > 4000 && len(widths) == 1 {
				widths = []byte{251}
			}
			t.Run(test.name+"/"+name, func(t *testing.T) {
				c := connect(t, w.addr)
				done := c.trickle(cut.At(test.send, widths))
				for _, f := range test.want {
					c.want(f.op, f.payload)
				}
				if test.fails != 0 {
					c.wantFailure(test.fails)
				} else {
					<-done
					c.bye()
				}
				_ = c.Close()
				<-done
			})
		}
	}
}

// trickle writes the pieces one by one in the background.
func (c *client) trickle(pieces [][]byte) <-chan struct{} {
	done := make(chan struct{})
	go func() {
		defer close(done)
		for _, p := range pieces {
			if _, err := c.Write(p); err != nil {
				return // the server has failed the connection
			}
		}
	}()
	return done
}

// wantFailure reads a Close frame with the code and a reason, and the end without a reset.
func (c *client) wantFailure(code int) {
	c.t.Helper()
	op, payload := c.frame()
	if op != ws.OpClose || len(payload) < 3 || int(binary.BigEndian.Uint16([]byte(payload))) != code {
		c.t.Fatalf("opcode %d, %.200q, want a Close frame with %d", op, payload, code)
	}
	c.wantEnd()
}

// bye is the client's closing handshake: the server answers with the same code, and ends first.
func (c *client) bye() {
	c.t.Helper()
	c.send(closing(StatusNormalClosure, "bye"))
	c.wantClose(StatusNormalClosure, "")
	c.wantEnd()
}

func TestAutobahn1Framing(t *testing.T) {
	var cases []autobahnCase
	for i, size := range []int{0, 125, 126, 127, 128, 65535, 65536} {
		s := strings.Repeat("*", size)
		cases = append(cases,
			autobahnCase{name: fmt.Sprintf("1.1.%d", i+1), send: text(s), want: []reading{said(s)}},
			autobahnCase{name: fmt.Sprintf("1.2.%d", i+1), send: blob(strings.Repeat("\xfe", size)), want: []reading{blobbed(strings.Repeat("\xfe", size))}})
	}
	runAutobahn(t, cases)
}

func TestAutobahn2PingsAndPongs(t *testing.T) {
	var ten []byte
	var pongs []reading
	for i := range 10 {
		ten = append(ten, ping(fmt.Sprint("payload-", i))...)
		pongs = append(pongs, ponged(fmt.Sprint("payload-", i)))
	}
	octets, most := "\x00\xff\xfe\xfd\xfc\xfb\x00\xff", strings.Repeat("\xfe", MaxControlPayload)
	runAutobahn(t, []autobahnCase{
		{name: "2.1 no payload", send: ping(""), want: []reading{ponged("")}},
		{name: "2.2 text", send: ping("Hello, world!"), want: []reading{ponged("Hello, world!")}},
		{name: "2.3 binary", send: ping(octets), want: []reading{ponged(octets)}},
		{name: "2.4 125 bytes", send: ping(most), want: []reading{ponged(most)}},
		{name: "2.5 126 bytes", send: ping(most + "\xfe"), fails: 1002},
		{name: "2.6 125 bytes again", send: join(ping(most), ping(most)), want: []reading{ponged(most), ponged(most)}},
		{name: "2.7 unsolicited pong", send: pong("")},
		{name: "2.8 unsolicited pong with payload", send: pong("unsolicited")},
		{name: "2.9 unsolicited pong, then a ping", send: join(pong("unsolicited"), ping("p")), want: []reading{ponged("p")}},
		{name: "2.10 ten pings", send: ten, want: pongs},
		{name: "a pong of 126 bytes", send: pong(most + "."), fails: 1002},
	})
}

// rsvFrame is a frame with reserved bits.
func rsvFrame(rsv byte, op ws.OpCode, payload string) []byte {
	return frameOf(ws.Header{Fin: true, Rsv: rsv, OpCode: op}, payload)
}

func TestAutobahn3ReservedBits(t *testing.T) {
	hello := []reading{said("Hello")}
	runAutobahn(t, []autobahnCase{
		{name: "3.1 RSV 1", send: rsvFrame(1, ws.OpText, "Hello"), fails: 1002},
		{name: "3.2 RSV 2", send: join(text("Hello"), rsvFrame(2, ws.OpText, "Hello"), ping("")), want: hello, fails: 1002},
		{name: "3.3 RSV 3", send: join(text("Hello"), rsvFrame(3, ws.OpText, "Hello"), ping("")), want: hello, fails: 1002},
		{name: "3.4 RSV 4", send: join(text("Hello"), rsvFrame(4, ws.OpText, "Hello"), ping("")), want: hello, fails: 1002},
		{name: "3.5 RSV 5, binary", send: rsvFrame(5, ws.OpBinary, "\x00\xff"), fails: 1002},
		{name: "3.6 RSV 6, ping", send: rsvFrame(6, ws.OpPing, "Hello"), fails: 1002},
		{name: "3.7 RSV 7, Close", send: rsvFrame(7, ws.OpClose, "\x03\xe8"), fails: 1002},
		{name: "RSV 4, pong", send: rsvFrame(4, ws.OpPong, ""), fails: 1002},
		{name: "RSV 4, continuation", send: join(first("a"), rsvFrame(4, ws.OpContinuation, "b")), fails: 1002},
	})
}

func TestAutobahn4ReservedOpcodes(t *testing.T) {
	var cases []autobahnCase
	for section, from := range map[string]ws.OpCode{"4.1": 3, "4.2": 11} {
		for op := from; op < from+5; op++ {
			name := fmt.Sprintf("%s.%d", section, op-from+1)
			cases = append(cases,
				autobahnCase{name: name + " empty", send: frame(true, op, ""), fails: 1002},
				autobahnCase{name: name + " with payload", send: frame(true, op, "reserved"), fails: 1002},
				autobahnCase{name: name + " after a message", send: join(text("Hello"), frame(true, op, "x"), ping("")), want: []reading{said("Hello")}, fails: 1002},
				autobahnCase{name: name + " in a message", send: join(first("a"), frame(true, op, ""), last("b")), fails: 1002},
				autobahnCase{name: name + " without FIN", send: frame(false, op, "x"), fails: 1002})
		}
	}
	runAutobahn(t, cases)
}

func TestAutobahn5Fragments(t *testing.T) {
	both := []reading{said("fragment1fragment2")}
	p := []reading{ponged("ping")}
	five := join(first("fragment1"), more("fragment2"), more("fragment3"), more("fragment4"), last("fragment5"))
	runAutobahn(t, []autobahnCase{
		{name: "5.1 ping in fragments", send: join(frame(false, ws.OpPing, "a"), last("b")), fails: 1002},
		{name: "5.2 pong in fragments", send: join(frame(false, ws.OpPong, "a"), last("b")), fails: 1002},
		{name: "5.3 text", send: join(first("fragment1"), last("fragment2")), want: both},
		{name: "5.6 a ping between", send: join(first("fragment1"), ping("ping"), last("fragment2")), want: append(p, both...)},
		{name: "5.9 nothing to continue", send: join(last("non-continuation"), text("Hello")), fails: 1002},
		{name: "5.12 nothing to continue, no FIN", send: join(more("non-continuation"), text("Hello")), fails: 1002},
		{name: "5.15 continuation behind a message", send: join(first("fragment1"), last("fragment2"), more("fragment3"), last("fragment4")), want: both, fails: 1002},
		{name: "5.16 continuation first, twice", send: join(more("fragment1"), first("fragment2"), last("fragment3")), fails: 1002},
		{name: "5.17 last continuation first", send: join(last("fragment1"), first("fragment2"), last("fragment3")), fails: 1002},
		{name: "5.18 text in a message", send: join(first("fragment1"), text("fragment2")), fails: 1002},
		{name: "5.19 pings between five", send: join(first("fragment1"), more("fragment2"), ping("pongme 1!"), more("fragment3"), ping("pongme 2!"), more("fragment4"), last("fragment5")),
			want: []reading{ponged("pongme 1!"), ponged("pongme 2!"), said("fragment1fragment2fragment3fragment4fragment5")}},
		{name: "five", send: five, want: []reading{said("fragment1fragment2fragment3fragment4fragment5")}},
		{name: "binary in a message", send: join(first("fragment1"), blob("fragment2")), fails: 1002},
		{name: "two beginnings", send: join(first("fragment1"), first("fragment2")), fails: 1002},
		{name: "Close in fragments", send: frame(false, ws.OpClose, "\x03\xe8"), fails: 1002},
		{name: "empty fragments", send: join(first(""), more(""), last("")), want: []reading{said("")}},
		{name: "empty between", send: join(first("a"), more(""), pong(""), last("b")), want: []reading{said("ab")}},
	})
}

// 5.7: the pong does not wait for the message.
func TestAutobahn5PongBeforeTheMessage(t *testing.T) {
	w := serve(t, &Server{OnMessage: echo})
	c := connect(t, w.addr)
	c.send(first("fragment1"), ping("ping"))
	c.want(ws.OpPong, "ping")
	c.send(last("fragment2"))
	c.wantText("fragment1fragment2")
	c.bye()
}

// What a client may not write: each is found in the header, before any payload has come.
func TestAutobahnHeaders(t *testing.T) {
	w := serve(t, &Server{OnMessage: echo})
	for name, header := range map[string]string{
		"not masked":                     "\x81\x01a",
		"a ping, not masked":             "\x89\x00",
		"16 bits for a short length":     "\x82\xfe\x00\x7d\x01\x02\x03\x04",
		"64 bits for 16":                 "\x82\xff\x00\x00\x00\x00\x00\x00\xff\xff\x01\x02\x03\x04",
		"the top bit":                    "\x82\xff\x80\x00\x00\x00\x00\x00\x00\x01\x01\x02\x03\x04",
		"a control frame with 16 bits":   "\x89\xfe\x00\x7e\x01\x02\x03\x04",
		"a control frame with 64 bits":   "\x89\xff\x00\x00\x00\x00\x00\x01\x00\x00\x01\x02\x03\x04",
		"a short one written in 64 bits": "\x88\xff\x00\x00\x00\x00\x00\x00\x00\x02\x01\x02\x03\x04",
	} {
		t.Run(name, func(t *testing.T) {
			c := connect(t, w.addr)
			c.send([]byte(header))
			c.wantFailure(1002)
		})
	}
	c := connect(t, w.addr)
	c.send([]byte("\x82\xff\x7f\xff\xff\xff\xff\xff\xff\xff\x01\x02\x03\x04"))
	c.wantFailure(1009)
	if _, err := io.WriteString(c, "still writing"); err != nil {
		t.Log(err) // a reset may come by now, behind all that was to be read
	}
}
