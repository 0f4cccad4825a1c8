//go:build linux

package gnetfacts

import (
	"context"
	"errors"
	"io"
	"net"
	"os"
	"path/filepath"
	"testing"
	"time"
	"unsafe"

	"github.com/panjf2000/gnet/v2"
	gneterrors "github.com/panjf2000/gnet/v2/pkg/errors"
	"golang.org/x/sys/unix"
)

// A client that never reads may cost the server all its memory.
func TestWriteQueuesWithoutLimit(t *testing.T) {
	const size, writes = 1 << 20, 64
	waiting := make(chan int, 1)
	_, address := serve(t, &events{traffic: func(c gnet.Conn) gnet.Action {
		frame := make([]byte, size)
		for range writes {
			if n, err := c.Write(frame); n != size || err != nil {
				t.Errorf("Write: %d, %v, want no refusal", n, err)
			}
		}
		waiting <- c.OutboundBuffered()
		return gnet.None
	}})
	c := dial(t, address)
	write(t, c, "go")
	if n := await(t, "the writes", waiting); n < writes*size/2 {
		t.Errorf("%d bytes wait of %d written, want most", n, writes*size)
	}
	must(t, c.SetLinger(0))
}

// Who asks and shuts down its end, as `printf ... | nc -N` does, does not get an answer that takes a moment.
func TestFirstEOFClosesBeforeTheAnswer(t *testing.T) {
	asked, closed := make(chan gnet.Conn, 1), make(chan error, 1)
	_, address := serve(t, &events{
		traffic: func(c gnet.Conn) gnet.Action { asked <- c; return gnet.None },
		closed:  func(_ gnet.Conn, err error) { closed <- err },
	})
	c := dial(t, address)
	write(t, c, "question")
	conn := await(t, "the question", asked)
	must(t, c.CloseWrite())
	if err := await(t, "OnClose", closed); !errors.Is(err, io.EOF) {
		t.Errorf("OnClose: %v, want EOF", err)
	}
	answered := make(chan error, 1)
	must(t, conn.AsyncWrite([]byte("answer"), func(_ gnet.Conn, err error) error { answered <- err; return nil }))
	if err := await(t, "AsyncWrite", answered); !errors.Is(err, net.ErrClosed) {
		t.Errorf("AsyncWrite: %v, want %v", err, net.ErrClosed)
	}
	if p, err := io.ReadAll(c); len(p) != 0 || err != nil {
		t.Errorf("the client reads %q, %v, want nothing", p, err)
	}
}

// Close writes what the kernel takes at that moment, and drops the rest.
func TestCloseDropsWhatWaits(t *testing.T) {
	const size = 16 << 20
	closed := make(chan gnet.EventLoop, 1)
	_, address := serve(t, &events{
		traffic: func(c gnet.Conn) gnet.Action {
			if n, err := c.Write(make([]byte, size)); n != size || err != nil {
				t.Errorf("Write: %d, %v", n, err)
			}
			if err := c.Close(); err != nil {
				t.Errorf("Close: %v", err)
			}
			return gnet.None
		},
		closed: func(c gnet.Conn, _ error) { closed <- c.EventLoop() },
	})
	c := dial(t, address)
	write(t, c, "go")
	onLoop(t, await(t, "OnClose", closed), func() {}) // the close is behind it
	n, err := io.Copy(io.Discard, c)                  // only now
	t.Logf("%d of %d bytes arrived (%v)", n, size, err)
	if n >= size {
		t.Errorf("all %d bytes arrived", n)
	}
}

// onLoop runs fn on the loop, behind what it does now, and waits for it.
func onLoop(t *testing.T, loop gnet.EventLoop, fn func()) {
	t.Helper()
	ran := make(chan struct{})
	must(t, loop.Execute(t.Context(), gnet.RunnableFunc(func(context.Context) error {
		fn()
		close(ran)
		return nil
	})))
	await(t, "the loop", ran)
}

// A failing Write calls OnClose before it returns: whoever walks over a set of connections has it changed under his feet.
func TestWriteCallsOnClose(t *testing.T) {
	ready, reset := make(chan int, 1), make(chan struct{})
	inside, result := false, make(chan [2]any, 1)
	_, address := serve(t, &events{
		traffic: func(c gnet.Conn) gnet.Action {
			ready <- c.Fd()
			<-reset
			_, err := c.Write([]byte("x"))
			result <- [2]any{err, inside}
			return gnet.None
		},
		closed: func(gnet.Conn, error) { inside = true },
	})
	c := dial(t, address)
	write(t, c, "go")
	fd := await(t, "OnTraffic", ready)
	sayRST.to(t, fd, c)
	close(reset)
	if got := await(t, "Write", result); got[0] == nil || got[1] != true {
		t.Errorf("Write to a reset connection: %v; OnClose inside: %v", got[0], got[1])
	}
}

