//go:build linux

package engine

import (
	"bytes"
	"io"
	"strings"
	"testing"
)

// farewell is a format with a goodbye of its own.
var farewell = NewFormat(
	func(dst, data []byte, _ bool) []byte { return append(dst, data...) },
	func(c *Conn, _ int, reason string) { _, _ = io.WriteString(c, "[bye: "+reason+"]"); c.Close() },
)

// A peer that does not read is closed by a push beyond MaxOutbox: what it has begun to get is finished, the rest dropped,
// and its protocol says why.
func TestSlowConsumer(t *testing.T) {
	const limit = 1000
	frame := strings.Repeat("0123456789", 20)
	begin := map[string]func(s *stillLoop, c *Conn){
		"Send":            func(_ *stillLoop, c *Conn) { _ = c.Send([]byte(frame)) },
		"Write":           func(_ *stillLoop, c *Conn) { _, _ = c.Write([]byte(frame)) },
		"Broadcast":       func(s *stillLoop, _ *Conn) { s.broadcast(frame) },
		"push":            func(_ *stillLoop, c *Conn) { c.pushShared(text(frame)) },
		"an earlier life": func(s *stillLoop, c *Conn) { s.broadcast(frame); c.hear(false); c.hear(true) },
	}
	more := map[string]func(s *stillLoop, c *Conn) (taken bool){
		"Broadcast": func(s *stillLoop, _ *Conn) bool { _, refused := s.broadcast(frame); return refused == 0 },
		"push":      func(_ *stillLoop, c *Conn) bool { return c.pushShared(text(frame)) },
	}
	for first, begin := range begin {
		for then, push := range more {
			for _, room := range []int{0, 1, 199, 200} {
				s := newStillLoop(t, ListenOptions{MaxOutbox: limit})
				other := s.hearing(1)[0]
				k := s.hearing(1)[0]
				k.conn.SetFormat(farewell)
				k.room = room
				begin(s, k.conn)
				s.pump()
				taken := 0
				for ; taken < 20 && push(s, k.conn); taken++ {
					s.pump()
					s.checkLoop()
				}
				want := "[bye: too slow]"
				if room%len(frame) > 0 {
					want = frame + want
				} else if room > 0 {
					want = frame + want // taken as a whole; the next one is what did not fit
				}
				most := limit / (len(frame) + itemOverhead)
				if taken > most || taken < most-1 {
					t.Errorf("%s, %s, room %d: closed after %d more", first, then, room, taken)
				}
				_, _ = s.connect(handler{}).conn.Write([]byte("what is freed is used again"))
				k.room = anyNumber
				s.pump()
				k.eof, other.eof = true, true
				s.pump()
				s.expectEnd(k, ErrSlowConsumer)
				if string(k.got) != want {
					t.Errorf("%s, %s, room %d: got %q", first, then, room, k.got)
				}
				if s.stats.slow.Load() != 1 || then == "Broadcast" && len(other.got)%len(frame) != 0 || k.reset {
					t.Errorf("%d slow, the other got %d bytes", s.stats.slow.Load(), len(other.got))
				}
				s.expectIdle()
			}
		}
	}
}

// However many are stuck, nobody else notices.
func TestSlowConsumersAmongOthers(t *testing.T) {
	s := newStillLoop(t, ListenOptions{MaxOutbox: 1000})
	all := s.hearing(30)
	for i, k := range all {
		if i%3 == 0 {
			k.room = 0
		}
	}
	var want bytes.Buffer
	refused := 0
	for i := range 100 {
		m := strings.Repeat(string(rune('a'+i%26)), 50)
		want.WriteString(m)
		taken, slow := s.broadcast(m)
		refused += slow
		if taken+refused != len(all) {
			t.Fatalf("taken %d, refused %d", taken, refused)
		}
		s.pump()
		s.checkLoop()
		if n := s.everybody.waiting(s.everybody.base); n > 1000 {
			t.Fatalf("the stuck ones pin %d bytes of the log", n)
		}
	}
	for i, k := range all {
		if i%3 != 0 && !bytes.Equal(k.got, want.Bytes()) || i%3 == 0 && !k.conn.Closing() {
			t.Errorf("connection %d got %d bytes, closing %v", i, len(k.got), k.conn.Closing())
		}
	}
	if refused != 10 {
		t.Errorf("%d refused", refused)
	}
}

// A goodbye that waits for the peer's, as WebSocket's does, needs its input again, though its answers had stopped that.
func TestSlowConsumerIsReadAgain(t *testing.T) {
	detaching := NewFormat(nil, func(c *Conn, _ int, _ string) { c.Detach(); _ = c.Send([]byte("bye?")) })
	s := newStillLoop(t, ListenOptions{MaxOutbox: 1000})
	k := s.connect(lines(func(c *Conn, _ string) { c.Close() }))
	k.room = 0
	_ = k.conn.Send(make([]byte, 2000))
	s.pump()
	if k.conn.reads() {
		t.Fatal("it is read although it is full")
	}
	k.conn.format = raw
	s.in(k, func(c *Conn) {
		m := text("x")
		m.Encoded(detaching.slot, raw.encode)
		c.format = detaching
		if c.pushShared(m) {
			t.Error("taken")
		}
	})
	if !k.conn.reads() || k.conn.interest&interestEdge != 0 || k.conn.Closing() {
		t.Fatalf("reads %v, closing %v", k.conn.reads(), k.conn.Closing())
	}
	k.room = anyNumber
	k.in = [][]byte{[]byte("bye!\n")}
	s.pump()
	k.eof = true
	s.pump()
	if string(k.got) != "bye?" {
		t.Errorf("got %q", k.got)
	}
	s.expectEnd(k, ErrSlowConsumer)
	s.expectIdle()
}

