//go:build linux

package websocket

import (
	"fmt"
	"strings"
	"testing"

	"github.com/gobwas/ws"

	"fanloop/internal/cut"
)

// closed runs a case whose end is a Close frame with exactly that payload, and then the end.
func closed(t *testing.T, w *world, name string, send []byte, want []reading, payload string) {
	t.Helper()
	for way, widths := range widthsOfAutobahn {
		t.Run(name+"/"+way, func(t *testing.T) {
			c := connect(t, w.addr)
			done := c.trickle(cut.At(send, widths))
			for _, f := range want {
				c.want(f.op, f.payload)
			}
			c.want(ws.OpClose, payload)
			c.wantEnd()
			_ = c.Close()
			<-done
		})
	}
}

func TestAutobahn7Close(t *testing.T) {
	w := serve(t, &Server{OnMessage: echo})
	const normal = "\x03\xe8"
	hello := []reading{said("Hello")}
	ok := closing(1000, "")
	big := strings.Repeat("*", 256<<10)
	closed(t, w, "7.1.1 after a message", join(text("Hello"), ok), hello, normal)
	closed(t, w, "7.1.2 twice", join(ok, ok), nil, normal)
	closed(t, w, "7.1.3 ping behind it", join(ok, ping("")), nil, normal)
	closed(t, w, "7.1.4 text behind it", join(ok, text("Hello")), nil, normal)
	closed(t, w, "7.1.5 in a message, which goes on behind it", join(first("fragment1"), ok, last("fragment2")), nil, normal)
	closed(t, w, "7.1.6 a big message before, things behind", join(text(big), text("Hello"), ok, ping("")), []reading{said(big), hello[0]}, normal)
	closed(t, w, "nonsense behind it", join(ok, []byte("\xff\xff\xff\xff")), nil, normal)
	closed(t, w, "7.3.1 empty", frame(true, ws.OpClose, ""), nil, "")
	closed(t, w, "7.3.3 a code", closing(1000, ""), nil, normal)
	closed(t, w, "7.3.4 a reason", closing(1000, "Hello World!"), nil, normal)
	closed(t, w, "7.3.5 the longest reason", closing(1000, strings.Repeat("*", 123)), nil, normal)
	for i, code := range []int{1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 1012, 1013, 1014, 3000, 3999, 4000, 4999} {
		closed(t, w, fmt.Sprintf("7.7.%d code %d", i+1, code), closing(code, "why"), nil, string([]byte{byte(code >> 8), byte(code)}))
	}
}

func TestAutobahn7CloseRefused(t *testing.T) {
	cases := []autobahnCase{
		{name: "7.3.2 one byte", send: frame(true, ws.OpClose, "\x03"), fails: 1002},
		{name: "7.3.6 a reason too long", send: closing(1000, strings.Repeat("*", 124)), fails: 1002},
		{name: "7.5.1 a reason that is not UTF-8", send: closing(1000, "\xce\xba\xe1\xbd\xb9\xcf\x83\xce\xbc\xce\xb5\xed\xa0\x80edited"), fails: 1007},
		{name: "a reason that ends in a character", send: closing(1000, "\xe4\xbd"), fails: 1007},
	}
	for i, code := range []int{0, 999, 1004, 1005, 1006, 1015, 1016, 1100, 2000, 2999, 5000, 65535} {
		cases = append(cases,
			autobahnCase{name: fmt.Sprintf("7.9.%d code %d", i+1, code), send: closing(code, ""), fails: 1002},
			autobahnCase{name: fmt.Sprintf("7.9.%d code %d with a reason", i+1, code), send: closing(code, "why"), fails: 1002})
	}
	runAutobahn(t, cases)
}

// A client that has said goodbye and goes on sending for ever, without closing its end, neither gets a reset nor is waited for
// longer than what it is owed takes.
func TestAutobahn7ClientGoesOnAfterClose(t *testing.T) {
	w := serve(t, &Server{OnMessage: echo})
	c := connect(t, w.addr)
	done := c.flood(join(closing(1000, ""), ping("after"), []byte(strings.Repeat("x", 1<<20))))
	c.wantClose(1000, "")
	c.wantEnd()
	w.wantClosed(&CloseError{1000, ""})
	_ = c.Close()
	<-done
}

// The server closes while a message is arriving: the rest of it is read and discarded, then the client's Close frame is found.
func TestAutobahnServerClosesInAMessage(t *testing.T) {
	w := serve(t, &Server{CloseTimeout: patience, OnMessage: func(*Conn, Message) { t.Error("a message after Close") }})
	for name, message := range map[string][]byte{
		"one frame": blob(strings.Repeat("x", 300_000)),
		"fragments": fragmented(strings.Repeat("x", 300_000), 1000),
	} {
		t.Run(name, func(t *testing.T) {
			c, conn := w.connect()
			half := len(message) / 2
			c.send(message[:half])
			w.onLoop(func() { conn.CloseWith(4000, "enough") })
			c.wantClose(4000, "enough")
			c.send(message[half:], ping("p"))
			c.want(ws.OpPong, "p")
			c.send(closing(4000, ""))
			c.wantEnd()
		})
	}
}
