//go:build linux

package engine

import (
	"errors"
	"fmt"
	"io"
	"net"
	"net/netip"
	"os"
	"sync"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// faraway lets connections seem to come from other addresses: each takes the next of from, the last one again and again.
type faraway struct {
	mu   sync.Mutex
	from []string
}

func (f *faraway) accept(fd int) (int, unix.Sockaddr, error) {
	conn, peer, err := kernel.accept(fd)
	f.mu.Lock()
	defer f.mu.Unlock()
	if err != nil || len(f.from) == 0 {
		return conn, peer, err
	}
	ip := netip.MustParseAddr(f.from[0])
	if len(f.from) > 1 {
		f.from = f.from[1:]
	}
	if ip.Is4() {
		return conn, &unix.SockaddrInet4{Addr: ip.As4(), Port: 1}, nil
	}
	return conn, &unix.SockaddrInet6{Addr: ip.As16(), Port: 1}, nil
}

// come sets where the next connections seem to come from.
func (f *faraway) come(from ...string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.from = from
}

func acceptingFrom(t testing.TB, o Options) (*Engine, *faraway) {
	f, sys := &faraway{}, kernel
	sys.accept = f.accept
	return faultyEngine(t, o, &sys), f
}

// wantAway connects and wants to be turned away.
func wantAway(t testing.TB, ln *Listener) {
	t.Helper()
	c := dial(t, ln)
	defer c.Close()
	expectEOF(t, c)
}

// wantIn connects, and the connection stays.
func wantIn(t testing.TB, ln *Listener) net.Conn {
	t.Helper()
	c := dial(t, ln)
	send(t, c, "in")
	expect(t, c, "in")
	return c
}

func wantTurnedAway(t testing.TB, e *Engine, connections, address, rate uint64) {
	t.Helper()
	s := e.Stats()
	if s.OverConnections != connections || s.OverAddress != address || s.OverRate != rate {
		t.Errorf("turned away: %d, %d of one address, %d new ones; want %d, %d, %d",
			s.OverConnections, s.OverAddress, s.OverRate, connections, address, rate)
	}
}

// leaves closes the client's end and waits until the engine has counted the connection out.
func leaves(t testing.TB, e *Engine, c net.Conn) {
	t.Helper()
	before := e.open.Load()
	_ = c.Close()
	eventually(t, "one connection less", func() bool { return e.open.Load() < before })
	for _, l := range e.Loops() {
		on(t, l, func() {}) // the engine's count is the first of several
	}
}

func TestMaxConnectionsOfAListener(t *testing.T) {
	log, start := &testLog{t: t}, time.Now()
	e := testEngine(t, Options{Logger: textLogger(log)})
	ln, other := listen(t, e, echo, ListenOptions{MaxConnections: 2}), listen(t, e, echo)
	first, second := wantIn(t, ln), wantIn(t, ln)
	wantAway(t, ln)
	wantAway(t, ln)
	wantIn(t, other)
	send(t, second, "still here")
	expect(t, second, "still here")
	wantTurnedAway(t, e, 2, 0, 0)
	if ln.Open() != 2 || ln.Accepted() != 2 || e.Stats().Accepted != 3 {
		t.Errorf("%d open, %d accepted, %d in all", ln.Open(), ln.Accepted(), e.Stats().Accepted)
	}
	if n := countLines(log, "turned away"); n < 1 || n > 1+int(time.Since(start)/warnEvery) {
		t.Errorf("%d lines in the log, want one in a while", n)
	}
	leaves(t, e, first)
	wantIn(t, ln)
	wantAway(t, ln)
}

func TestMaxConnectionsInAll(t *testing.T) {
	e := testEngine(t, Options{Loops: 2, MaxConnections: 3})
	one, other := listen(t, e, echo, ListenOptions{Loop: e.Loops()[1]}), listen(t, e, echo)
	first := wantIn(t, one)
	wantIn(t, other)
	wantIn(t, other)
	wantAway(t, one)
	wantAway(t, other)
	theirs, ours := pair(t)
	if _, err := e.Adopt(ours, nil, echo); err != ErrConnections {
		t.Errorf("Adopt: %v, want ErrConnections", err)
	}
	wantTurnedAway(t, e, 3, 0, 0)
	leaves(t, e, first)
	if _, err := e.Adopt(ours, nil, echo); err != nil { // it is still ours
		t.Errorf("Adopt: %v", err)
	}
	send(t, theirs, "adopted")
	expect(t, theirs, "adopted")
	wantAway(t, one)
	leaves(t, e, theirs)
	wantIn(t, one)
	wantTurnedAway(t, e, 4, 0, 0)
}

// pair is a TCP connection with both its ends.
func pair(t testing.TB) (theirs, ours net.Conn) {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer ln.Close()
	if theirs, err = net.Dial("tcp", ln.Addr().String()); err != nil {
		t.Fatal(err)
	}
	if ours, err = ln.Accept(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _, _ = theirs.Close(), ours.Close() })
	_ = theirs.SetDeadline(time.Now().Add(patience))
	return theirs, ours
}

