//go:build linux

package engine

import (
	"strings"
	"testing"
)

// What a slow consumer has been promised by Keep comes before its goodbye, also when it is written in part; what it was sent and pushed
// behind that is dropped.
func TestKeptIsSentToASlowConsumer(t *testing.T) {
	for _, room := range []int{0, 1, 4, 7, 11} {
		s := newStillLoop(t, ListenOptions{MaxOutbox: 400})
		k := s.connect(handler{})
		k.conn.SetFormat(farewell)
		out, _ := k.conn.Ref().Attach(func() {})
		k.room = room
		s.in(k, func(c *Conn) {
			_, _ = c.Write([]byte("head"))
			_ = c.SendShared([]byte("body"))
			c.Keep()
			_, _ = c.Write([]byte("more"))
		})
		for n := 0; out.Push(text(strings.Repeat("x", 100))); n++ {
			if n > 10 {
				t.Fatal("it is never too slow")
			}
		}
		s.checkLoop()
		_, _ = s.connect(handler{}).conn.Write([]byte("what is freed is used again"))
		k.room = anyNumber
		s.pump()
		want := "headbody[bye: too slow]"
		if room > len("headbody") {
			want = "headbodymore[bye: too slow]" // that had begun
		}
		if string(k.got) != want {
			t.Errorf("room %d: got %q, want %q", room, k.got, want)
		}
		k.eof = true
		s.pump()
		s.expectEnd(k, ErrSlowConsumer)
		s.expectIdle()
	}
}
