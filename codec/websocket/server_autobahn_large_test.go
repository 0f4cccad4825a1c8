//go:build linux

package websocket

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/gobwas/ws"
)

// 9.1 to 9.6, 10.1: messages up to 16 MiB, whole, in fragments, and in chops. Autobahn's servers have no limit on messages;
// ours gets one of that size.
func TestAutobahn9LargeMessages(t *testing.T) {
	const most = 16 << 20
	w := serve(t, &Server{MaxMessage: most, OnMessage: echo})
	for _, test := range []struct {
		name                 string
		op                   ws.OpCode
		size, fragment, chop int // 0: whole
	}{
		{name: "9.1.1 text of 64 KiB", op: ws.OpText, size: 64 << 10},
		{name: "9.1.4 text of 4 MiB", op: ws.OpText, size: 4 << 20},
		{name: "9.1.6 text of 16 MiB", op: ws.OpText, size: most},
		{name: "9.2.4 binary of 4 MiB", op: ws.OpBinary, size: 4 << 20},
		{name: "9.3.1 text of 1 MiB in fragments of 64", op: ws.OpText, size: 1 << 20, fragment: 64},
		{name: "9.3.9 in one fragment", op: ws.OpText, size: 4 << 20, fragment: 4 << 20},
		{name: "9.4.1 binary of 1 MiB in fragments of 64", op: ws.OpBinary, size: 1 << 20, fragment: 64},
		{name: "9.4.5 in fragments of 16 KiB", op: ws.OpBinary, size: 4 << 20, fragment: 16 << 10},
		{name: "9.5.1 text of 1 MiB in chops of 64", op: ws.OpText, size: 1 << 20, chop: 64},
		{name: "9.6.6 binary of 1 MiB in chops of 2 KiB", op: ws.OpBinary, size: 1 << 20, chop: 2048},
		{name: "10.1.1 text of 64 KiB in fragments of 1300", op: ws.OpText, size: 64 << 10, fragment: 1300},
	} {
		t.Run(test.name, func(t *testing.T) {
			message := strings.Repeat("BAsd7&jh23\xe4\xbd\xbf", test.size/13) + strings.Repeat("x", test.size%13)
			sent := fragmented(message, cmp.Or(test.fragment, test.size))
			sent[0] = sent[0]&^maskOpcode | byte(test.op)
			c := connect(t, w.addr)
			if err := c.SetDeadline(time.Now().Add(5 * patience)); err != nil { // the race detector looks at every byte
				t.Fatal(err)
			}
			done := c.trickle(slices.Collect(slices.Chunk(sent, cmp.Or(test.chop, len(sent)))))
			c.want(test.op, message)
			<-done
			c.bye()
		})
	}
}

// 9.7, 9.8: many messages, each of which waits for its echo.
func TestAutobahn9RoundTrips(t *testing.T) {
	w := serve(t, &Server{OnMessage: echo})
	c := connect(t, w.addr)
	for _, size := range []int{0, 16, 64, 256, 1024, 4096} {
		for i := range 100 {
			s := fmt.Sprint(i) + strings.Repeat("*", size)
			c.send(text(s), blob(s))
			c.want(ws.OpText, s)
			c.want(ws.OpBinary, s)
		}
	}
	c.bye()
}

// The limit is exact, however the message comes.
func TestAutobahnMessageLimit(t *testing.T) {
	w := serve(t, &Server{OnMessage: echo})
	most := strings.Repeat("*", DefaultMaxMessage)
	for _, sent := range [][]byte{text(most), fragmented(most, 1000)} {
		c := connect(t, w.addr)
		done := c.flood(sent)
		c.want(ws.OpText, most)
		<-done
		c.bye()
	}
	for _, sent := range [][]byte{text(most + "*"), fragmented(most+"*", 1000)} {
		c := connect(t, w.addr)
		done := c.flood(sent)
		c.wantFailure(1009)
		_ = c.Close()
		<-done
	}
}
