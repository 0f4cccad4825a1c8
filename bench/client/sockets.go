//go:build linux

package client

import (
	"fmt"
	"net/netip"
	"unsafe"

	"golang.org/x/sys/unix"
)

// connectionsPerSource is how many connections come from one loopback address: a port has 28,000 peers on an address.
const connectionsPerSource = 10_000

func sockaddr(address string) (*unix.SockaddrInet4, error) {
	a, err := netip.ParseAddrPort(address)
	if err != nil {
		return nil, err
	}
	if !a.Addr().Is4() || !a.Addr().IsLoopback() {
		return nil, fmt.Errorf("%s: only addresses in 127.0.0.0/8 are measured", address)
	}
	return &unix.SockaddrInet4{Port: int(a.Port()), Addr: a.Addr().As4()}, nil
}

// dial begins to connect, and does not wait.
func dial(to *unix.SockaddrInet4, source int, narrow bool) (int, error) {
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_STREAM|unix.SOCK_NONBLOCK|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return -1, err
	}
	if err := prepare(fd, source, narrow); err != nil {
		_ = unix.Close(fd)
		return -1, err
	}
	if err := unix.Connect(fd, to); err != nil && err != unix.EINPROGRESS {
		_ = unix.Close(fd)
		return -1, err
	}
	return fd, nil
}

// prepare sets what must be set before connecting. Sockets are closed by a reset, so that no port stays behind in TIME_WAIT.
func prepare(fd, source int, narrow bool) error {
	_ = unix.SetsockoptInt(fd, unix.IPPROTO_TCP, unix.TCP_NODELAY, 1)
	if err := unix.SetsockoptLinger(fd, unix.SOL_SOCKET, unix.SO_LINGER, &unix.Linger{Onoff: 1}); err != nil {
		return err
	}
	if narrow {
		if err := makeNarrow(fd); err != nil {
			return err
		}
	}
	if source == 0 {
		return nil
	}
	_ = unix.SetsockoptInt(fd, unix.IPPROTO_IP, unix.IP_BIND_ADDRESS_NO_PORT, 1)
	return unix.Bind(fd, &unix.SockaddrInet4{Addr: [4]byte{127, 0, 0, byte(1 + source)}})
}

// makeNarrow keeps the kernel from taking megabytes for a client that never reads: with the segments of loopback, 64 KiB each, its
// send buffer grows to 4 MiB before a server notices anything. With those of Ethernet it is some 100 KiB.
func makeNarrow(fd int) error {
	const receiveBuffer, segment = 4 << 10, 1460
	if err := unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_RCVBUF, receiveBuffer); err != nil {
		return err
	}
	return unix.SetsockoptInt(fd, unix.IPPROTO_TCP, unix.TCP_MAXSEG, segment)
}

// read and write go to the kernel without telling Go's scheduler, which would cost as much as the call itself: they
// never block.
func read(fd int32, p []byte) (int, unix.Errno) { return raw(unix.SYS_READ, fd, p) }

func write(fd int32, p []byte) (int, unix.Errno) { return raw(unix.SYS_WRITE, fd, p) }

func raw(call uintptr, fd int32, p []byte) (int, unix.Errno) {
	for {
		n, _, errno := unix.RawSyscall(call, uintptr(fd), uintptr(unsafe.Pointer(unsafe.SliceData(p))), uintptr(len(p)))
		if errno != unix.EINTR {
			return int(n), errno
		}
	}
}
