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
	s.checkMemory()
}

func (s *stillLoop) checkLog() {
	s.t.Helper()
	b := &s.everybody
	pins, lagging, atEnd, hearing := map[uint64]int32{}, map[uint64]int32{}, int32(0), 0
	for _, c := range s.conns {
		if c == nil || !c.hears {
			continue
		}
		hearing++
		switch {
		case !b.everybody.has(int(c.fd)):
			s.t.Fatalf("connection %d is not visited", c.id)
		case c.cursor > b.end() || c.pinned && c.cursor < b.base:
			s.t.Fatalf("cursor %d outside of %d to %d", c.cursor, b.base, b.end())
		case c.stalled && !c.pinned:
			s.t.Fatalf("connection %d is stalled and keeps nothing", c.id)
		case c.pinned && c.cursor == b.end():
			atEnd++
		case c.pinned:
			pins[c.cursor]++
			if !c.stalled {
				lagging[c.cursor]++
			}
		}
	}
	if atEnd != b.atEnd || hearing != b.everybody.size {
		s.t.Fatalf("%d pinned at the end, want %d; %d hear, want %d", b.atEnd, atEnd, b.everybody.size, hearing)
	}
	for p := b.base; p < b.end(); p++ {
		if e := b.at(p); e.pins != pins[p] || e.lagging != lagging[p] || p < b.due && (!e.offered || e.lagging > 0) {
			s.t.Fatalf("entry %d: %d pins, %d lag, offered %v, due %d; want %d and %d", p, e.pins, e.lagging, e.offered, b.due, pins[p], lagging[p])
		}
	}
	if b.base < b.due && b.at(b.base).pins == 0 && !b.untidy {
		s.t.Fatal("the log keeps an entry that nobody needs")
	}
}

func (s *stillLoop) checkQueued() {
	s.t.Helper()
	queued, stuck := 0, 0
	for _, c := range s.conns {
		if c == nil {
			continue
		}
		if c.stalled {
			stuck += c.ownBytes()
		} else {
			queued += c.ownBytes()
		}
		if c.out != nil && (c.out.len() == 0 || c.out.bytes != c.unwritten()) {
			s.t.Fatalf("connection %d: %d bytes in %d items, want %d", c.id, c.out.bytes, c.out.len(), c.unwritten())
		}
	}
	if queued != s.queued || stuck != s.stuck {
		s.t.Fatalf("queued %d and %d, want %d and %d", s.queued, s.stuck, queued, stuck)
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
	for _, c := range s.conns {
		if c != nil && c.hears && !c.stalled {
			if p, ok := c.oldestDue(); ok {
				most = max(most, s.everybody.waiting(p))
			}
		}
	}
	return most
}

// oldestDue is the position of the oldest entry that c is to get.
func (c *Conn) oldestDue() (position uint64, ok bool) {
	b := &c.loop.everybody
	for p := max(c.cursor, b.base); c.hears && p < b.end(); p++ {
		if b.at(p).isFor(c) {
			return p, true
		}
	}
	return 0, false
}

// swept tells whether a sweep brings c the entry at a position.
func (c *Conn) swept(position uint64) bool {
	e := c.loop.everybody.at(position)
	a := e.to
	return !e.offered && (int(c.fd)-a.next+a.span())%a.span() < int(e.until-a.walked)
}

func (s *stillLoop) checkNobodyForgotten() {
	s.t.Helper()
	for _, c := range s.conns {
		if c == nil {
			continue
		}
		p, owed := c.oldestDue()
		due := c.hasInput() || !c.stalled && (c.out != nil || c.state == draining)
		if !c.queued && (due || owed && !c.stalled && !c.swept(p)) {
			s.t.Fatalf("connection %d in state %d is forgotten", c.id, c.state)
		}
	}
	if s.busy() && !s.woken && !s.wanted {
		s.t.Fatal("the loop has work and sleeps")
	}
}

// expectIdle checks that nothing is left of what was sent.
func (s *stillLoop) expectIdle() {
	s.t.Helper()
	s.checkLoop()
	b := &s.everybody
	if s.queued != 0 || len(s.stalled) != 0 || s.ready.n != 0 || b.base != b.end() || b.busy() || b.backlog() != 0 {
		s.t.Fatalf("not idle: queued %d, stalled %d, ready %d, entries %d, left %d, backlog %d",
			s.queued, len(s.stalled), s.ready.n, b.end()-b.base, b.left(&b.everybody), b.backlog())
	}
}

// left is how many descriptors the sweep has still to pass.
func (b *broadcastLog) left(a *audience) int {
	if a.pending == 0 {
		return 0
	}
	return max(0, int(b.at(a.newest).until-a.walked))
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

func (s *stillLoop) broadcast(data string, except ...*fakeSocket) (taken, refused int) {
	return s.Broadcast(text(data), outlets(except))
}

func outlets(sockets []*fakeSocket) (list []Outlet) {
	for _, k := range sockets {
		list = append(list, (*outlet)(k.conn))
	}
	return list
}

func TestSweepSkipsNobodyWhenOthersJoin(t *testing.T) {
	s := newStillLoop(t, ListenOptions{})
	first := s.hearing(3)
	s.serve(first[0].conn)
	s.everybody.everybody.next = firstFake + 1
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

// visit is whom the sweep comes to next.
func (s *stillLoop) visit() *Conn {
	for s.everybody.busy() {
		if c := s.everybody.sweep(s.conns); c != nil {
			return c
		}
	}
	return nil
}

// Every place to leave from, at every state of the sweep.
func TestSweepSkipsNobodyWhenOthersLeave(t *testing.T) {
	const n = 5
	for start := range n {
		for visited := range n + 1 {
			for leaver := range n {
				s := newStillLoop(t, ListenOptions{})
				all := s.hearing(n)
				s.everybody.everybody.next = firstFake + start
				s.broadcast("x")
				for range visited {
					if c := s.visit(); c != nil {
						s.serve(c)
					}
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
	a, b := all[0], all[2]
	if taken, _ := s.broadcast("x", b, a, a, deaf); taken != 2 {
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
		s.broadcast("m", all[i%sliceWrites])
	}
	s.slice()
	for i, k := range all {
		if k.writes != 1 || len(k.got) != 2*sliceWrites-1 {
			t.Errorf("connection %d: %d bytes in %d writes", i, len(k.got), k.writes)
		}
	}
}

func TestLogMemoryAfterABurst(t *testing.T) {
	const burst = 20 * tidyStep
	s := newStillLoop(t, ListenOptions{MaxOutbox: 1 << 30})
	all := s.hearing(2)
	all[0].room = 0
	for range burst {
		s.broadcast("x")
	}
	s.slice()
	if n := len(s.everybody.pages); n < burst/pageSize {
		t.Fatalf("%d pages: no burst", n)
	}
	all[0].room = anyNumber
	s.pump()
	s.expectIdle()
	if n := len(s.everybody.pages); n > 1 || cap(s.everybody.pages) > pageSize {
		t.Errorf("%d pages kept", n)
	}
	if !slices.Equal(all[0].got, all[1].got) || len(all[0].got) != burst {
		t.Errorf("got %d and %d bytes", len(all[0].got), len(all[1].got))
	}
}
