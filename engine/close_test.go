//go:build linux

package engine

import (
	"bytes"
	"errors"
	"io"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

func TestCloseSendsWhatWasSentBefore(t *testing.T) {
	s := newStillLoop(t, ListenOptions{})
	k := s.hearing(1)[0]
	k.room = 2
	s.in(k, func(c *Conn) {
		_, _ = c.Write([]byte("write "))
		s.broadcast("broadcast ")
		_ = c.Send([]byte("send"))
		c.Close()
		if err := c.Send([]byte("late")); err != ErrClosed {
			t.Errorf("Send after Close: %v", err)
		}
	})
	s.checkLoop()
	if len(k.reasons) != 1 || k.closed || k.shut {
		t.Fatalf("OnClose %v, closed %v, shut down %v", k.reasons, k.closed, k.shut)
	}
	k.room = anyNumber
	s.pump()
	if string(k.got) != "write broadcast send" || !k.shut || k.closed {
		t.Fatalf("got %q, shut down %v, closed %v", k.got, k.shut, k.closed)
	}
	// The peer goes on sending, until it has read our end.
	k.in = [][]byte{[]byte("still sending"), []byte("more")}
	s.pump()
	if k.closed || s.stats.bytesAway.Load() != 17 {
		t.Fatalf("closed %v, %d bytes thrown away", k.closed, s.stats.bytesAway.Load())
	}
	k.eof = true
	s.pump()
	s.expectEnd(k, ErrClosed)
	if k.reset || s.timers.count != 0 {
		t.Errorf("reset %v, %d timers left", k.reset, s.timers.count)
	}
	s.expectIdle()
}

// The peer's EOF may come at any time of our own end.
func TestCloseAndThePeersEOF(t *testing.T) {
	for name, when := range map[string]func(s *stillLoop, k *fakeSocket){
		"before": func(s *stillLoop, k *fakeSocket) { k.eof = true; s.pump(); s.in(k, (*Conn).Close) },
		"while draining": func(s *stillLoop, k *fakeSocket) {
			s.in(k, (*Conn).Close)
			k.eof = true
			s.pump()
		},
	} {
		t.Run(name, func(t *testing.T) {
			s := newStillLoop(t, ListenOptions{})
			k := s.connect(whole{})
			k.room = 1
			_ = k.conn.Send([]byte("owed"))
			s.pump()
			when(s, k)
			if k.closed || k.events()&unix.EPOLLIN != 0 {
				t.Fatalf("closed %v, with something owed; events %b", k.closed, k.events())
			}
			k.room = anyNumber
			s.pump()
			if string(k.got) != "owed" {
				t.Errorf("got %q", k.got)
			}
			s.expectEnd(k, ErrClosed)
		})
	}
}

func TestLingerTime(t *testing.T) {
	s := newStillLoop(t, ListenOptions{})
	draining := func() *fakeSocket {
		k := s.connect(handler{})
		k.room = 1
		_ = k.conn.Send([]byte("owed"))
		s.in(k, (*Conn).Close)
		s.pump()
		return k
	}
	t.Run("the peer takes nothing", func(t *testing.T) {
		k := draining()
		s.unsent = 100
		k.conn.lingerOver() // something was written in the time before
		if k.closed {
			t.Fatal("cut while the peer was reading")
		}
		k.conn.lingerOver()
		if !k.closed || !k.reset {
			t.Errorf("closed %v, reset %v", k.closed, k.reset)
		}
	})
	t.Run("the peer reads what the kernel has", func(t *testing.T) {
		k := draining()
		for s.unsent = 100; s.unsent > 0; s.unsent -= 10 {
			if k.conn.lingerOver(); k.closed {
				t.Fatal("cut while the peer was reading")
			}
		}
		k.room = anyNumber
		s.pump()
		k.eof = true
		s.pump()
		s.expectEnd(k, ErrClosed)
	})
	t.Run("the peer reads what the kernel has, and our end is shut down", func(t *testing.T) {
		k := s.connect(handler{})
		s.unsent = 100
		s.in(k, func(c *Conn) { _ = c.Send([]byte("owed")); c.Close() })
		if k.conn.state != lingering {
			t.Fatalf("state %d", k.conn.state)
		}
		for s.unsent -= 10; s.unsent > 0; s.unsent -= 10 {
			if k.conn.lingerOver(); k.closed {
				t.Fatal("cut while the peer was reading")
			}
		}
		k.eof = true
		s.pump()
		s.expectEnd(k, ErrClosed)
	})
	t.Run("the peer does not close", func(t *testing.T) {
		k := s.connect(handler{})
		s.in(k, (*Conn).Close)
		k.conn.lingerOver()
		s.expectEnd(k, ErrClosed)
		if k.reset {
			t.Error("reset: what the kernel has would be lost")
		}
	})
	if n := s.stats.lingered.Load(); n != 2 {
		t.Errorf("%d lingered", n)
	}
}

// Whoever is told of a connection's end may not have the patience to wait for it.
func TestAbortInTheMidstOfClose(t *testing.T) {
	s := newStillLoop(t, ListenOptions{})
	k := s.connect(handler{})
	_, _ = k.conn.Ref().Attach(func() { k.conn.Abort() })
	_ = k.conn.Send([]byte("dropped"))
	s.in(k, (*Conn).Close)
	s.pump()
	s.expectEnd(k, ErrClosed)
	if s.timers.count != 0 {
		t.Error("a timer of the dead is left")
	}
	s.expectIdle()
}

// A peer that is still sending its 2 MiB gets our whole answer.
func TestWholeAnswerToAPeerThatIsStillSending(t *testing.T) {
	const size = 2 << 20
	want := bytes.Repeat([]byte("answer! "), size/8)
	e := testEngine(t, Options{})
	ln := listen(t, e, handler{traffic: func(c *Conn, p []byte) int {
		_ = c.Send(want)
		c.Close()
		return len(p)
	}}, ListenOptions{Linger: patience})
	c := dial(t, ln)
	if n, err := c.Write(make([]byte, size)); n != size || err != nil {
		t.Fatalf("wrote %d, %v", n, err)
	}
	got, err := io.ReadAll(c)
	if err != nil || !bytes.Equal(got, want) {
		t.Fatalf("got %d bytes, %v", len(got), err)
	}
}

// The linger time is over again and again, while the peer reads.
func TestSlowPeerThatReadsIsNotCut(t *testing.T) {
	const size, step = 24 << 20, 2 << 20
	e := testEngine(t, Options{})
	conns := make(chan *Conn, 1)
	ln := listen(t, e, handler{open: func(c *Conn) {
		_ = c.Send(make([]byte, size))
		c.Close()
		conns <- c
	}}, ListenOptions{Linger: time.Hour})
	peer := dial(t, ln)
	c := await(t, "the connection", conns)
	for range size / step {
		if _, err := io.ReadFull(peer, make([]byte, step)); err != nil {
			t.Fatal(err)
		}
		lingerAfterProgress(t, c)
	}
	expectEOF(t, peer)
}

// lingerAfterProgress lets the linger time be over once the kernel knows what the peer has read: on a busy machine that can
// be a moment later.
func lingerAfterProgress(t *testing.T, c *Conn) {
	t.Helper()
	for deadline, seen := time.Now().Add(patience), false; !seen; {
		if time.Now().After(deadline) {
			t.Fatal("what the peer read was never seen")
		}
		on(t, c.loop, func() {
			moved := c.some.progress || c.loop.sys.unsent(int(c.fd)) < c.some.unsent
			if seen = c.state != draining || moved; seen && c.state == draining {
				c.lingerOver()
			}
		})
	}
}

func TestPeerThatNeverReadsIsCut(t *testing.T) {
	const size = 64 << 20
	e := testEngine(t, Options{})
	opened := make(chan struct{})
	ln := listen(t, e, handler{open: func(c *Conn) {
		_ = unix.SetsockoptInt(int(c.fd), unix.SOL_SOCKET, unix.SO_SNDBUF, 64<<10) // the kernel is not to take all of it
		_ = c.Send(make([]byte, size))
		c.Close()
		close(opened)
	}}, ListenOptions{Linger: 10 * time.Millisecond})
	peer := dial(t, ln)
	await(t, "OnOpen", opened)
	shutdown(t, e) // waits for the last connection to go
	if n := e.Stats().Lingered; n != 1 {
		t.Errorf("%d lingered", n)
	}
	n, err := io.Copy(io.Discard, peer)
	if !errors.Is(err, syscall.ECONNRESET) || n >= size {
		t.Errorf("the peer read %d bytes, %v; want a reset", n, err)
	}
}

func TestAbortResets(t *testing.T) {
	reasons := make(chan error, 1)
	e := testEngine(t, Options{})
	h := lines(func(c *Conn, _ string) { _ = c.Send([]byte("dropped")); c.Abort() })
	h.close = func(_ *Conn, err error) { reasons <- err }
	peer := dial(t, listen(t, e, h))
	send(t, peer, "x\n")
	if n, err := peer.Read(make([]byte, 10)); !errors.Is(err, syscall.ECONNRESET) {
		t.Errorf("the peer read %d bytes, %v; want a reset", n, err)
	}
	if err := await(t, "OnClose", reasons); err != ErrAborted {
		t.Errorf("reason %v", err)
	}
}

// The end of a long message does not keep the whole of it.
func TestUnfinishedMessageMemory(t *testing.T) {
	s := newStillLoop(t, ListenOptions{})
	handled := 0
	k := s.connect(lines(func(_ *Conn, line string) { handled += len(line) }))
	for range 50 {
		k.in = append(k.in, bytes.Repeat([]byte("x"), 20<<10))
	}
	k.in = append(k.in, []byte("\nand"), []byte(" more\n"))
	for len(k.in) > 1 {
		s.event(k, unix.EPOLLIN)
	}
	if n := cap(k.conn.rest()); handled != 1000<<10 || string(k.conn.rest()) != "and" || n > readSize {
		t.Errorf("%d bytes handled, %q left, in %d bytes", handled, k.conn.rest(), n)
	}
	s.pump()
	if handled != 1000<<10+8 || k.conn.rest() != nil {
		t.Errorf("%d bytes handled", handled)
	}
}

// A handler that leaves too much of an unfinished message.
func TestUnfinishedMessage(t *testing.T) {
	s := newStillLoop(t, ListenOptions{MaxUnfinished: 1000})
	k := s.connect(lines(repeat))
	k.in = [][]byte{[]byte(strings.Repeat("x", 1000))}
	s.pump()
	if k.conn.Closing() {
		t.Fatal("closed at the limit")
	}
	k.in = [][]byte{[]byte("x")}
	s.pump()
	if !k.shut || k.reasons[0] != ErrUnfinished || k.conn.rest() != nil {
		t.Errorf("OnClose %v, %d bytes kept", k.reasons, len(k.conn.rest()))
	}
}
