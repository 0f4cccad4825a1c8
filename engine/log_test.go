//go:build linux

package engine

import (
	"slices"
	"testing"
)

// checkLoop checks what must hold of a loop between two events: the log's counts, the sums of what waits, and that nobody
// who has something to say, or input to handle, has been forgotten.
func (s *stillLoop) checkLoop() {
	s.t.Helper()
	s.checkLog()
	s.checkQueued()
	s.checkNobodyForgotten()
}

func (s *stillLoop) checkLog() {
	s.t.Helper()
	b := &s.everybody
	behind, upToDate := make([]int, len(b.entries)), 0
	for seat, c := range b.crowd {
		switch {
		case int(c.seat) != seat:
			s.t.Fatalf("connection %d sits on %d, not %d", c.id, seat, c.seat)
		case c.cursor < b.base || c.cursor > b.end():
			s.t.Fatalf("cursor %d outside of %d to %d", c.cursor, b.base, b.end())
		case c.cursor == b.end():
			upToDate++
		default:
			behind[b.first+int(c.cursor-b.base)]++
		}
	}
	if upToDate != b.upToDate {
		s.t.Fatalf("upToDate %d, want %d", b.upToDate, upToDate)
	}
	for i, e := range b.entries {
		if e.behind != behind[i] {
			s.t.Fatalf("entry %d of %d: behind %d, want %d", i, len(b.entries), e.behind, behind[i])
		}
	}
	if b.first < len(b.entries) && b.entries[b.first].behind == 0 {
		s.t.Fatal("the log keeps an entry that nobody needs")
	}
	if b.left > len(b.crowd) || b.roundLeft > len(b.crowd) || b.left < 0 || b.roundLeft < 0 {
		s.t.Fatalf("%d visits and %d of the round left for %d", b.left, b.roundLeft, len(b.crowd))
	}
}

func (s *stillLoop) checkQueued() {
	s.t.Helper()
	queued := 0
	for _, c := range s.conns {
		if c == nil {
			continue
		}
		if !c.stalled {
			queued += c.ownBytes()
		}
		if c.out != nil && (c.out.len() == 0 || c.out.bytes != c.unwritten()) {
			s.t.Fatalf("connection %d: %d bytes in %d items, want %d", c.id, c.out.bytes, c.out.len(), c.unwritten())
		}
	}
	if queued != s.queued {
		s.t.Fatalf("queued %d, want %d", s.queued, queued)
	}
	if s.everybody.backlog() < 0 || s.everybody.backlog() < s.lag() {
		s.t.Fatalf("backlog %d, but somebody lags by %d", s.everybody.backlog(), s.lag())
	}
}

// unwritten counts the bytes in c's outbox.
func (c *Conn) unwritten() (n int) {
	for _, it := range c.out.items[c.out.first:] {
		n += len(it.frame)
	}
	if c.headIsItem() {
		n -= c.written
	}
	return n
}

// lag is how far the last of those who are not stalled is behind.
func (s *stillLoop) lag() (most int) {
	for _, c := range s.everybody.crowd {
		if !c.stalled {
			most = max(most, s.everybody.waiting(c.cursor))
		}
	}
	return most
}

func (s *stillLoop) checkNobodyForgotten() {
	s.t.Helper()
	b := &s.everybody
	visited := func(c *Conn) bool {
		return c.seat != noSeat && (int(c.seat)-b.next%max(len(b.crowd), 1)+len(b.crowd))%len(b.crowd) < b.left
	}
	for _, c := range s.conns {
		if c == nil {
			continue
		}
		due := c.hasInput() || !c.stalled && (c.waiting() || c.state == draining)
		if due && !c.queued && !visited(c) {
			s.t.Fatalf("connection %d in state %d is forgotten", c.id, c.state)
		}
	}
	if s.busy() && !s.woken {
		s.t.Fatal("the loop has work and sleeps")
	}
}

// expectIdle checks that nothing is left of what was sent.
func (s *stillLoop) expectIdle() {
	s.t.Helper()
	s.checkLoop()
	b := &s.everybody
	if s.queued != 0 || len(s.stalled) != 0 || s.ready.n != 0 || len(b.entries) != 0 || b.left != 0 || b.backlog() != 0 {
		s.t.Fatalf("not idle: queued %d, stalled %d, ready %d, entries %d, left %d, backlog %d",
			s.queued, len(s.stalled), s.ready.n, len(b.entries), b.left, b.backlog())
	}
	if len(b.crowd) != b.upToDate {
		s.t.Fatalf("%d up to date of %d", b.upToDate, len(b.crowd))
	}
}

