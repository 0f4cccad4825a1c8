//go:build linux

package engine

import (
	"errors"
	"io"
	"strings"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"
)

// EOF behind messages that the turn, or a pause, has left undecoded is told of after them, and once.
func TestEOFBehindUndecodedInput(t *testing.T) {
	s := newStillLoop(t, ListenOptions{})
	handled, told := 0, 0
	h := whole{handler: lines(func(c *Conn, line string) {
		if handled++; handled%300 == 0 {
			c.Pause()
		}
		repeat(c, line)
	})}
	h.eof = func(c *Conn) {
		if told++; handled != manyLines {
			t.Errorf("EOF after %d lines", handled)
		}
	}
	k := s.connect(h)
	k.in, k.eof = [][]byte{[]byte(numbered(manyLines) + "unfinished")}, true
	for range 4 {
		s.pump()
		if told > 0 && handled < manyLines {
			t.Fatal("EOF too early")
		}
		k.conn.Resume()
	}
	s.pump()
	if told != 1 || !k.conn.ReadClosed() || string(k.got) != numbered(manyLines) {
		t.Fatalf("told %d times, %d lines", told, handled)
	}
	// The connection is still good for sending.
	_ = k.conn.Send([]byte("later"))
	k.conn.Close()
	s.pump()
	if !strings.HasSuffix(string(k.got), "\nlater") {
		t.Error("the later answer is lost")
	}
	s.expectEnd(k, ErrClosed)
}

func TestEOFWhilePaused(t *testing.T) {
	s := newStillLoop(t, ListenOptions{})
	k := s.connect(lines(repeat))
	k.conn.Pause()
	k.in, k.eof = [][]byte{[]byte("a\nb\n")}, true
	s.event(k, unix.EPOLLIN|unix.EPOLLRDHUP) // edge-triggered, once
	s.pump()
	if k.reads != 0 {
		t.Fatal("read while paused")
	}
	k.conn.Resume()
	s.pump()
	if string(k.got) != "a\nb\n" {
		t.Errorf("got %q", k.got)
	}
	s.expectEnd(k, io.EOF)
}

// Pause in OnEOF, or a pause that came with the last message, holds nothing back for ever.
func TestEOFWithAPauseInTheLastMessage(t *testing.T) {
	s := newStillLoop(t, ListenOptions{})
	k := s.connect(lines(func(c *Conn, line string) { c.Pause(); repeat(c, line) }))
	k.in, k.eof = [][]byte{[]byte("last\n")}, true
	s.pump()
	s.event(k, unix.EPOLLIN|unix.EPOLLRDHUP)
	if k.conn.Closing() {
		t.Fatal("closed while paused")
	}
	k.conn.Resume()
	s.pump()
	s.expectEnd(k, io.EOF)
}

func TestResetWhilePaused(t *testing.T) {
	for _, stalled := range []bool{false, true} {
		reasons, opened := make(chan error, 1), make(chan *Conn, 1)
		e := testEngine(t, Options{})
		h := whole{handler: handler{
			open: func(c *Conn) {
				c.Pause()
				if stalled {
					_ = c.Send(make([]byte, 32<<20))
				}
				opened <- c
			},
			close: func(_ *Conn, err error) { reasons <- err },
		}}
		peer := dial(t, listen(t, e, h))
		await(t, "OnOpen", opened)
		_ = peer.SetLinger(0)
		_ = peer.Close()
		if err := await(t, "OnClose", reasons); !errors.Is(err, syscall.ECONNRESET) && !errors.Is(err, syscall.EPIPE) {
			t.Errorf("stalled %v: reason %v", stalled, err)
		}
	}
}

// A reset that comes after the peer's EOF, when nothing is read any more.
func TestResetAfterEOF(t *testing.T) {
	reasons, eof := make(chan error, 1), make(chan struct{}, 1)
	e := testEngine(t, Options{})
	h := whole{handler: handler{close: func(_ *Conn, err error) { reasons <- err }}}
	h.eof = func(*Conn) { eof <- struct{}{} }
	peer := dial(t, listen(t, e, h))
	_ = peer.CloseWrite()
	await(t, "OnEOF", eof)
	_ = peer.SetLinger(0)
	_ = peer.Close()
	if err := await(t, "OnClose", reasons); !errors.Is(err, syscall.EPIPE) && !errors.Is(err, syscall.ECONNRESET) { // Linux says EPIPE then
		t.Errorf("reason %v", err)
	}
}

// A paused connection's answers drain too, though what is reported of it is edge-triggered.
func TestPausedConnectionDrains(t *testing.T) {
	const size = 32 << 20
	e := testEngine(t, Options{})
	ln := listen(t, e, handler{open: func(c *Conn) {
		c.Pause()
		_ = c.Send(make([]byte, size))
	}})
	peer := dial(t, ln)
	if n, err := io.CopyN(io.Discard, peer, size); err != nil {
		t.Fatalf("%d bytes, %v", n, err)
	}
}

// Nobody whom nothing can be done for keeps the loop busy: each of these was seen to spin with another interest.
func TestNothingSpins(t *testing.T) {
	e := testEngine(t, Options{})
	opened, eof := make(chan struct{}, 10), make(chan struct{}, 10)
	quiet := whole{handler: handler{open: func(c *Conn) { opened <- struct{}{} }}}
	quiet.eof = func(*Conn) { eof <- struct{}{} }
	paused := whole{handler: handler{open: func(c *Conn) { c.Pause(); opened <- struct{}{} }}}
	full := whole{handler: handler{open: func(c *Conn) { _ = c.Send(make([]byte, 32<<20)); opened <- struct{}{} }}}
	pausedListener := listen(t, e, paused)
	withData, withEOF, halfClosed := dial(t, pausedListener), dial(t, pausedListener), dial(t, listen(t, e, quiet))
	urgent, stalled := dial(t, listen(t, e, quiet)), dial(t, listen(t, e, full))
	for range 5 {
		await(t, "OnOpen", opened)
	}
	send(t, withData, "waits")
	_ = withEOF.CloseWrite()
	_ = halfClosed.CloseWrite()
	await(t, "OnEOF", eof)
	sendUrgent(t, urgent)
	send(t, stalled, "is not read, for it does not read")

	pinger := dial(t, listen(t, e, echo))
	ping := func(n int) {
		for range n {
			send(t, pinger, "x")
			expect(t, pinger, "x")
		}
	}
	// What happened above may take a while, and until then there are events of it, and slices, which begin to count anew. Who spins has
	// some all the time.
	const pings = 200
	eventually(t, "stillness", func() (still bool) {
		on(t, e.Home(), func() {}) // the slice behind it begins to count anew
		ping(pings)
		on(t, e.Home(), func() {
			n := e.Home().events
			still = n >= pings && n <= pings+20
		})
		return still
	})
}

func sendUrgent(t *testing.T, c syscall.Conn) {
	rc, err := c.SyscallConn()
	if err != nil {
		t.Fatal(err)
	}
	err = rc.Control(func(fd uintptr) {
		if err := unix.Sendto(int(fd), []byte("!"), unix.MSG_OOB, nil); err != nil {
			t.Error(err)
		}
	})
	if err != nil {
		t.Fatal(err)
	}
}
