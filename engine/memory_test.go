//go:build linux

package engine

import (
	"bytes"
	"context"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

// checkMemory holds the loop's sum of what is unfinished against its connections.
func (s *stillLoop) checkMemory() {
	s.t.Helper()
	want := 0
	for _, c := range s.conns {
		if c != nil {
			want += int(c.kept) + c.restSize() + c.ahead() + c.sealedInput()
		}
	}
	if s.kept != want {
		s.t.Fatalf("%d bytes unfinished, want %d", s.kept, want)
	}
}

// goodbyeFormat's goodbye is a line.
var goodbyeFormat = NewFormat(
	func(dst, data []byte, _ bool) []byte { return append(dst, data...) },
	func(c *Conn, code int, reason string) { _ = c.Send(fmt.Appendf(nil, "bye %d %s\n", code, reason)) },
)

// leaving serves lines, and says goodbye.
func leaving(fn func(c *Conn, line string)) handler {
	h := lines(fn)
	h.open = func(c *Conn) { c.SetFormat(goodbyeFormat) }
	return h
}

const goodbyeForMemory = "bye 1013 out of memory\n"

// notReading are connections whose peers do not read, each with so many bytes waiting.
func (s *stillLoop) notReading(sizes ...int) (all []*fakeSocket) {
	for _, size := range sizes {
		k := s.connect(leaving(repeat))
		k.room = 0
		s.in(k, func(c *Conn) { _ = c.Send(bytes.Repeat([]byte("x"), size-itemOverhead)) })
		all = append(all, k)
	}
	_ = s.Post(func() {}) // any event has it told
	s.pump()
	return all
}

func (s *stillLoop) budget(most int64) *memory {
	s.engine.memory.init(most, 1)
	return &s.engine.memory
}

// None of those who do not read comes near its own limit, but together they spend the budget: then, and not before, the largest go,
// as their protocol says it, until enough is free. Nobody else notices.
func TestSlowPeersSpendTheMemory(t *testing.T) {
	s := newStillLoop(t, ListenOptions{})
	m := s.budget(1 << 20)
	reads := s.connect(leaving(repeat))
	small, large := s.notReading(10<<10, 20<<10, 30<<10), s.notReading(190<<10, 390<<10, 380<<10) // 1,020 KiB
	if m.spent.Load() || s.Stats().MemorySpent != 0 || s.Stats().MemoryClosed != 0 {
		t.Fatalf("below the limit: %+v", s.Stats())
	}
	last := s.notReading(10 << 10)[0]
	s.pump()
	for _, k := range append(small, large[0], last, reads) {
		if k.conn.state != open {
			t.Errorf("one with %d bytes was closed", k.conn.pending())
		}
	}
	gone := large[1:]
	if gone[0].conn.state == open {
		gone[0], gone[1] = gone[1], gone[0]
	}
	if gone[0].conn.state == open || gone[1].conn.state != open {
		t.Error("not one of the two largest has gone")
	}
	if got := s.Stats(); got.MemorySpent != 1 || got.MemoryClosed != 1 || got.SlowConsumers != 0 || got.MaxMemory != 1<<20 || got.Memory > m.low || m.spent.Load() {
		t.Errorf("%+v", got)
	}
	gone[0].room, gone[0].eof = anyNumber, true
	s.pump()
	if string(gone[0].got) != goodbyeForMemory {
		t.Errorf("got %.50q", gone[0].got)
	}
	s.expectEnd(gone[0], ErrMemory)
	reads.in = [][]byte{[]byte("still here\n")}
	s.pump()
	if string(reads.got) != "still here\n" || s.Stats().Ended.Memory != 1 {
		t.Errorf("got %q, %+v", reads.got, s.Stats().Ended)
	}
	for _, k := range append(append(small, large...), last) {
		k.room = anyNumber
	}
	s.pump()
	s.expectIdle()
	if n := s.Stats().Memory; n != 0 {
		t.Errorf("%d bytes are used at the end", n)
	}
}

// A frame that the peer has begun to get is finished, so that it can read the goodbye.
func TestMemoryGoesBetweenFrames(t *testing.T) {
	s := newStillLoop(t, ListenOptions{})
	s.budget(100 << 10)
	k := s.connect(leaving(repeat))
	k.room = 10
	s.in(k, func(c *Conn) { _ = c.SendShared(bytes.Repeat([]byte("x"), 60<<10)) })
	s.in(k, func(c *Conn) { _ = c.SendShared(bytes.Repeat([]byte("y"), 60<<10)) })
	_ = s.Post(func() {})
	s.pump()
	k.room, k.eof = anyNumber, true
	s.pump()
	if want := strings.Repeat("x", 60<<10) + goodbyeForMemory; string(k.got) != want {
		t.Errorf("got %d bytes, the last %.50q", len(k.got), k.got[max(0, len(k.got)-50):])
	}
	s.expectEnd(k, ErrMemory)
}

// Many peers send half of a message each. Up to the budget they may; then those who have sent most go, those who have sent little
// are read on when that is over, and who sends whole messages is served all the time.
func TestHalvesSpendTheMemory(t *testing.T) {
	s := newStillLoop(t, ListenOptions{})
	m := s.budget(1 << 20)
	others := s.connect(leaving(repeat))
	send := func(k *fakeSocket, n int) {
		for ; n > 0; n -= readSize {
			k.in = append(k.in, bytes.Repeat([]byte("h"), min(n, readSize)))
		}
		s.pump()
	}
	var all []*fakeSocket
	for i := range 15 {
		k := s.connect(leaving(repeat))
		all = append(all, k)
		send(k, 1<<10)
		send(k, 15<<10*(1+i%2))
	}
	little := all[:5]
	if m.spent.Load() || s.stats.gaveMemory.Load() != 0 {
		t.Fatalf("spent at %d bytes", s.memory())
	}
	for i, turns := 0, 0; !m.spent.Load(); i++ {
		send(all[5+i%10], 20<<10)
		if turns++; turns > 100 {
			t.Fatalf("not spent at %d bytes", s.memory())
		}
		if s.stats.gaveMemory.Load() > 0 {
			break // and over already
		}
	}
	s.pump()
	closed := int(s.stats.gaveMemory.Load())
	if closed == 0 || closed > 8 || m.spent.Load() || s.memory() > m.low {
		t.Errorf("%d were closed, spent %v, %d bytes of %d", closed, m.spent.Load(), s.memory(), m.low)
	}
	for _, k := range little {
		k.in = [][]byte{[]byte("\n")}
		s.pump()
		if k.conn.state != open || len(k.got) == 0 {
			t.Errorf("one that had sent little: state %d, got %d bytes", k.conn.state, len(k.got))
		}
	}
	told := 0
	for _, k := range all {
		if strings.HasSuffix(string(k.got), goodbyeForMemory) {
			told++
		}
	}
	others.in = [][]byte{[]byte("whole\n")}
	s.pump()
	if told != closed || string(others.got) != "whole\n" {
		t.Errorf("%d were told, %d closed; another got %q", told, closed, others.got)
	}
	for _, k := range all {
		k.eof = true
	}
	s.pump()
	s.expectIdle()
}

// While the budget is spent by what nobody can give back: whose message grows waits, who sends whole ones is served, in
// small pieces, publishers are busy or wait. Then all go on.
func TestSpentMemoryHolds(t *testing.T) {
	s := newStillLoop(t, ListenOptions{})
	m := s.budget(1 << 20)
	whole, half, noted := s.connect(leaving(repeat)), s.connect(leaving(repeat)), s.connect(leaving(repeat))
	use := func(n int) { s.queued += n; s.tellMemory() }
	use(1 << 20)
	if m.spent.Load() {
		t.Fatal("spent at the budget, not beyond it")
	}
	use(memoryStep)
	if !m.spent.Load() || s.NotePublish() {
		t.Fatalf("spent %v", m.spent.Load())
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if err := s.AwaitBacklog(ctx); err != context.Canceled {
		t.Errorf("AwaitBacklog: %v", err)
	}
	half.in = [][]byte{[]byte("ha"), []byte("lf\n")}
	whole.in = [][]byte{bytes.Repeat([]byte("1234567\n"), 2*spentRead/8)}
	s.in(noted, func(c *Conn) { c.NoteMemory(1000) })
	s.in(noted, func(c *Conn) { c.NoteMemory(10) })
	noted.in = [][]byte{[]byte("noted\n")}
	s.pump()
	if len(whole.got) != 2*spentRead || whole.reads < 2 || len(half.got)+len(noted.got) != 0 || s.held.n != 2 || s.Stats().HeldBack != 2 {
		t.Errorf("got %d, %q and %q; %d reads, %d held", len(whole.got), half.got, noted.got, whole.reads, s.held.n)
	}
	s.reclaimOn() // as its timer does
	use(-1<<20 - memoryStep)
	s.pump()
	if string(half.got) != "half\n" || string(noted.got) != "noted\n" || m.spent.Load() || !s.NotePublish() || s.AwaitBacklog(context.Background()) != nil {
		t.Errorf("afterwards: %q, %q", half.got, noted.got)
	}
	s.in(noted, (*Conn).Abort)
	if s.stats.gaveMemory.Load() != 0 {
		t.Error("somebody was closed for nothing")
	}
	s.expectIdle()
}

// What has said goodbye already and holds the most is cut off; TLS handshakes too, which have no goodbye.
func TestMemoryCutsOff(t *testing.T) {
	s := newStillLoop(t, ListenOptions{})
	s.budget(200 << 10)
	draining := s.notReading(150 << 10)[0]
	s.in(draining, (*Conn).Close)
	other := s.notReading(60 << 10)[0]
	s.pump()
	if !draining.reset || other.conn.state != open {
		t.Errorf("reset %v, the other's state is %d", draining.reset, other.conn.state)
	}
	s.expectEnd(draining, ErrClosed)
	other.room = anyNumber
	s.pump()
	s.expectIdle()
}

// However many there are, a task looks at some and closes fewer.
func TestReclaimIsSliced(t *testing.T) {
	const n = 20_000
	s := newCrowd(t, n)
	s.stuckPush(t)
	m := s.budget(int64(n * 50))
	s.tellMemory()
	tasks, closed := 0, uint64(0)
	for m.spent.Load() {
		if tasks++; tasks > 10*n/reclaimLooks+n/reclaimCloses {
			t.Fatalf("%d tasks, %d closed, %d bytes of %d", tasks, closed, s.memory(), m.low)
		}
		before := s.stats.gaveMemory.Load()
		s.reclaimOn()
		if closed = s.stats.gaveMemory.Load(); closed-before > reclaimCloses {
			t.Fatalf("%d in one task", closed-before)
		}
	}
	if closed < n/2 || s.memory() > m.low || s.memory() < m.low-10*m.step {
		t.Errorf("%d of %d closed, %d bytes of %d", closed, n, s.memory(), m.low)
	}
}

// stuckPush has something wait for each.
func (s *crowd) stuckPush(t *testing.T) {
	s.stuck = true
	for _, c := range s.conns {
		s.callback(c, func(c *Conn) { c.pushShared(text(strings.Repeat("x", 100-itemOverhead))) })
	}
	s.settle()
	if len(s.stalled) != len(s.conns) {
		t.Fatalf("%d are stalled", len(s.stalled))
	}
}

// Two loops have one budget, and the one that has used less than its share lets its connections be.
func TestMemoryOfTwoLoops(t *testing.T) {
	e, err := New(Options{Loops: 2, MaxMemory: 1 << 20})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = e.Shutdown(context.Background()) })
	ends := make(chan [2]any, 10)
	ln := listen(t, e, handler{
		open: func(c *Conn) { c.SetFormat(goodbyeFormat) },
		traffic: func(c *Conn, p []byte) int {
			if p[len(p)-1] == '.' {
				_ = c.Send([]byte("."))
			}
			return 0
		},
		close: func(c *Conn, err error) { ends <- [2]any{c.loop.index, err} },
	}, ListenOptions{})
	var loops [2][]net.Conn
	for i := range 6 {
		loops[i%2] = append(loops[i%2], dial(t, ln)) // the next goes where fewer are
		sendHalf(t, loops[i%2][i/2], 1)
	}
	few, many := loops[0], loops[1]
	for _, c := range few {
		sendHalf(t, c, 40<<10)
	}
	for _, c := range many[:2] {
		sendHalf(t, c, 250<<10)
	}
	if n := e.Stats().MemorySpent; n != 0 {
		t.Fatalf("spent %d times too early", n)
	}
	_, _ = many[2].Write(bytes.Repeat([]byte("h"), 900<<10)) // it may be closed in the midst of that
	first := await(t, "an end", ends)
	if first[1] != ErrMemory {
		t.Errorf("the reason is %v", first[1])
	}
	if s := e.Stats(); s.MemorySpent == 0 || s.MemoryClosed == 0 {
		t.Errorf("%+v", s)
	}
	for _, c := range few {
		sendHalf(t, c, 1)
	}
}

