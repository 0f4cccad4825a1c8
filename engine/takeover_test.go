//go:build linux

package engine

import (
	"errors"
	"io"
	"net"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// strangers are the two ends of a connection that this package has nothing to do with.
func strangers(t testing.TB, network, address string) (accepted, peer net.Conn) {
	t.Helper()
	ln, err := net.Listen(network, address)
	if err != nil {
		t.Fatal(err)
	}
	defer ln.Close()
	peer, err = net.Dial(network, ln.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	accepted, err = ln.Accept()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { accepted.Close(); peer.Close() })
	_ = peer.SetDeadline(time.Now().Add(patience))
	return accepted, peer
}

func tcpStrangers(t testing.TB) (accepted, peer net.Conn) { return strangers(t, "tcp", "127.0.0.1:0") }

func adopt(t testing.TB, e *Engine, conn net.Conn, buffered string, s Server, o ...ListenOptions) Ref {
	t.Helper()
	ref, err := e.Adopt(conn, []byte(buffered), s, o...)
	if err != nil {
		t.Fatal(err)
	}
	return ref
}

func TestAdopt(t *testing.T) {
	for network, address := range map[string]string{
		"tcp": "127.0.0.1:0", "tcp6": "[::1]:0", "unix": filepath.Join(t.TempDir(), "a.sock"),
	} {
		if network == "tcp6" && !hasIPv6() {
			continue
		}
		e := testEngine(t, Options{Loops: 2})
		conn, peer := strangers(t, network, address)
		opened := make(chan *Conn, 1)
		h := echo
		h.open = func(c *Conn) { opened <- c }
		local, remote := conn.LocalAddr().String(), conn.RemoteAddr().String()
		send(t, peer, "lo")
		ref := adopt(t, e, conn, "hel", h)
		expect(t, peer, "hello")
		send(t, peer, "again")
		expect(t, peer, "again")

		c := await(t, "OnOpen", opened)
		if c.Ref() != ref || c.Listener() != nil || c.Loop() != ref.Loop() {
			t.Errorf("%s: connection %d on loop %d, listener %v", network, c.ID(), c.Loop().Index(), c.Listener())
		}
		if c.LocalAddr().String() != local || c.LocalAddr().Network() != conn.LocalAddr().Network() {
			t.Errorf("%s: local address %v, was %v", network, c.LocalAddr(), local)
		}
		if c.RemoteAddr().Network() != conn.LocalAddr().Network() || network != "unix" && c.RemoteAddr().String() != remote {
			t.Errorf("%s: remote address %v, was %v", network, c.RemoteAddr(), remote)
		}
		if s := e.Stats(); s.Adopted != 1 || s.Accepted != 0 || s.Connections != 1 {
			t.Errorf("%s: %+v", network, s)
		}
		if _, err := conn.Read(make([]byte, 1)); !errors.Is(err, net.ErrClosed) {
			t.Errorf("%s: its former owner reads from it: %v", network, err)
		}
	}
}

// What was read before is handled as what the loop reads: one message after the other, in turns, until a pause, in front of
// everything that comes later.
func TestAdoptBuffered(t *testing.T) {
	const early, late = 3*turnMessages + 5, 10
	e := testEngine(t, Options{})
	opened, got := make(chan *Conn, 1), make(chan string, early+late)
	h := handler{
		open: func(c *Conn) {
			c.Pause()
			opened <- c
		},
		traffic: func(c *Conn, p []byte) (used int) {
			for used < len(p) && c.Next() {
				got <- string(p[used])
				p[used] = 'x' // it is ours
				used++
			}
			return used
		},
	}
	want := strings.Repeat("abcdefg", (early+late)/7+1)[:early+late]
	conn, peer := tcpStrangers(t)
	buffered := []byte(want[:early])
	if _, err := e.Adopt(conn, buffered, h); err != nil {
		t.Fatal(err)
	}
	clear(buffered) // it was copied
	send(t, peer, want[early:])
	c := await(t, "OnOpen", opened)
	on(t, c.Loop(), func() {
		if len(got) > 0 {
			t.Error("a message came through the pause")
		}
		c.Resume()
	})
	for i := range want {
		if b := await(t, "a message", got); b != want[i:i+1] {
			t.Fatalf("message %d is %q, want %q", i, b, want[i])
		}
	}
}

// A message of which the half was read before; and with the peer's EOF behind it.
func TestAdoptHalfAMessage(t *testing.T) {
	e := testEngine(t, Options{})
	conn, peer := tcpStrangers(t)
	calls := make(chan string, 10)
	adopt(t, e, conn, "one, tw", handler{traffic: func(c *Conn, p []byte) int {
		calls <- string(p)
		used := strings.LastIndexByte(string(p), ',') + 1
		_, _ = c.Write(p[:used])
		return used
	}})
	if got := await(t, "OnTraffic", calls); got != "one, tw" {
		t.Fatalf("first %q", got)
	}
	expect(t, peer, "one,")
	send(t, peer, "o,")
	expect(t, peer, " two,")
	if got := await(t, "OnTraffic", calls); got != " two," {
		t.Errorf("then %q", got)
	}
}

func TestAdoptAfterThePeersEnd(t *testing.T) {
	e := testEngine(t, Options{})
	conn, peer := tcpStrangers(t)
	if err := peer.(*net.TCPConn).CloseWrite(); err != nil {
		t.Fatal(err)
	}
	closed := make(chan error, 1)
	h := echo
	h.close = func(_ *Conn, err error) { closed <- err }
	adopt(t, e, conn, "last words", h)
	expect(t, peer, "last words")
	expectEOF(t, peer)
	if err := await(t, "OnClose", closed); err != io.EOF {
		t.Errorf("OnClose: %v", err)
	}
}

// A handler that ends the connection when it opens is not given what was read before.
func TestAdoptClosedWhenItOpens(t *testing.T) {
	for name, open := range map[string]func(c *Conn){
		"Close": func(c *Conn) { _, _ = c.Write([]byte("bye")); c.Close() },
		"panic": func(c *Conn) { _, _ = c.Write([]byte("bye")); panic("on purpose") },
	} {
		e := testEngine(t, Options{})
		conn, peer := tcpStrangers(t)
		closed := make(chan error, 1)
		adopt(t, e, conn, "hello", handler{
			open:    open,
			traffic: func(_ *Conn, p []byte) int { t.Errorf("%s: OnTraffic(%q)", name, p); return len(p) },
			close:   func(_ *Conn, err error) { closed <- err },
		})
		expect(t, peer, "bye")
		expectEOF(t, peer)
		if err := await(t, "OnClose", closed); err != map[string]error{"Close": ErrClosed, "panic": ErrPanic}[name] {
			t.Errorf("%s: OnClose: %v", name, err)
		}
	}
}

// What its former owner has set on the connection is no burden.
func TestAdoptSocketOptions(t *testing.T) {
	e := testEngine(t, Options{})
	conn, peer := tcpStrangers(t)
	tcp := conn.(*net.TCPConn)
	file, err := tcp.File()
	if err != nil {
		t.Fatal(err)
	}
	if err := unix.SetNonblock(int(file.Fd()), false); err != nil {
		t.Fatal(err)
	}
	file.Close()
	for _, err := range []error{tcp.SetLinger(30), tcp.SetNoDelay(false), tcp.SetDeadline(time.Unix(1, 0))} {
		if err != nil {
			t.Fatal(err)
		}
	}
	opened := make(chan *Conn, 1)
	h := echo
	h.open = func(c *Conn) { opened <- c }
	adopt(t, e, conn, "", h)
	c := await(t, "OnOpen", opened)
	on(t, c.Loop(), func() {
		fd := int(c.fd)
		linger, err := unix.GetsockoptLinger(fd, unix.SOL_SOCKET, unix.SO_LINGER)
		noDelay, err2 := unix.GetsockoptInt(fd, unix.IPPROTO_TCP, unix.TCP_NODELAY)
		flags, err3 := unix.FcntlInt(uintptr(fd), unix.F_GETFL, 0)
		descriptor, err4 := unix.FcntlInt(uintptr(fd), unix.F_GETFD, 0)
		if err := errors.Join(err, err2, err3, err4); err != nil {
			t.Error(err)
			return
		}
		if linger.Onoff != 0 || noDelay != 1 || flags&unix.O_NONBLOCK == 0 || descriptor&unix.FD_CLOEXEC == 0 {
			t.Errorf("linger %v, nodelay %d, flags %x, of the descriptor %x", linger, noDelay, flags, descriptor)
		}
	})
	send(t, peer, "hello")
	expect(t, peer, "hello")
}

func TestAdoptPlace(t *testing.T) {
	e := testEngine(t, Options{Loops: 3})
	home := struct {
		handler
		HomeServer
	}{echo, atHome{}}
	for _, tt := range []struct {
		name string
		s    Server
		o    []ListenOptions
		want [3]int64
	}{
		{"spread", echo, nil, [3]int64{2, 2, 2}},
		{"a loop of its own", echo, []ListenOptions{{Loop: e.Loops()[1]}}, [3]int64{0, 6, 0}},
		{"home", home, nil, [3]int64{6, 0, 0}},
		{"spread though it prefers home", home, []ListenOptions{{Spread: true}}, [3]int64{2, 2, 2}},
	} {
		var before, got [3]int64
		for i, l := range e.Loops() {
			before[i] = l.Stats().Connections
		}
		if before != [3]int64{} {
			t.Fatalf("%s: %v connections are left", tt.name, before)
		}
		var peers []net.Conn
		for range 6 {
			conn, peer := tcpStrangers(t)
			adopt(t, e, conn, "x", tt.s, tt.o...)
			expect(t, peer, "x")
			peers = append(peers, peer)
		}
		for i, l := range e.Loops() {
			got[i] = l.Stats().Connections
		}
		if got != tt.want {
			t.Errorf("%s: %v connections, want %v", tt.name, got, tt.want)
		}
		closeAll(t, e, peers)
	}
}

type atHome struct{}

func (atHome) PreferHome() bool { return true }

// closeAll hangs up and waits until the engine has no connection left.
func closeAll(t testing.TB, e *Engine, peers []net.Conn) {
	t.Helper()
	for _, peer := range peers {
		_ = peer.(*net.TCPConn).CloseWrite()
	}
	for _, peer := range peers {
		expectEOF(t, peer) // the engine closes then, in the same event
	}
	for _, l := range e.Loops() {
		on(t, l, func() {})
	}
}

func TestAdoptLimits(t *testing.T) {
	e := testEngine(t, Options{})
	conn, _ := tcpStrangers(t)
	closed := make(chan error, 1)
	adopt(t, e, conn, "too much", handler{
		traffic: func(*Conn, []byte) int { return 0 },
		close:   func(_ *Conn, err error) { closed <- err },
	}, ListenOptions{MaxUnfinished: 7})
	if err := await(t, "OnClose", closed); err != ErrUnfinished {
		t.Errorf("OnClose: %v", err)
	}
}

// On a loop it can be called too, and what is posted afterwards comes after OnOpen.
func TestAdoptInACallback(t *testing.T) {
	e := testEngine(t, Options{})
	conn, peer := tcpStrangers(t)
	opened, calls := false, make(chan bool, 1)
	h := echo
	h.open = func(*Conn) { opened = true }
	on(t, e.Home(), func() {
		ref, err := e.Adopt(conn, nil, h)
		if opened || err != nil {
			t.Errorf("opened %v, %v", opened, err)
			return
		}
		if err := ref.Post(func(*Conn) { calls <- opened }); err != nil {
			t.Error(err)
		}
	})
	if !await(t, "the task", calls) {
		t.Error("the task ran before OnOpen")
	}
	send(t, peer, "hello")
	expect(t, peer, "hello")
}
