//go:build linux

package engine

import (
	"errors"
	"os"
	"slices"
	"sync"
	"testing"

	"github.com/panjf2000/gnet/v2/pkg/netpoll"
	"golang.org/x/sys/unix"
)

// The calls of a connection that can be made to fail; accept is one of the listener's.
const (
	callAccept   = "accept"
	callAdd      = "epoll_ctl add"
	callRead     = "read"
	callWrite    = "write"
	callMod      = "epoll_ctl mod"
	callShutdown = "shutdown"
	callDel      = "epoll_ctl del"
	callClose    = "close"
)

// errShort is no errno: a read or a write that takes a part.
var errShort = errors.New("short")

// A faulty system is the kernel's, but that each call can end differently: with the errno that fail returns, or short. For the
// connections that were accepted, fail gets their number, from 0 up; for other descriptors -1. It is called with the lock held.
type faulty struct {
	mu       sync.Mutex
	fail     func(call string, conn int) error
	conns    map[int]int // by descriptor
	accepted int
	watched  map[int]bool
	calls    map[string]int // of connections, and of accept
	// What the engine has been told.
	read, written int
}

func newFaulty() (*faulty, *syscalls) {
	f := &faulty{conns: map[int]int{}, watched: map[int]bool{}, calls: map[string]int{}}
	sys := kernel
	sys.accept = f.accept
	sys.control = f.control
	sys.read = func(fd int, p []byte) (int, error) { return f.transfer(callRead, fd, p, kernel.read, &f.read) }
	sys.write = func(fd int, p []byte) (int, error) { return f.transfer(callWrite, fd, p, kernel.write, &f.written) }
	sys.shutdown = func(fd int) error {
		if err := f.ask(callShutdown, fd); err != nil {
			return err
		}
		return kernel.shutdown(fd)
	}
	// What frees something does it whatever it returns.
	sys.forget = func(del func(int) error, fd int) error {
		f.ended(f.watched, fd)
		return errors.Join(f.ask(callDel, fd), kernel.forget(del, fd))
	}
	sys.close = func(fd int) error {
		err := f.ask(callClose, fd)
		f.closed(fd)
		return errors.Join(err, kernel.close(fd))
	}
	return f, &sys
}

// ask is asked before each call.
func (f *faulty) ask(call string, fd int) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	conn, ok := f.conns[fd]
	if !ok {
		conn = -1
	}
	if ok || call == callAccept {
		f.calls[call]++
	}
	if f.fail == nil {
		return nil
	}
	return f.fail(call, conn)
}

// set changes fail.
func (f *faulty) set(fail func(call string, conn int) error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.fail = fail
}

func (f *faulty) count(call string) int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.calls[call]
}

func (f *faulty) accept(fd int) (int, unix.Sockaddr, error) {
	if err := f.ask(callAccept, fd); err != nil {
		return -1, nil, err
	}
	got, peer, err := kernel.accept(fd)
	f.mu.Lock()
	defer f.mu.Unlock()
	if err == nil {
		f.conns[got] = f.accepted
		f.accepted++
	}
	return got, peer, err
}

func (f *faulty) transfer(call string, fd int, p []byte, do func(int, []byte) (int, error), sum *int) (int, error) {
	switch err := f.ask(call, fd); err {
	case nil:
	case errShort:
		p = p[:min(len(p), 1+len(p)/16)]
	default:
		return -1, err
	}
	n, err := do(fd, p)
	f.mu.Lock()
	defer f.mu.Unlock()
	*sum += max(n, 0)
	return n, err
}

func (f *faulty) control(op pollerOp, pa *netpoll.PollAttachment, edge bool) error {
	f.mu.Lock()
	call := callMod
	if !f.watched[pa.FD] {
		call = callAdd
	}
	f.mu.Unlock()
	if err := f.ask(call, pa.FD); err != nil {
		return os.NewSyscallError(call, err) // as gnet does
	}
	f.mu.Lock()
	f.watched[pa.FD] = true
	f.mu.Unlock()
	return kernel.control(op, pa, edge)
}

func (f *faulty) ended(set map[int]bool, fd int) {
	f.mu.Lock()
	defer f.mu.Unlock()
	delete(set, fd)
}

func (f *faulty) closed(fd int) {
	f.mu.Lock()
	defer f.mu.Unlock()
	delete(f.conns, fd)
	delete(f.watched, fd)
}

// faults is what each call may return beside success. After lost, the connection is lost; after the others it goes on.
var faults = []struct {
	call   string
	goesOn []error
	lost   []error
}{
	{callAccept, []error{unix.EINTR, unix.EAGAIN, unix.ECONNABORTED, unix.EPROTO, unix.EPERM, unix.ENETDOWN, unix.EMFILE, unix.ENFILE, unix.ENOBUFS,
		unix.ENOMEM, unix.EIO}, nil},
	{callAdd, nil, []error{unix.ENOMEM, unix.ENOSPC, unix.EBADF}},
	{callRead, []error{unix.EINTR, unix.EAGAIN, unix.ENOBUFS, unix.ENOMEM, errShort},
		[]error{unix.ECONNRESET, unix.EPIPE, unix.ETIMEDOUT, unix.EHOSTUNREACH, unix.EIO, unix.EBADF}},
	{callWrite, []error{unix.EINTR, unix.EAGAIN, unix.ENOBUFS, unix.ENOMEM, errShort},
		[]error{unix.ECONNRESET, unix.EPIPE, unix.ETIMEDOUT, unix.EHOSTUNREACH, unix.EIO, unix.EBADF}},
	{callMod, nil, []error{unix.ENOMEM, unix.ENOENT, unix.EBADF}},
	{callShutdown, []error{unix.ENOTCONN, unix.ENOBUFS}, nil},
	{callDel, []error{unix.ENOENT, unix.ENOMEM}, nil},
	{callClose, []error{unix.EINTR, unix.EIO, unix.ENOSPC}, nil},
}

// Each errno at each call, at its first, second or third time: whose call it was is lost, if it cannot go on, with that reason; the
// other connection, and the engine, notice nothing.
func TestEveryErrnoAtEveryCall(t *testing.T) {
	for _, fault := range faults {
		for _, errno := range slices.Concat(fault.goesOn, fault.lost) {
			for at := 1; at <= 3; at++ {
				f := faultRun{call: fault.call, errno: errno, at: at, lost: slices.Contains(fault.lost, errno)}
				t.Run(f.String(), func(t *testing.T) { f.run(t) })
			}
		}
	}
}