// sendHalf sends what is no whole message, and waits until it has come.
func sendHalf(t *testing.T, c net.Conn, n int) {
	t.Helper()
	renew(c)
	if _, err := c.Write(append(bytes.Repeat([]byte("h"), n-1), '.')); err != nil {
		t.Fatal(err)
	}
	var dot [1]byte
	if _, err := c.Read(dot[:]); err != nil {
		t.Fatal(err)
	}
}

// Nobody is accepted while the budget is spent, and everybody afterwards.
func TestSpentMemoryPausesAccepting(t *testing.T) {
	e, err := New(Options{MaxMemory: 1 << 20})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = e.Shutdown(context.Background()) })
	ln := listen(t, e, lines(repeat), ListenOptions{})
	use := func(n int) { on(t, e.Home(), func() { e.Home().queued += n; e.Home().tellMemory() }) }
	use(2 << 20)
	c := dial(t, ln)
	eventually(t, "it is tried again", func() bool { return e.Stats().AcceptPauses >= 2 })
	if n := ln.Accepted(); n != 0 {
		t.Errorf("%d were accepted", n)
	}
	use(-2 << 20)
	send(t, c, "hello\n")
	expect(t, c, "hello\n")
}

// Without a budget nothing happens, and what is used is still told.
func TestMemoryWithoutLimit(t *testing.T) {
	s := newStillLoop(t, ListenOptions{})
	s.budget(-1)
	s.notReading(1<<20, 1<<20)
	if got := s.Stats(); got.Memory < 2<<20 || got.MaxMemory != 0 || got.MemorySpent != 0 {
		t.Errorf("%+v", got)
	}
}