// hearing is n connections that hear the log.
func (s *stillLoop) hearing(n int) (all []*fakeSocket) {
	for range n {
		k := s.connect(handler{})
		k.conn.hear(true)
		all = append(all, k)
	}
	return all
}

func (s *stillLoop) broadcast(data string, except ...uint64) (taken, refused int) {
	return s.Broadcast(text(data), except)
}

func TestSweepSkipsNobodyWhenOthersJoin(t *testing.T) {
	s := newStillLoop(t, ListenOptions{})
	first := s.hearing(3)
	s.serve(first[0].conn)
	s.everybody.next = 1
	s.broadcast("x")
	s.hearing(1) // on the sweep's way
	s.checkLoop()
	s.pump()
	for i, k := range first {
		if string(k.got) != "x" {
			t.Errorf("connection %d got %q", i, k.got)
		}
	}
	s.expectIdle()
}

// Every place to leave from, at every state of the sweep.
func TestSweepSkipsNobodyWhenOthersLeave(t *testing.T) {
	const n = 5
	for start := range n {
		for visited := range n + 1 {
			for leaver := range n {
				s := newStillLoop(t, ListenOptions{})
				all := s.hearing(n)
				s.everybody.next = start
				s.broadcast("x")
				for range visited {
					s.serve(s.everybody.sweep())
				}
				all[leaver].conn.hear(false)
				s.checkLoop()
				s.broadcast("y")
				s.checkLoop()
				s.pump()
				for i, k := range all {
					if want := "xy"; i != leaver && string(k.got) != want || i == leaver && string(k.got) != "x" {
						t.Fatalf("start %d, visited %d, %d leaves: %d got %q", start, visited, leaver, i, k.got)
					}
				}
				s.expectIdle()
			}
		}
	}
}

func TestLeavingAnIdleLogStartsNoSweep(t *testing.T) {
	s := newStillLoop(t, ListenOptions{})
	all := s.hearing(3)
	s.broadcast("x")
	s.pump()
	all[0].conn.hear(false)
	s.expectIdle()
}

func TestBroadcastCounts(t *testing.T) {
	s := newStillLoop(t, ListenOptions{})
	if taken, refused := s.broadcast("nobody"); taken != 0 || refused != 0 {
		t.Errorf("taken %d, refused %d with nobody there", taken, refused)
	}
	all := s.hearing(4)
	deaf := s.connect(handler{})
	a, b := all[0].conn.id, all[2].conn.id
	if taken, _ := s.broadcast("x", b, a, a, deaf.conn.id, 1<<60); taken != 2 {
		t.Errorf("taken %d, want 2", taken)
	}
	s.broadcast("y", a)
	s.pump()
	for i, want := range []string{"", "xy", "y", "xy"} {
		if string(all[i].got) != want {
			t.Errorf("connection %d got %q, want %q", i, all[i].got, want)
		}
	}
	s.expectIdle()
}

// Exceptions must not cost the others a write more.
func TestExceptionsLeaveInOneWrite(t *testing.T) {
	s := newStillLoop(t, ListenOptions{})
	all := s.hearing(sliceWrites)
	s.broadcast("m")
	for i := range 2 * sliceWrites {
		s.broadcast("m", all[i%sliceWrites].conn.id)
	}
	s.slice()
	for i, k := range all {
		if k.writes != 1 || len(k.got) != 2*sliceWrites-1 {
			t.Errorf("connection %d: %d bytes in %d writes", i, len(k.got), k.writes)
		}
	}
}

func TestLogMemoryAfterABurst(t *testing.T) {
	s := newStillLoop(t, ListenOptions{MaxOutbox: 1 << 30})
	all := s.hearing(2)
	all[0].room = 0
	for range 3 * maxIdleEntries {
		s.broadcast("x")
	}
	s.slice()
	if len(s.everybody.entries) < maxIdleEntries {
		t.Fatal("no burst")
	}
	all[0].room = anyNumber
	s.pump()
	s.expectIdle()
	if n := cap(s.everybody.entries); n > maxIdleEntries {
		t.Errorf("%d entries kept", n)
	}
	if !slices.Equal(all[0].got, all[1].got) || len(all[0].got) != 3*maxIdleEntries {
		t.Errorf("got %d and %d bytes", len(all[0].got), len(all[1].got))
	}
}
