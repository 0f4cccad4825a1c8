//go:build linux

package engine

import (
	"io"
	"strings"
	"testing"
)

// Conflating works over TLS too: what has been encrypted goes out as it is, of what waits behind it only the newest of each key
// does, behind everything else.
func TestConflateOverTLS(t *testing.T) {
	eachTLS(t, func(t *testing.T, version uint16) {
		for name, push := range ways {
			s := newStillLoop(t, ListenOptions{MaxOutbox: 1000, Slow: Conflate})
			c := connectTLS(t, s, handler{}, version, anyCut)
			p := &slowPage{s: s, fakeSocket: c.fakeSocket}
			c.conn.hear(true)
			c.room = 10
			push(p, text("first"))
			s.pump()
			if c.conn.ahead() == 0 {
				t.Fatal("nothing is encrypted")
			}
			for i := range 3000 {
				if !push(p, hundred(i, []string{"a", "b", "c"}[i%3])) {
					t.Fatalf("%s: message %d refused", name, i)
				}
				if i == 1000 {
					push(p, hundred(5555, ""))
				}
				s.pump()
			}
			s.checkLoop()
			c.room = anyNumber
			s.pump()
			c.carry(anyCut)
			want := "first" + hundreds(5555, 2997, 2998, 2999)
			got := make([]byte, len(want))
			if _, err := io.ReadFull(c.client, got); err != nil || string(got) != want {
				t.Errorf("%s: got %q, %v", name, got, err)
			}
			if n := s.Stats().Conflated; n != 2997 {
				t.Errorf("%s: %d conflated", name, n)
			}
			s.expectIdle()
		}
	})
}

// What crypto/tls has of a record that is not whole counts against the budget of memory, what is left of one that the peer does not
// read too, and the connection with the most of it is closed in order.
func TestMemoryOfTLS(t *testing.T) {
	eachTLS(t, func(t *testing.T, version uint16) {
		s := newStillLoop(t, ListenOptions{})
		h := lines(repeat)
		line := strings.Repeat("x", 10_000) + "\n"
		half, larger := connectTLS(t, s, h, version, anyCut), connectTLS(t, s, h, version, anyCut)
		if s.memory() != 0 {
			t.Fatalf("%d bytes are used at rest", s.memory())
		}
		m := s.budget(64 << 10)
		records := half.sealed(t, line)
		half.in = [][]byte{records[:len(records)-1]}
		s.pump()
		s.checkMemory()
		if n := half.conn.burden(); n < 10_000 || m.spent.Load() {
			t.Fatalf("%d bytes of %d, spent %v", n, len(records), m.spent.Load())
		}
		larger.room = 0
		s.in(larger.fakeSocket, func(c *Conn) { _ = c.Send(make([]byte, 60<<10)) })
		_ = s.Post(func() {})
		s.pump()
		s.checkMemory()
		if half.conn.state != open || larger.conn.state == open || s.stats.gaveMemory.Load() != 1 || m.spent.Load() {
			t.Errorf("states %d and %d, %d closed", half.conn.state, larger.conn.state, s.stats.gaveMemory.Load())
		}
		half.in = [][]byte{records[len(records)-1:]}
		s.pump()
		half.carry(anyCut)
		got := make([]byte, len(line))
		if _, err := io.ReadFull(half.client, got); err != nil || string(got) != line {
			t.Errorf("got %d bytes, %v", len(got), err)
		}
		if n := half.conn.burden(); n != 0 {
			t.Errorf("%d bytes are left", n)
		}
	})
}
