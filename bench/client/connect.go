//go:build linux

package client

import (
	"fmt"

	"golang.org/x/sys/unix"
)

// A dialer opens many connections, a bounded number of them at a time.
type dialer struct {
	next, end int // connections that have not begun
	flying    int // connections in the making
	opened    int
	uid       []byte
}

// connectAll opens every connection and sends each one's uid.
func (l *load) connectAll() error {
	l.dialer = dialer{end: len(l.conns)}
	if err := l.dialMore(); err != nil {
		return err
	}
	return l.until("connecting", func() bool { return l.dialer.opened == len(l.conns) })
}

func (l *load) dialMore() error {
	d := &l.dialer
	for d.flying < l.job.Parallel && d.next < d.end {
		if err := l.dial(&l.conns[d.next]); err != nil {
			return fmt.Errorf("connecting: %w", err)
		}
		d.next++
		d.flying++
	}
	return nil
}

func (l *load) dial(c *conn) error {
	c.began = l.now()
	fd, err := dial(l.to, int(c.id)/connectionsPerSource, c.stuck)
	if err != nil {
		return err
	}
	c.fd, c.state, c.next = int32(fd), connecting, 1
	return l.watch(unix.EPOLL_CTL_ADD, c.fd, c.id, unix.EPOLLOUT)
}

// connected goes on when the kernel has connected.
func (l *load) connected(c *conn) error {
	failed, err := unix.GetsockoptInt(int(c.fd), unix.SOL_SOCKET, unix.SO_ERROR)
	if err != nil {
		return err
	}
	if failed != 0 {
		return unix.Errno(failed)
	}
	if l.job.TLS {
		return l.secure(c)
	}
	if err := l.watch(unix.EPOLL_CTL_MOD, c.fd, c.id, unix.EPOLLIN); err != nil {
		return err
	}
	return l.greet(c)
}

// greet sends the handshake of the pages' protocol.
func (l *load) greet(c *conn) error {
	if l.pages.hello == nil {
		return l.opened(c, l.now())
	}
	c.state = upgrading
	return l.send(c, l.pages.hello(c))
}

// opened says who the connection is, and lets the next one begin.
func (l *load) opened(c *conn, now int64) error {
	d := &l.dialer
	c.state = open
	d.flying--
	d.opened++
	if l.job.Scenario == Storm {
		l.latency.record(now - c.began)
	}
	if l.pages.saysUID {
		d.uid = appendMasked(d.uid[:0], []byte(uidOf(int(c.id))))
		if err := l.send(c, d.uid); err != nil {
			return err
		}
	}
	if c.stuck {
		c.state = deaf
		if err := l.watch(unix.EPOLL_CTL_DEL, c.fd, c.id, 0); err != nil {
			return err
		}
	}
	return l.dialMore()
}

// send writes a small frame, for which an idle socket always has room.
func (l *load) send(c *conn, p []byte) error {
	if c.secure != nil {
		_, err := c.secure.tls.Write(p)
		return err
	}
	n, errno := write(c.fd, p)
	if errno != 0 {
		return errno
	}
	if n != len(p) {
		return fmt.Errorf("the socket took %d of %d bytes", n, len(p))
	}
	return nil
}
