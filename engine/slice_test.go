//go:build linux

package engine

import (
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

func TestOneWriteATurn(t *testing.T) {
	s := newStillLoop(t, ListenOptions{})
	k := s.hearing(1)[0]
	for range 3 {
		_ = k.conn.Send([]byte("send "))
		_, _ = k.conn.Write([]byte("write "))
		_, _ = k.conn.Write([]byte("write "))
		s.broadcast("broadcast ")
		k.conn.pushShared(text("push "))
	}
	s.slice()
	if want := strings.Repeat("send write write broadcast push ", 3); string(k.got) != want || k.writes != 1 {
		t.Errorf("got %q in %d writes", k.got, k.writes)
	}
	s.expectIdle()
}

// Messages that come while a sweep is under way leave with those that the sweep carries.
func TestBroadcastsCatchUpWithTheSweep(t *testing.T) {
	const connections, broadcasts = 1000, 30
	s := newStillLoop(t, ListenOptions{})
	all := s.hearing(connections)
	for range broadcasts {
		s.broadcast("m")
		s.slice()
	}
	s.pump()
	writes := 0
	for i, k := range all {
		if len(k.got) != broadcasts {
			t.Fatalf("connection %d got %d", i, len(k.got))
		}
		writes += k.writes
	}
	// A whole circle for the last of them, and what the slices did before.
	if most := connections + broadcasts*sliceWrites; writes > most {
		t.Errorf("%d writes, want at most %d", writes, most)
	}
	s.expectIdle()
}

func TestSliceBounds(t *testing.T) {
	s := newStillLoop(t, ListenOptions{})
	all := s.hearing(3 * sliceLooks)
	s.broadcast("m")
	s.slice()
	if n := s.stats.writes.Load(); n != sliceWrites {
		t.Errorf("%d writes in a slice, want %d", n, sliceWrites)
	}
	if !s.rung() {
		t.Error("no further slice was asked for")
	}
	_ = s.handle(s.inbox.eventfd, unix.EPOLLIN, 0)
	s.pump()
	for _, k := range all {
		k.room = 0
	}
	s.broadcast("m")
	s.pump() // all are stalled
	s.broadcast("m")
	s.slice()
	if done := s.everybody.everybody.next - int(all[0].conn.fd); done > sliceLooks || done < sliceLooks/2 {
		t.Errorf("a slice looked at %d, want %d", done, sliceLooks)
	}
}

// Messages to decode count more than a write, and nobody has two turns in a slice.
func TestSliceBoundsMessages(t *testing.T) {
	s := newStillLoop(t, ListenOptions{})
	handled := map[uint64]int{}
	total := 0
	h := lines(func(c *Conn, line string) { handled[c.id]++; total++; repeat(c, line) })
	for range 20 {
		k := s.connect(h)
		k.in = [][]byte{[]byte(numbered(manyLines))}
		s.handleConn(k.conn, unix.EPOLLIN)
	}
	clear(handled)
	total = 0
	s.slice()
	if most := (sliceWrites/turnCost + 1) * turnMessages; total == 0 || total > most {
		t.Errorf("%d messages in a slice, want at most %d", total, most)
	}
	for id, n := range handled {
		if n > turnMessages {
			t.Errorf("%d messages of connection %d", n, id)
		}
	}
}

func TestSliceIsFairToQueueAndSweep(t *testing.T) {
	s := newStillLoop(t, ListenOptions{})
	swept := s.hearing(500)
	s.broadcast("m")
	for range 500 {
		_ = s.connect(handler{}).conn.Send([]byte("m"))
	}
	s.slice()
	bySweep := 0
	for _, k := range swept {
		bySweep += k.writes
	}
	if bySweep != sliceWrites/2 {
		t.Errorf("the sweep had %d of %d writes", bySweep, sliceWrites)
	}
}

// A busy loop must not wait for its eventfd's turn among thousands of sockets.
func TestSliceRunsAmongSocketEvents(t *testing.T) {
	s := newStillLoop(t, ListenOptions{})
	busy := s.connect(echo)
	k := s.hearing(1)[0]
	s.broadcast("m")
	for range sliceEvents {
		busy.in = [][]byte{[]byte("x")}
		s.event(busy, unix.EPOLLIN)
	}
	if string(k.got) != "m" {
		t.Error("the broadcast waits for the eventfd")
	}
}

func TestLargeFramesShareTheLoop(t *testing.T) {
	const size = 16 << 20
	s := newStillLoop(t, ListenOptions{})
	large, small := s.connect(handler{}), s.connect(handler{})
	large.forgets = true
	_ = large.conn.Send(make([]byte, size))
	_ = small.conn.Send([]byte("m"))
	before := -1
	small.onWrite = func() { before = large.writes }
	s.pump()
	if before < 0 || before > 2 {
		t.Errorf("the small one was served after %d writes of the large one", before)
	}
	if n := s.stats.bytesOut.Load(); n != size+1 || large.writes < size/maxWrite {
		t.Errorf("%d bytes, the large frame in %d writes", n, large.writes)
	}
	s.expectIdle()
}

// What one callback sends beyond MaxOutbox is offered to the kernel at once, and a peer that takes it does not get its
// messages answered faster than that.
func TestAnswersToAPeerThatReadsStayBounded(t *testing.T) {
	s := newStillLoop(t, ListenOptions{})
	answer := make([]byte, 4<<20)
	most := 0
	k := s.connect(lines(func(c *Conn, _ string) {
		_ = c.Send(answer)
		most = max(most, c.Buffered())
	}))
	k.forgets = true
	k.in = [][]byte{[]byte(strings.Repeat("\n", 50))}
	s.pump()
	if n := s.stats.bytesOut.Load(); n != 50*uint64(len(answer)) {
		t.Fatalf("%d bytes left", n)
	}
	if most > len(answer)+2<<20 {
		t.Errorf("%d bytes waited", most)
	}
	s.expectIdle()
}

func TestMuchIsOfferedAtOnce(t *testing.T) {
	s := newStillLoop(t, ListenOptions{})
	k := s.connect(handler{})
	s.in(k, func(c *Conn) {
		for range 20 {
			_ = c.Send(make([]byte, 100<<10))
		}
		if len(k.got) == 0 || c.Buffered() > 1<<20+200<<10 {
			t.Errorf("%d bytes written, %d wait", len(k.got), c.Buffered())
		}
	})
	s.pump()
	s.expectIdle()
}

// The connection whose event is being handled is served ahead of those that wait, with its whole outbox.
func TestTheAnswerLeavesAtTheEndOfItsCallback(t *testing.T) {
	s := newStillLoop(t, ListenOptions{})
	others := s.hearing(100)
	k := s.connect(handler{traffic: func(c *Conn, p []byte) int {
		s.broadcast("m")
		n, _ := c.Write(p)
		return n
	}})
	k.conn.hear(true)
	_ = k.conn.Send([]byte("before "))
	k.in = [][]byte{[]byte(" answer")}
	k.onWrite = func() {
		for _, other := range others {
			if other.writes > 0 {
				t.Error("another was served first")
			}
		}
	}
	s.lastSlice = s.started.AddDate(1, 0, 0) // none is due
	s.event(k, unix.EPOLLIN)
	if string(k.got) != "before m answer" || k.writes != 1 {
		t.Errorf("got %q in %d writes", k.got, k.writes)
	}
}

func TestRing(t *testing.T) {
	var r ring
	conns := make([]Conn, 3*maxIdleRing)
	in, out, grew := 0, 0, 0
	for step := 0; out < len(conns); step++ {
		for n := 15 * (step % 700); n > 0 && in < len(conns); n-- {
			r.push(&conns[in])
			in++
		}
		grew = max(grew, len(r.conns))
		for n := 5 * (step % 600); n > 0 && r.n > 0; n-- {
			if r.pop() != &conns[out] {
				t.Fatalf("out of order at %d", out)
			}
			out++
		}
	}
	if grew <= maxIdleRing || len(r.conns) > maxIdleRing {
		t.Errorf("of %d places %d are kept for nobody", grew, len(r.conns))
	}
}
