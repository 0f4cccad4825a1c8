//go:build linux

package engine

import (
	"testing"

	"golang.org/x/sys/unix"
)

// What a socket has to be: small messages leave at once, a peer that vanished is noticed, no child process inherits it, and
// no call on it blocks the loop.
func TestSocketOptions(t *testing.T) {
	e := testEngine(t, Options{})
	conns := make(chan *Conn, 1)
	ln := listen(t, e, handler{open: func(c *Conn) { conns <- c }})
	dial(t, ln)
	c := await(t, "OnOpen", conns)
	on(t, e.Home(), func() {
		for name, fd := range map[string]int{"listener": ln.fd, "connection": int(c.fd)} {
			for _, o := range []struct {
				name                string
				level, option, want int
			}{
				{"TCP_NODELAY", unix.IPPROTO_TCP, unix.TCP_NODELAY, 1},
				{"SO_KEEPALIVE", unix.SOL_SOCKET, unix.SO_KEEPALIVE, 1},
				{"SO_PROTOCOL (not MPTCP)", unix.SOL_SOCKET, unix.SO_PROTOCOL, unix.IPPROTO_TCP},
				{"SO_REUSEPORT", unix.SOL_SOCKET, unix.SO_REUSEPORT, 0},
			} {
				if got, err := unix.GetsockoptInt(fd, o.level, o.option); err != nil || got != o.want {
					t.Errorf("%s: %s is %d, %v; want %d", name, o.name, got, err, o.want)
				}
			}
			if flags, err := unix.FcntlInt(uintptr(fd), unix.F_GETFL, 0); err != nil || flags&unix.O_NONBLOCK == 0 {
				t.Errorf("%s: blocks (flags %x, %v)", name, flags, err)
			}
			if flags, err := unix.FcntlInt(uintptr(fd), unix.F_GETFD, 0); err != nil || flags&unix.FD_CLOEXEC == 0 {
				t.Errorf("%s: is inherited by child processes (flags %x, %v)", name, flags, err)
			}
		}
	})
}
