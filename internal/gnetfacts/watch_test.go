//go:build linux

package gnetfacts

import (
	"encoding/binary"
	"errors"
	"net"
	"testing"

	gneterrors "github.com/panjf2000/gnet/v2/pkg/errors"
	"github.com/panjf2000/gnet/v2/pkg/netpoll"
	"golang.org/x/sys/unix"
)

// A watch is a poller that is looked at for a counted number of rounds. Its metronome is an eventfd that is never read and
// watched level-triggered: epoll_wait returns at once with it, so that everything else which is ready is in the same rounds.
type watch struct {
	*netpoll.Poller
	t         *testing.T
	metronome int
	handle    netpoll.PollEventHandler
	kept      []*netpoll.PollAttachment // with poll_opt the kernel holds the pointers
}

func newWatch(t *testing.T) *watch {
	t.Helper()
	p, err := netpoll.OpenPoller()
	if err != nil {
		t.Fatal(err)
	}
	w := &watch{Poller: p, t: t}
	t.Cleanup(func() { p.Close() })
	w.metronome, err = unix.Eventfd(1, unix.EFD_NONBLOCK|unix.EFD_CLOEXEC)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { unix.Close(w.metronome) })
	w.do(p.AddRead, w.metronome, false)
	return w
}

type pollerOp func(pa *netpoll.PollAttachment, edge bool) error

// do is one of the poller's Add and Mod functions.
func (w *watch) do(op pollerOp, fd int, edge bool) {
	w.t.Helper()
	pa := &netpoll.PollAttachment{FD: fd, Callback: w.event}
	w.kept = append(w.kept, pa)
	if err := op(pa, edge); err != nil {
		w.t.Fatal(err)
	}
}

func (w *watch) delete(fd int) {
	w.t.Helper()
	if err := w.Delete(fd); err != nil {
		w.t.Fatal(err)
	}
}

func (w *watch) event(fd int, events netpoll.IOEvent, flags netpoll.IOFlags) error {
	return w.handle(fd, events, flags)
}

// rounds is how many events of fd come in n rounds, and all their flags together.
func (w *watch) rounds(n, fd int) (count int, flags netpoll.IOEvent) {
	w.t.Helper()
	w.each(n, func(got int, events netpoll.IOEvent) {
		if got == fd {
			count++
			flags |= events
		}
	})
	return count, flags
}

// each calls fn with every event of n rounds, but for the metronome's.
func (w *watch) each(n int, fn func(fd int, events netpoll.IOEvent)) {
	w.t.Helper()
	w.handle = func(fd int, events netpoll.IOEvent, _ netpoll.IOFlags) error {
		if fd != w.metronome {
			fn(fd, events)
			return nil
		}
		if n--; n < 0 { // one more than n: what stands behind the metronome in the last round counts too
			return gneterrors.ErrEngineShutdown
		}
		return nil
	}
	if err := polling(w.Poller, w.event); !errors.Is(err, gneterrors.ErrEngineShutdown) {
		w.t.Fatal(err)
	}
}

// stillness is enough rounds to tell once from again and again, and once the most events of one change: of an end the kernel tells
// twice, as of the stream and of the socket, which poll(2) and a round may come between.
const (
	stillness = 1000
	once      = 2
)

// connected is a descriptor, not blocking, of one end of a TCP connection, and the other end.
func connected(t *testing.T) (fd int, peer *net.TCPConn) {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer ln.Close()
	conn, err := net.Dial("tcp", ln.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	accepted, err := ln.Accept()
	if err != nil {
		t.Fatal(err)
	}
	defer accepted.Close()
	rc, err := accepted.(*net.TCPConn).SyscallConn()
	if err != nil {
		t.Fatal(err)
	}
	if controlErr := rc.Control(func(original uintptr) {
		fd, err = unix.FcntlInt(original, unix.F_DUPFD_CLOEXEC, 0)
	}); controlErr != nil || err != nil {
		t.Fatal(controlErr, err)
	}
	return fd, conn.(*net.TCPConn)
}

// say is what a peer does, and what poll(2) sees of it at the other end when it has arrived there.
type say struct {
	name string
	do   func(t *testing.T, peer *net.TCPConn)
	seen int16
}

var (
	sayBytes = say{"bytes", func(t *testing.T, peer *net.TCPConn) { write(t, peer, "hello") }, unix.POLLIN}
	sayFIN   = say{"FIN", func(t *testing.T, peer *net.TCPConn) { must(t, peer.CloseWrite()) }, unix.POLLRDHUP}
	sayRST   = say{"RST", func(t *testing.T, peer *net.TCPConn) { must(t, peer.SetLinger(0)); must(t, peer.Close()) }, unix.POLLHUP}
)

// to lets the peer do it and waits, without the poller, until it has arrived at fd.
func (s say) to(t *testing.T, fd int, peer *net.TCPConn) {
	t.Helper()
	s.do(t, peer)
	arrived(t, fd, s.seen)
}

func arrived(t *testing.T, fd int, events int16) {
	t.Helper()
	fds := []unix.PollFd{{Fd: int32(fd), Events: events}}
	for {
		_, err := unix.Poll(fds, int(patience.Milliseconds()))
		if err == unix.EINTR {
			continue
		}
		if err != nil || fds[0].Revents&events == 0 {
			t.Fatalf("poll(%#x): %#x, %v", events, fds[0].Revents, err)
		}
		return
	}
}

func write(t *testing.T, c net.Conn, s string) {
	t.Helper()
	if _, err := c.Write([]byte(s)); err != nil {
		t.Fatal(err)
	}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// fill writes to fd until the kernel takes no more, and will not until the peer reads: what is still on its way there may make room.
func fill(t *testing.T, fd int) {
	t.Helper()
	p := make([]byte, 64<<10)
	for full := false; ; {
		_, err := unix.Write(fd, p)
		switch {
		case err == unix.EAGAIN && full:
			return
		case err == unix.EAGAIN:
			until(t, "nothing is on its way", func() bool { return onItsWay(t, fd) == 0 })
			full = true
		case err == nil:
			full = false
		case err != unix.EINTR:
			t.Fatal(err)
		}
	}
}

// onItsWay is how many bytes have been sent and not been acknowledged.
func onItsWay(t *testing.T, fd int) int {
	t.Helper()
	const unsent = 0x894B // SIOCOUTQNSD
	all, err := unix.IoctlGetInt(fd, unix.SIOCOUTQ)
	must(t, err)
	waiting, err := unix.IoctlGetInt(fd, unsent)
	must(t, err)
	return all - waiting
}

// signalled is an eventfd that is readable already.
func signalled(t *testing.T) int {
	t.Helper()
	fd, err := unix.Eventfd(0, unix.EFD_NONBLOCK|unix.EFD_CLOEXEC)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := unix.Write(fd, binary.NativeEndian.AppendUint64(nil, 1)); err != nil {
		t.Fatal(err)
	}
	return fd
}