func TestMaxPerAddress(t *testing.T) {
	for _, test := range []struct{ same, other []string }{
		{[]string{"192.0.2.1", "::ffff:192.0.2.1", "192.0.2.1"}, []string{"192.0.2.2"}},
		{[]string{"2001:db8::1", "2001:db8::ffff:0:0:1", "2001:db8::2"}, []string{"2001:db8:0:1::1"}},
	} {
		e, system := acceptingFrom(t, Options{Loops: 2})
		ln := listen(t, e, echo, ListenOptions{MaxPerAddress: 2})
		system.come(test.same...)
		first := wantIn(t, ln)
		wantIn(t, ln)
		wantAway(t, ln)
		wantAway(t, ln)
		system.come(test.other...)
		wantIn(t, ln)
		wantTurnedAway(t, e, 0, 2, 0)
		leaves(t, e, first)
		system.come(test.same...)
		wantIn(t, ln)
		wantAway(t, ln)
		if ln.Open() != 3 || e.open.Load() != 3 {
			t.Errorf("%d open, %d in all", ln.Open(), e.open.Load())
		}
	}
}

func TestLoopbackIsExempt(t *testing.T) {
	e, system := acceptingFrom(t, Options{})
	for _, from := range []string{"127.0.0.1", "127.1.2.3", "::1", "::ffff:127.0.0.1"} {
		system.come(from)
		ln := listen(t, e, echo, ListenOptions{MaxPerAddress: 1, AddressRate: 1})
		for range 6 {
			wantIn(t, ln)
		}
	}
	system.come()
	ln, err := e.Listen("unix:"+t.TempDir()+"/s", echo, ListenOptions{MaxPerAddress: 1, AddressRate: 1})
	if err != nil {
		t.Fatal(err)
	}
	for range 6 {
		c, err := net.Dial("unix", ln.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		send(t, c, "in")
		expect(t, c, "in")
	}
	wantTurnedAway(t, e, 0, 0, 0)
}

func TestAddressRateAtAListener(t *testing.T) {
	e, system := acceptingFrom(t, Options{})
	ln := listen(t, e, echo, ListenOptions{AddressRate: 1})
	system.come("192.0.2.1")
	wantRate(t, e, ln)
	wantTurnedAway(t, e, 0, 0, 1)
	system.come("192.0.2.2")
	wantIn(t, ln)
}

// wantRate connects until one is turned away: at once there may be a burst, and one comes free a second.
func wantRate(t testing.TB, e *Engine, ln *Listener) {
	t.Helper()
	start := time.Now()
	in := 0
	for ; ; in++ {
		c := dial(t, ln)
		if !isIn(t, c) {
			break
		}
		leaves(t, e, c)
		if most := rateBurst + int(time.Since(start)/time.Second); in >= most {
			t.Fatalf("%d were let in, more than %d", in+1, most)
		}
	}
	if in < rateBurst {
		t.Errorf("%d were let in, want %d", in, rateBurst)
	}
}

// isIn tells whether a connection stays.
func isIn(t testing.TB, c net.Conn) bool {
	t.Helper()
	_, _ = io.WriteString(c, "in") // fails when it has been turned away
	_, err := io.ReadFull(c, make([]byte, 2))
	if errors.Is(err, os.ErrDeadlineExceeded) {
		t.Fatal("it is neither in nor turned away")
	}
	return err == nil
}

func peerAt(ip string) *endpoint {
	e := endpointOf(netip.AddrPortFrom(netip.MustParseAddr(ip), 1))
	return &e
}

func TestAddressRate(t *testing.T) {
	a := addresses{most: -1, rate: 10}
	enter := func(ip string, at time.Duration) error { return a.enter(peerAt(ip), at) }
	for i := range 10 * rateBurst {
		if err := enter("192.0.2.1", 0); err != nil {
			t.Fatalf("number %d: %v", i+1, err)
		}
	}
	for _, step := range []struct {
		at   time.Duration
		want error
	}{
		{0, ErrAddressRate}, {99 * time.Millisecond, ErrAddressRate}, {100 * time.Millisecond, nil},
		{100 * time.Millisecond, ErrAddressRate}, {200 * time.Millisecond, nil}, {200 * time.Millisecond, ErrAddressRate},
	} {
		if err := enter("192.0.2.1", step.at); err != step.want {
			t.Errorf("at %v: %v, want %v", step.at, err, step.want)
		}
	}
	if err := enter("192.0.2.2", 0); err != nil {
		t.Errorf("another address: %v", err)
	}
}

// However many addresses come and go, few are remembered, and those with a connection or a spent bucket are.
func TestAddressesAreBounded(t *testing.T) {
	a := addresses{most: 1, rate: 1}
	at := func(i int) *endpoint { return peerAt(fmt.Sprintf("10.%d.%d.%d", i>>16, i>>8&255, i&255)) }
	stays := peerAt("192.0.2.1")
	if err := a.enter(stays, 0); err != nil {
		t.Fatal(err)
	}
	const many = 3 * maxIdleAddresses
	for i := range many {
		if err := a.enter(at(i), 0); err != nil {
			t.Fatal(err)
		}
		a.leave(at(i), 0)
		if len(a.known) > maxIdleAddresses+1 || len(a.idle) > 3*maxIdleAddresses {
			t.Fatalf("%d addresses, %d entries", len(a.known), len(a.idle))
		}
	}
	if err := a.enter(stays, 0); err != ErrPerAddress {
		t.Errorf("the one with a connection: %v", err)
	}
	for range rateBurst - 1 {
		if err := a.enter(at(many-1), 0); err != nil {
			t.Fatal(err)
		}
		a.leave(at(many-1), 0)
	}
	if err := a.enter(at(many-1), 0); err != ErrAddressRate {
		t.Errorf("the last one: %v", err)
	}
	a.leave(stays, 0)
	for i := range maxIdleAddresses { // all buckets are full again: a few are forgotten each time
		later := time.Hour + time.Duration(i)*time.Second
		if err := a.enter(stays, later); err != nil {
			t.Fatal(err)
		}
		a.leave(stays, later)
	}
	if len(a.known) != 1 || len(a.idle)-a.first > 1 {
		t.Errorf("%d addresses, %d entries are left", len(a.known), len(a.idle))
	}
}

func BenchmarkAdmission(b *testing.B) {
	for _, limited := range []bool{false, true} {
		b.Run(fmt.Sprint("limits=", limited), func(b *testing.B) {
			a := addresses{most: -1, rate: -1}
			if limited {
				a.most, a.rate = 1024, 1<<30
			}
			peer := peerAt("192.0.2.1")
			for i := range b.N {
				if err := a.enter(peer, time.Duration(i)); err != nil {
					b.Fatal(err)
				}
				a.leave(peer, time.Duration(i))
			}
		})
	}
}

type homeHandler struct{ handler }

func (homeHandler) PreferHome() bool        { return true }
func (h homeHandler) Serve(c *Conn) Handler { return h.handler.Serve(c) }

// Who publishes may leave answers unread for as long as it writes, without being taken for one that has vanished: now, and after
// limits have been set that say nothing of it.
func TestUserTimeoutOfPublishers(t *testing.T) {
	e := testEngine(t, Options{})
	opened := make(chan int, 1)
	ln, err := e.Listen("tcp://127.0.0.1:0", homeHandler{handler{open: func(c *Conn) {
		ms, _ := unix.GetsockoptInt(int(c.fd), unix.IPPROTO_TCP, unix.TCP_USER_TIMEOUT)
		opened <- ms
	}}})
	if err != nil {
		t.Fatal(err)
	}
	dial(t, ln)
	if ms := await(t, "OnOpen", opened); ms != 0 {
		t.Errorf("%d ms", ms)
	}
	for _, test := range []struct {
		set  time.Duration
		want int
	}{{time.Second, 1000}, {0, 0}} {
		if err := ln.SetLimits(ListenOptions{UserTimeout: test.set}); err != nil {
			t.Fatal(err)
		}
		dial(t, ln)
		if ms := await(t, "OnOpen", opened); ms != test.want {
			t.Errorf("%v: %d ms, want %d", test.set, ms, test.want)
		}
	}
}

// TCP_USER_TIMEOUT reaches the connections, and one that we do not read is not ended by it.
func TestUserTimeout(t *testing.T) {
	for _, test := range []struct {
		set  time.Duration
		want int
	}{{0, 30_000}, {-1, 0}, {time.Microsecond, 1}, {90 * time.Millisecond, 90}} {
		e := testEngine(t, Options{})
		opened := make(chan int, 1)
		released := make(chan struct{})
		ln := listen(t, e, handler{open: func(c *Conn) {
			ms, _ := unix.GetsockoptInt(int(c.fd), unix.IPPROTO_TCP, unix.TCP_USER_TIMEOUT)
			opened <- ms
			if test.set < time.Millisecond {
				return
			}
			c.Pause()
			c.Loop().After(4*test.set, func() { c.Resume(); close(released) })
		}, traffic: echo.traffic}, ListenOptions{UserTimeout: test.set})
		c := dial(t, ln)
		if ms := await(t, "OnOpen", opened); ms != test.want {
			t.Errorf("%v: %d ms, want %d", test.set, ms, test.want)
		}
		send(t, c, "hello")
		if test.set >= time.Millisecond {
			await(t, "the end of the pause", released)
		}
		expect(t, c, "hello")
	}
}

// KeepAlive reaches the connections.
func TestKeepAlive(t *testing.T) {
	for _, test := range []struct {
		set              time.Duration
		on, idle, repeat int
	}{{0, 1, 60, 15}, {-1, 0, 0, 0}, {time.Millisecond, 1, 1, 1}, {time.Hour, 1, 3600, 900}} {
		e := testEngine(t, Options{})
		opened := make(chan [3]int, 1)
		ln := listen(t, e, handler{open: func(c *Conn) {
			on, _ := unix.GetsockoptInt(int(c.fd), unix.SOL_SOCKET, unix.SO_KEEPALIVE)
			idle, _ := unix.GetsockoptInt(int(c.fd), unix.IPPROTO_TCP, unix.TCP_KEEPIDLE)
			repeat, _ := unix.GetsockoptInt(int(c.fd), unix.IPPROTO_TCP, unix.TCP_KEEPINTVL)
			opened <- [3]int{on, idle, repeat}
		}}, ListenOptions{KeepAlive: test.set})
		dial(t, ln)
		got := await(t, "OnOpen", opened)
		if got[0] != test.on || test.on == 1 && (got[1] != test.idle || got[2] != test.repeat) {
			t.Errorf("%v: got %v, want %d, %d s, %d s", test.set, got, test.on, test.idle, test.repeat)
		}
	}
}
