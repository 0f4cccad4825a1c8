//go:build linux

package engine

import (
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"runtime"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

func TestListenerClose(t *testing.T) {
	e := testEngine(t, Options{Loops: 2})
	ln := listen(t, e, echo)
	accepted := []net.Conn{dial(t, ln), dial(t, ln)}
	for _, c := range accepted {
		send(t, c, "before")
		expect(t, c, "before")
	}
	if err := ln.Close(); err != nil {
		t.Fatal(err)
	}
	if c, err := net.Dial("tcp", ln.Addr().String()); !errors.Is(err, syscall.ECONNREFUSED) {
		t.Errorf("connecting after Close: %v, %v; want ECONNREFUSED", c, err)
	}
	if err := ln.Close(); err != ErrClosed {
		t.Errorf("second Close: %v, want ErrClosed", err)
	}
	if n := len(e.Listeners()); n != 0 {
		t.Errorf("%d listeners left", n)
	}
	for _, c := range accepted {
		send(t, c, "after")
		expect(t, c, "after")
	}
	if ln.Accepted() != 2 || ln.Open() != 2 {
		t.Errorf("accepted %d, open %d; want 2, 2", ln.Accepted(), ln.Open())
	}
	accepted[0].Close()
	eventually(t, "one connection less", func() bool { return ln.Open() == 1 })
	accepted[1].Close()
	eventually(t, "no connection left", func() bool { return ln.Open() == 0 })
	if ln.Accepted() != 2 {
		t.Errorf("accepted %d, want 2", ln.Accepted())
	}
}

// bindOn binds a socket to a TCP port of 127.0.0.1 and listens, with SO_REUSEADDR or without.
func bindOn(port, reuseAddr int) error {
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return err
	}
	defer unix.Close(fd)
	if err := unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_REUSEADDR, reuseAddr); err != nil {
		return err
	}
	if err := unix.Bind(fd, &unix.SockaddrInet4{Addr: [4]byte{127, 0, 0, 1}, Port: port}); err != nil {
		return err
	}
	return unix.Listen(fd, 1)
}

// What holds of the port when Close has returned and the loop has not come to it yet: others that use SO_REUSEADDR, as
// servers and Go do, can have it at once, with connections of ours alive or not. Others have to wait until the loop has
// closed the descriptor and the connections are gone: the kernel keeps the port of a socket that asked for it by number.
func TestListenerClosePortIsFreeAtOnce(t *testing.T) {
	for _, connected := range []bool{false, true} {
		t.Run(fmt.Sprintf("connected: %v", connected), func(t *testing.T) {
			e := testEngine(t, Options{})
			ln := closeBehindTheLoop(t, e, connected, func(port int) {
				plain, err := net.Listen("tcp", fmt.Sprintf("127.0.0.1:%d", port))
				if err != nil {
					t.Fatalf("net.Listen at once: %v", err)
				}
				plain.Close()
				if err := bindOn(port, 0); err != unix.EADDRINUSE {
					t.Errorf("without SO_REUSEADDR, at once: %v; want EADDRINUSE, or else Close's promise can be stronger", err)
				}
			})
			on(t, e.Home(), func() {})
			port := ln.Addr().(*net.TCPAddr).Port
			switch err := bindOn(port, 0); {
			case connected && err != unix.EADDRINUSE:
				t.Errorf("without SO_REUSEADDR, beside a connection: %v; want EADDRINUSE", err)
			case !connected && err != nil:
				t.Errorf("without SO_REUSEADDR, after the loop's turn: %v", err)
			}
		})
	}
}

// closeBehindTheLoop closes a listener on a port that it asked for by number, and calls then while the loop is kept from
// closing the descriptor.
func closeBehindTheLoop(t *testing.T, e *Engine, connected bool, then func(port int)) *Listener {
	first := listen(t, e, echo)
	port := first.Addr().(*net.TCPAddr).Port
	if err := first.Close(); err != nil {
		t.Fatal(err)
	}
	on(t, e.Home(), func() {})
	ln, err := e.Listen(first.Addr().String(), echo)
	if err != nil {
		t.Fatal(err)
	}
	if connected {
		c := dial(t, ln)
		send(t, c, "x")
		expect(t, c, "x")
	}
	release, held := make(chan struct{}), make(chan struct{})
	if err := e.Home().Post(func() { close(held); <-release }); err != nil {
		t.Fatal(err)
	}
	defer close(release)
	await(t, "the loop", held)
	if err := ln.Close(); err != nil {
		t.Fatal(err)
	}
	then(port)
	return ln
}

