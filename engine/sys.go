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
}

type pollerOp func(pa *netpoll.PollAttachment, edge bool) error

var kernel = syscalls{
	accept:  socket.Accept,
	read:    ignoringEINTR(unix.Read),
	write:   ignoringEINTR(unix.Write),
	control: func(op pollerOp, pa *netpoll.PollAttachment, edge bool) error { return op(pa, edge) },
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