// The number of a closed connection's descriptor is soon somebody else's.
func TestWriteAfterCloseWritesToAnother(t *testing.T) {
	opened, closed := make(chan gnet.Conn, 1), make(chan gnet.EventLoop, 1)
	_, address := serve(t, &events{
		traffic: func(c gnet.Conn) gnet.Action { opened <- c; return gnet.None },
		closed:  func(c gnet.Conn, _ error) { closed <- c.EventLoop() },
	})
	c := dial(t, address)
	write(t, c, "hello")
	conn := await(t, "OnTraffic", opened)
	number := conn.Fd()
	must(t, c.Close())
	loop := await(t, "OnClose", closed)
	onLoop(t, loop, func() {}) // the descriptor is closed now

	r := pipeWith(t, number)
	var err error
	onLoop(t, loop, func() { _, err = conn.Write([]byte("for the client")) })
	if err != nil {
		t.Errorf("Write to a closed connection: %v, want no error", err)
	}
	p := make([]byte, 64)
	if n, err := r.Read(p); string(p[:n]) != "for the client" {
		t.Errorf("the pipe reads %q, %v", p[:n], err)
	}
}

// pipeWith is the reading end of a pipe whose other end has that number.
func pipeWith(t *testing.T, number int) *os.File {
	t.Helper()
	hold, err := unix.FcntlInt(0, unix.F_DUPFD_CLOEXEC, number) // so that the pipe's own two are others
	must(t, err)
	if hold != number {
		t.Fatalf("descriptor %d is taken already", number)
	}
	r, w, err := os.Pipe()
	must(t, err)
	t.Cleanup(func() { r.Close(); w.Close(); unix.Close(number) })
	must(t, r.SetReadDeadline(time.Now().Add(patience)))
	must(t, unix.Dup3(int(w.Fd()), number, unix.O_CLOEXEC))
	return r
}

// What is looked at again is copied again: a big message that comes in n reads costs n*n/2 copies.
func TestPeekCopiesEachTime(t *testing.T) {
	first, second := make(chan struct{}, 1), make(chan bool, 1)
	_, address := serve(t, &events{traffic: func(c gnet.Conn) gnet.Action {
		if c.InboundBuffered() < 2 {
			first <- struct{}{} // stays in the connection
			return gnet.None
		}
		p, _ := c.Peek(-1)
		q, _ := c.Peek(-1)
		second <- len(p) == 2 && len(q) == 2 && unsafe.SliceData(p) != unsafe.SliceData(q)
		return gnet.None
	}})
	c := dial(t, address)
	write(t, c, "a")
	await(t, "the first read", first)
	write(t, c, "b")
	if !await(t, "the second read", second) {
		t.Error("two Peeks of the same bytes are the same memory, want a copy each")
	}
}

// An address that is mistyped costs what is there.
func TestUnixListenerRemovesWhatIsThere(t *testing.T) {
	path := filepath.Join(t.TempDir(), "data")
	must(t, os.MkdirAll(filepath.Join(path, "precious"), 0o755))
	must(t, os.WriteFile(filepath.Join(path, "precious", "file"), []byte("x"), 0o644))
	run(t, &events{}, "unix://"+path)
	info, err := os.Lstat(path)
	must(t, err)
	if info.Mode().Type() != os.ModeSocket {
		t.Errorf("%v is there, want the directory replaced by a socket", info.Mode())
	}
}

// Without it a server that is started again finds its port taken by connections of the last one that are in TIME_WAIT.
func TestNoReuseAddrUnlessAsked(t *testing.T) {
	e, _ := serve(t, &events{})
	fd, err := e.Dup()
	must(t, err)
	defer unix.Close(fd)
	if on, err := unix.GetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_REUSEADDR); on != 0 || err != nil {
		t.Errorf("SO_REUSEADDR is %d, %v, want 0", on, err)
	}
}

// Who listens on port 0 is not told which one it got.
func TestPortZeroIsNotTold(t *testing.T) {
	local := make(chan string, 1)
	_, address := serve(t, &events{traffic: func(c gnet.Conn) gnet.Action {
		local <- c.LocalAddr().String()
		return gnet.None
	}})
	write(t, dial(t, address), "go")
	if got := await(t, "OnTraffic", local); got != "127.0.0.1:0" {
		t.Errorf("LocalAddr is %s of a connection to %s, want port 0", got, address)
	}
}

func TestDeadlinesAndTimersAreUnsupported(t *testing.T) {
	results := make(chan map[string]error, 1)
	_, address := serve(t, &events{traffic: func(c gnet.Conn) gnet.Action {
		results <- unsupported(c)
		return gnet.None
	}})
	write(t, dial(t, address), "go")
	for name, err := range await(t, "OnTraffic", results) {
		if !errors.Is(err, gneterrors.ErrUnsupportedOp) {
			t.Errorf("%s: %v, want %v", name, err, gneterrors.ErrUnsupportedOp)
		}
	}
}