func TestProcessMemory(t *testing.T) {
	const none = 1<<63 - 1
	var info unix.Sysinfo_t
	if err := unix.Sysinfo(&info); err != nil {
		t.Fatal(err)
	}
	machine := int64(info.Totalram) * int64(info.Unit)
	for _, tt := range []struct {
		files map[string]string
		go_   int64
		want  int64
	}{
		{nil, none, machine},
		{nil, 1000, 1000},
		{map[string]string{"proc/self/cgroup": "0::/\n", "sys/fs/cgroup/memory.max": "5000\n"}, none, 5000},
		{map[string]string{"proc/self/cgroup": "0::/\n", "sys/fs/cgroup/memory.max": "5000\n"}, 4000, 4000},
		{map[string]string{"proc/self/cgroup": "0::/\n", "sys/fs/cgroup/memory.max": "max\n"}, none, machine},
		{map[string]string{"proc/self/cgroup": "0::/a/b\n", "sys/fs/cgroup/a/memory.max": "3000\n", "sys/fs/cgroup/a/b/memory.max": "max\n"}, none, 3000},
		{map[string]string{"proc/self/cgroup": "0::/../../x\n", "sys/fs/cgroup/memory.max": "3000\n"}, none, 3000},
		{map[string]string{"proc/self/cgroup": "4:cpu:/c\n5:memory:/c\n", "sys/fs/cgroup/memory/c/memory.limit_in_bytes": "2000\n", "sys/fs/cgroup/memory/memory.limit_in_bytes": "9223372036854771712\n"}, none, 2000},
		{map[string]string{"proc/self/cgroup": "nonsense\n"}, none, machine},
	} {
		root := t.TempDir()
		for name, data := range tt.files {
			path := filepath.Join(root, name)
			if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(path, []byte(data), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		if got := processMemory(root, tt.go_); got != tt.want {
			t.Errorf("%v with GOMEMLIMIT %d: %d, want %d", tt.files, tt.go_, got, tt.want)
		}
	}
}

// Counting costs no allocation.
func TestMemoryAllocs(t *testing.T) {
	s := newStillLoop(t, ListenOptions{})
	s.budget(1 << 20)
	k := s.connect(leaving(repeat))
	k.forgets = true
	n := 0
	if got := testing.AllocsPerRun(100, func() {
		n++
		k.conn.NoteMemory(n % 3 * memoryStep)
		s.tellMemory()
	}); got != 0 {
		t.Errorf("%v allocations", got)
	}
}

// What counting costs an event, and a handler that tells each time what it has.
func BenchmarkMemory(b *testing.B) {
	s := newStillLoop(b, ListenOptions{})
	s.budget(1 << 30)
	k := s.connect(leaving(repeat))
	b.Run("event", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			s.queued ^= 1
			s.tellMemory()
		}
	})
	b.Run("note", func(b *testing.B) {
		b.ReportAllocs()
		n := 0
		for b.Loop() {
			n ^= 1
			k.conn.NoteMemory(n)
		}
	})
}
