//go:build linux

package engine

import (
	"unsafe"

	"github.com/panjf2000/gnet/v2/pkg/netpoll"
	"github.com/panjf2000/gnet/v2/pkg/socket"
	"golang.org/x/sys/unix"
)

// syscalls are the calls that a peer or the system can make fail. They stand in a table so that a test can have any errno
// at any of them.
type syscalls struct {
	accept func(fd int) (int, unix.Sockaddr, error)
	read   func(fd int, p []byte) (int, error)
	write  func(fd int, p []byte) (int, error)
	// control is epoll_ctl through gnet's poller: one of (*netpoll.Poller).AddRead, ModRead, ModReadWrite.
	control func(op pollerOp, pa *netpoll.PollAttachment, edge bool) error
	// forget is epoll_ctl too: del is (*netpoll.Poller).Delete.
	forget func(del func(fd int) error, fd int) error
	// shutdown ends our direction of a connection.
	shutdown func(fd int) error
	// reset makes close send a reset and drop what waits.
	reset func(fd int)
	close func(fd int) error
	// failure is what has ended a connection that is not read, or nil.
	failure func(fd int) error
	// unsent is how many bytes of a connection the kernel holds that the peer has not got.
	unsent func(fd int) int32
}

type pollerOp func(pa *netpoll.PollAttachment, edge bool) error

var kernel = syscalls{
	accept:  socket.Accept,
	read:    func(fd int, p []byte) (int, error) { return rawCall(unix.SYS_RECVFROM, fd, p, 0) },
	write:   func(fd int, p []byte) (int, error) { return rawCall(unix.SYS_SENDTO, fd, p, unix.MSG_NOSIGNAL) },
	control: func(op pollerOp, pa *netpoll.PollAttachment, edge bool) error { return op(pa, edge) },

	forget:   func(del func(fd int) error, fd int) error { return del(fd) },
	shutdown: func(fd int) error { return unix.Shutdown(fd, unix.SHUT_WR) },
	reset: func(fd int) {
		// A linger time of zero.
		_ = unix.SetsockoptLinger(fd, unix.SOL_SOCKET, unix.SO_LINGER, &unix.Linger{Onoff: 1})
	},
	close:   unix.Close,
	failure: socketError,
	unsent: func(fd int) int32 {
		n, _ := unix.IoctlGetInt(fd, unix.SIOCOUTQ)
		return int32(n)
	},
}

func socketError(fd int) error {
	errno, err := unix.GetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_ERROR)
	switch {
	case err != nil:
		return err
	case errno != 0:
		return unix.Errno(errno)
	}
	return nil
}

// rawCall is recv(2) or send(2), which cost the kernel less than read(2) and write(2) do. Go's scheduler is not told of it: on a
// socket that is non-blocking it returns at once, and what the scheduler would do about it costs more than it could gain.
func rawCall(call uintptr, fd int, p []byte, flags uintptr) (int, error) {
	for {
		n, _, errno := unix.RawSyscall6(call, uintptr(fd), uintptr(unsafe.Pointer(unsafe.SliceData(p))), uintptr(len(p)), flags, 0, 0)
		switch errno {
		case 0:
			return int(n), nil
		case unix.EINTR:
		default:
			return -1, errno
		}
	}
}
