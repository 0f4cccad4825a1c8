//go:build linux

package engine

import (
	"net"
	"testing"

	"golang.org/x/sys/unix"
)

// crowd is a loop with so many connections that anything whose cost grew with them would show. What each turn does is counted:
// writes, goodbyes, ends, and the places that its sweep and its looks pass.
type crowd struct {
	*stillLoop
	conns    []*Conn
	writes   int
	goodbyes int
	ends     int
	stuck    bool
	got      []uint32 // by connection: bytes
}

const (
	mostWrites = sliceWrites + turnCost
	mostLooks  = sliceLooks * maxSkips * 64 // descriptors, 64 at a time
)

func newCrowd(t *testing.T, n int) *crowd {
	s := &crowd{stillLoop: newStillLoop(t, ListenOptions{}), got: make([]uint32, n)}
	s.sys.close = func(int) error { return nil }
	s.sys.reset = func(int) {}
	s.sys.shutdown = func(int) error { return nil }
	s.sys.write = func(fd int, p []byte) (int, error) {
		s.writes++
		if s.stuck {
			return -1, unix.EAGAIN
		}
		s.got[fd-firstFake] += uint32(len(p))
		return len(p), nil
	}
	o := ListenOptions{}.withDefaults()
	ln := &Listener{options: o, engine: s.engine, loop: s.Loop, boundSocket: boundSocket{addr: &net.TCPAddr{}}}
	server := serving(s.goodbye, s.end)
	for i := range n {
		c := newConn(s.Loop, firstFake+i, endpoint{}, ln)
		s.open.Add(1)
		s.adopt(c, server)
		c.hear(true)
		s.conns = append(s.conns, c)
	}
	return s
}

func (s *crowd) goodbye(c *Conn) { s.goodbyes++; c.Close() }
func (s *crowd) end()            { s.ends++ }

// serving is a server whose connections tell of their goodbye and end.
func serving(goodbye func(c *Conn), end func()) Server { return crowdServer{goodbye, end} }

type crowdServer struct {
	goodbye func(c *Conn)
	end     func()
}

func (h crowdServer) Serve(*Conn) Handler           { return h }
func (crowdServer) OnOpen(*Conn)                    {}
func (crowdServer) OnTraffic(_ *Conn, p []byte) int { return len(p) }
func (h crowdServer) OnClose(*Conn, error)          { h.end() }
func (h crowdServer) OnShutdown(c *Conn)            { h.goodbye(c) }

// turn serves one event of the loop's eventfd, and checks what that cost.
func (s *crowd) turn(t *testing.T, walked func() int64) {
	t.Helper()
	s.writes, s.goodbyes, s.ends = 0, 0, 0
	before := walked()
	_ = s.handle(s.inbox.eventfd, unix.EPOLLIN, 0)
	if looks := walked() - before; looks > mostLooks {
		t.Fatalf("a turn passed %d descriptors, want at most %d", looks, mostLooks)
	}
	if s.writes > mostWrites+tasksPerTurn*goodbyesPerTask || s.goodbyes > tasksPerTurn*goodbyesPerTask || s.ends > s.goodbyes+mostWrites {
		t.Fatalf("a turn: %d writes, %d goodbyes, %d ends", s.writes, s.goodbyes, s.ends)
	}
	if s.goodbyes == 0 && s.writes > mostWrites {
		t.Fatalf("a turn: %d writes, want at most %d", s.writes, mostWrites)
	}
}

// The work of one turn does not grow with the connections: a million of them, a broadcast to all, to all but some, to a group of a
// tenth, to one of a few; all stalled; and a stop of them all.
func TestTurnsOfAMillion(t *testing.T) {
	n := 1_000_000
	if testing.Short() || raced {
		n = 100_000
	}
	s := newCrowd(t, n)
	b := &s.everybody
	tenth, few := s.NewAudience(), s.NewAudience()
	for i, c := range s.conns {
		if i%10 == 3 {
			tenth.Add((*outlet)(c))
		}
		if i%(n/200) == 3 {
			few.Add((*outlet)(c))
		}
	}
	walked := func() (sum int64) {
		return b.everybody.walked + tenth.(*audience).walked + few.(*audience).walked
	}
	settle := func() {
		t.Helper()
		for s.busy() {
			s.turn(t, walked)
		}
	}
	m := text("0123456789")
	s.Broadcast(m, []Outlet{(*outlet)(s.conns[0]), (*outlet)(s.conns[1])})
	if taken, _ := s.BroadcastTo([]Audience{tenth, few}, m, nil); taken != n/10 {
		t.Errorf("%d took it, want %d", taken, n/10)
	}
	settle()
	s.BroadcastTo([]Audience{few}, m, nil)
	settle()
	for i, got := range s.got {
		want := uint32(0)
		for _, yes := range []bool{i > 1, i%10 == 3, i%(n/200) == 3} {
			if yes {
				want += uint32(len(m.data))
			}
		}
		if got != want {
			t.Fatalf("connection %d got %d bytes, want %d", i, got, want)
		}
	}
	s.stuck = true
	s.Broadcast(m, nil)
	settle()
	if len(s.stalled) != n {
		t.Errorf("%d are stalled", len(s.stalled))
	}
	for range 100 { // all of them have room for these
		s.Broadcast(m, nil)
		s.turn(t, walked)
	}
	settle()
	s.stuck = false
	for i, c := range s.conns {
		before := s.got[i]
		_ = s.handle(int(c.fd), unix.EPOLLOUT, 0)
		if got := int(s.got[i] - before); got != 101*len(m.data) {
			t.Fatalf("connection %d got %d bytes", i, got)
		}
	}
	settle()
	if b.backlog() != 0 || b.base != b.end() {
		t.Error("the log is not empty")
	}
	s.Loop.leave(make(chan struct{}))
	for s.open.Load() > 0 && s.goodbyes >= 0 && len(s.inbox.tasks)+len(s.inbox.taken)-s.inbox.done > 0 || s.busy() {
		s.turn(t, walked)
	}
	for i, c := range s.conns {
		if c.state != lingering {
			t.Fatalf("connection %d is in state %d", i, c.state)
		}
	}
}
