//go:build linux

package engine

import (
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
	read:    ignoringEINTR(unix.Read),
	write:   ignoringEINTR(unix.Write),
	control: func(op pollerOp, pa *netpoll.PollAttachment, edge bool) error { return op(pa, edge) },

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

func ignoringEINTR(call func(int, []byte) (int, error)) func(int, []byte) (int, error) {
	return func(fd int, p []byte) (int, error) {
		for {
			n, err := call(fd, p)
			if err != unix.EINTR {
				return n, err
			}
		}
	}
}