// Only a peer that does not read is slow: a loop that is behind is another matter.
func TestNobodyIsSlowBeforeTheKernelSaysSo(t *testing.T) {
	s := newStillLoop(t, ListenOptions{MaxOutbox: 1000})
	k := s.hearing(1)[0]
	for range 100 {
		if taken, refused := s.broadcast(strings.Repeat("x", 100)); taken != 1 || refused != 0 {
			t.Fatalf("taken %d, refused %d", taken, refused)
		}
	}
	s.pump()
	if len(k.got) != 100*100 || k.conn.Closing() {
		t.Errorf("got %d bytes, closing %v", len(k.got), k.conn.Closing())
	}
	s.expectIdle()
}

// Who would not get a broadcast is not closed for it.
func TestExceptionsAreNotSlow(t *testing.T) {
	s := newStillLoop(t, ListenOptions{MaxOutbox: 1000})
	k := s.hearing(2)[0]
	k.room = 0
	s.broadcast("stuck")
	s.pump()
	if taken, refused := s.broadcast(strings.Repeat("x", 1000), k); taken != 1 || refused != 0 || k.conn.Closing() {
		t.Errorf("taken %d, refused %d, closing %v", taken, refused, k.conn.Closing())
	}
}

// A kick of a connection that its last message proves too slow says goodbye once.
func TestKickOfASlowConsumer(t *testing.T) {
	s := newStillLoop(t, ListenOptions{MaxOutbox: 100})
	k := s.connect(handler{})
	k.conn.SetFormat(farewell)
	out, _ := k.conn.Ref().Attach(func() {})
	k.room = 0
	_ = k.conn.Send([]byte("stuck"))
	s.pump()
	out.Kick(text(strings.Repeat("last", 100)), 1000, "kicked")
	out.Kick(nil, 1000, "again")
	k.room = anyNumber
	s.pump()
	if string(k.got) != "[bye: too slow]" {
		t.Errorf("got %q", k.got)
	}
}

func TestOneGoodbyeIsEnough(t *testing.T) {
	goodbyes := 0
	detaching := NewFormat(raw.encode, func(c *Conn, _ int, _ string) { goodbyes++; c.Detach() })
	s := newStillLoop(t, ListenOptions{MaxOutbox: 100})
	k := s.connect(handler{})
	k.conn.SetFormat(detaching)
	out, _ := k.conn.Ref().Attach(func() {})
	k.room = 0
	_ = k.conn.Send([]byte("stuck"))
	s.pump()
	out.Kick(text(strings.Repeat("last", 100)), 1000, "kicked")
	_ = k.conn.Ref().Kick(1000, "again")
	s.pump()
	if goodbyes != 1 || k.conn.Closing() {
		t.Errorf("%d goodbyes, closing %v", goodbyes, k.conn.Closing())
	}
}

// What leaves a stalled connection out neither waits for it nor is kept because of it.
func TestExceptionsAreNotOwed(t *testing.T) {
	s := newStillLoop(t, ListenOptions{MaxOutbox: 1000})
	all := s.hearing(2)
	stuck := all[0]
	stuck.room = 0
	s.broadcast("stuck")
	s.pump()
	for range 1000 {
		s.broadcast(strings.Repeat("x", 1000), stuck)
		s.pump()
	}
	if n := s.everybody.end() - s.everybody.base; n > 10 {
		t.Errorf("%d entries are kept for a connection that they leave out", n)
	}
	if _, refused := s.broadcast("y"); refused != 0 || stuck.conn.Closing() {
		t.Errorf("owed 6 bytes: refused %d, closing %v", refused, stuck.conn.Closing())
	}
	stuck.room = 1 << 20
	s.pump()
	if got := string(stuck.got); got != "stucky" {
		t.Errorf("got %q", got)
	}
}

// Those who are stalled are not all looked at for each message: only when one of them may have no room for it.
func TestStalledAreAskedInTime(t *testing.T) {
	s := newStillLoop(t, ListenOptions{MaxOutbox: 10_000})
	all := s.hearing(20)
	for i, k := range all[:10] {
		k.room = 0
		_ = k.conn.Send(make([]byte, 1+500*i))
	}
	s.pump()
	asked, closed := 0, 0
	for closed < 10 {
		m := text("0123456789")
		if s.mustAsk(m) {
			asked++
		}
		_, refused := s.Broadcast(m, nil)
		closed += refused
		for _, k := range all[:10] {
			if c := k.conn; c.stalled && !c.Closing() && c.pending() > 10_000 {
				t.Fatalf("%d bytes wait for connection %d", c.pending(), c.id)
			}
		}
		s.pump()
	}
	if asked < closed || asked > 3*closed {
		t.Errorf("asked for %d messages, to close %d", asked, closed)
	}
	s.checkLoop()
}