// Peers that the kernel has taken and nobody has accepted are cut off.
func TestListenerCloseResetsTheQueue(t *testing.T) {
	for _, address := range []string{"127.0.0.1:0", "unix:" + t.TempDir() + "/a"} {
		e := testEngine(t, Options{})
		ln, err := e.Listen(address, handler{open: func(*Conn) { t.Error("accepted after Close") }})
		if err != nil {
			t.Fatal(err)
		}
		release, held := make(chan struct{}), make(chan struct{})
		if err := e.Home().Post(func() {
			close(held)
			<-release
			ln.accept() // as when its event comes before the loop comes to what Close has posted
		}); err != nil {
			t.Fatal(err)
		}
		await(t, "the loop", held)
		waiting, err := net.Dial(ln.Addr().Network(), ln.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		_ = waiting.SetDeadline(time.Now().Add(patience))
		if err := ln.Close(); err != nil {
			t.Fatal(err)
		}
		close(release)
		if n, err := waiting.Read(make([]byte, 1)); err == nil || errors.Is(err, os.ErrDeadlineExceeded) {
			t.Errorf("%s: read %d bytes, %v", address, n, err)
		}
		waiting.Close()
		on(t, e.Home(), func() {})
		if ln.Accepted() != 0 || ln.Open() != 0 {
			t.Errorf("%s: accepted %d, open %d", address, ln.Accepted(), ln.Open())
		}
	}
}

func TestListenerCloseInItsOwnCallback(t *testing.T) {
	e := testEngine(t, Options{})
	closed := make(chan error, 1)
	ln := listen(t, e, handler{
		open:    func(c *Conn) { closed <- c.Listener().Close() },
		traffic: echo.traffic,
	})
	c := dial(t, ln)
	if err := await(t, "Close in OnOpen", closed); err != nil {
		t.Errorf("Close: %v", err)
	}
	if _, err := net.Dial("tcp", ln.Addr().String()); !errors.Is(err, syscall.ECONNREFUSED) {
		t.Errorf("connecting after Close: %v", err)
	}
	send(t, c, "still here")
	expect(t, c, "still here")
	if ln.Accepted() != 1 {
		t.Errorf("accepted %d, want 1", ln.Accepted())
	}
}

// 1,000 ports opened and closed, each of them used, from several goroutines: nothing is left of them.
func TestListenAndCloseMany(t *testing.T) {
	e := testEngine(t, Options{Loops: 2})
	on(t, e.Home(), func() {})
	descriptorsBefore, goroutinesBefore := descriptors(), runtime.NumGoroutine()
	var openers sync.WaitGroup
	for opener := range 4 {
		openers.Go(func() {
			for i := range 250 {
				if err := openUseClose(e, ListenOptions{Loop: e.Loops()[(opener+i)%2]}); err != nil {
					t.Error(err)
					return
				}
			}
		})
	}
	openers.Wait()
	eventually(t, "descriptors and goroutines as before", func() bool {
		return descriptors() == descriptorsBefore && runtime.NumGoroutine() <= goroutinesBefore
	})
	for _, l := range e.Loops() {
		on(t, l, func() {
			if n := len(l.listeners); n != 0 {
				t.Errorf("loop %d has %d listeners left", l.index, n)
			}
		})
	}
	if n := len(e.Listeners()); n != 0 {
		t.Errorf("%d listeners left", n)
	}
}

func openUseClose(e *Engine, o ListenOptions) error {
	ln, err := e.Listen("127.0.0.1:0", echo, o)
	if err != nil {
		return err
	}
	c, err := net.Dial("tcp", ln.Addr().String())
	if err != nil {
		return err
	}
	defer c.Close()
	got := make([]byte, 1)
	if _, err := io.Copy(c, strings.NewReader("x")); err != nil {
		return err
	}
	if _, err := io.ReadFull(c, got); err != nil {
		return err
	}
	return ln.Close()
}

// A server that closed its connections first has them in TIME_WAIT, on its port, and listens there again at once.
func TestListenAgainInTimeWait(t *testing.T) {
	e := testEngine(t, Options{})
	ln := listen(t, e, handler{traffic: func(c *Conn, p []byte) int { c.Close(); return len(p) }})
	c := dial(t, ln)
	send(t, c, "x")
	expectEOF(t, c)
	c.Close()
	port := ln.Addr().(*net.TCPAddr).Port
	eventually(t, "TIME_WAIT", func() bool { return inTimeWait(t, port) })
	if err := ln.Close(); err != nil {
		t.Fatal(err)
	}
	on(t, e.Home(), func() {})
	if err := bindOn(port, 0); err != unix.EADDRINUSE {
		t.Errorf("without SO_REUSEADDR: %v; then this test shows nothing", err)
	}
	again, err := e.Listen(ln.Addr().String(), echo)
	if err != nil {
		t.Fatal(err)
	}
	wantEcho(t, again)
}
