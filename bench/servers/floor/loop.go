//go:build linux

package main

import (
	"net"

	"golang.org/x/sys/unix"
)

// A floor is the whole server.
type floor struct {
	echo     bool
	poller   int
	pages    int // listening sockets
	backEnds int
	clients  int
	buf      []byte
	conns    []*conn // by descriptor
	bound    []*conn // those with a uid
	uids     map[string]*conn
}

// A conn is a page, a back end or a client that sends requests.
type conn struct {
	fd       int
	text     bool
	plain    bool // sends requests for /plaintext
	upgraded bool
	uid      string
	seat     int    // place in bound
	in       []byte // what is not a whole message yet
	out      []byte // what the kernel has not taken
}

func newFloor(echo bool) (*floor, error) {
	poller, err := unix.EpollCreate1(unix.EPOLL_CLOEXEC)
	return &floor{echo: echo, poller: poller, pages: -1, backEnds: -1, clients: -1, buf: make([]byte, 64<<10), uids: map[string]*conn{}}, err
}

func tcpAddr(a unix.Sockaddr) net.Addr {
	in4, _ := a.(*unix.SockaddrInet4)
	return &net.TCPAddr{IP: in4.Addr[:], Port: in4.Port}
}

func (f *floor) watch(operation, fd int, events uint32) error {
	return unix.EpollCtl(f.poller, operation, fd, &unix.EpollEvent{Events: events, Fd: int32(fd)})
}

func (f *floor) serve() error {
	events := make([]unix.EpollEvent, 256)
	for {
		n, err := unix.EpollWait(f.poller, events, -1)
		if err != nil && err != unix.EINTR {
			return err
		}
		for _, e := range events[:max(n, 0)] {
			if err := f.event(int(e.Fd), e.Events); err != nil {
				return err
			}
		}
	}
}

func (f *floor) event(fd int, events uint32) error {
	if fd == f.pages || fd == f.backEnds || fd == f.clients {
		return f.accept(fd)
	}
	c := f.conns[fd]
	if c == nil {
		return nil
	}
	if events&unix.EPOLLOUT != 0 {
		f.flush(c)
	}
	if events&^unix.EPOLLOUT != 0 {
		f.read(c)
	}
	return nil
}

func (f *floor) accept(listener int) error {
	for range 16 {
		fd, _, err := unix.Accept4(listener, unix.SOCK_NONBLOCK|unix.SOCK_CLOEXEC)
		if err != nil {
			return nil // none is left, or it has gone already
		}
		_ = unix.SetsockoptInt(fd, unix.IPPROTO_TCP, unix.TCP_NODELAY, 1)
		for fd >= len(f.conns) {
			f.conns = append(f.conns, nil)
		}
		f.conns[fd] = &conn{fd: fd, text: listener == f.backEnds, plain: listener == f.clients}
		if err := f.watch(unix.EPOLL_CTL_ADD, fd, unix.EPOLLIN); err != nil {
			return err
		}
	}
	return nil
}

func (f *floor) read(c *conn) {
	n, err := unix.Read(c.fd, f.buf)
	switch {
	case err == unix.EAGAIN || err == unix.EINTR:
	case err != nil || n == 0:
		f.end(c)
	default:
		f.handle(c, f.buf[:n])
	}
}

// write is the one call that everything is about. What the kernel does not take waits for EPOLLOUT, for nothing may be lost.
func (f *floor) write(c *conn, p []byte) {
	if len(c.out) > 0 {
		c.out = append(c.out, p...)
		return
	}
	n, _ := unix.Write(c.fd, p) // an error shows when the connection is read
	if n = max(n, 0); n < len(p) {
		c.out = append(c.out, p[n:]...)
		_ = f.watch(unix.EPOLL_CTL_MOD, c.fd, unix.EPOLLIN|unix.EPOLLOUT)
	}
}

func (f *floor) flush(c *conn) {
	n, _ := unix.Write(c.fd, c.out)
	if c.out = c.out[max(n, 0):]; len(c.out) == 0 {
		c.out = nil
		_ = f.watch(unix.EPOLL_CTL_MOD, c.fd, unix.EPOLLIN)
	}
}

func (f *floor) end(c *conn) {
	f.unbind(c)
	f.conns[c.fd] = nil
	_ = unix.Close(c.fd)
}
