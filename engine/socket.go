//go:build linux

package engine

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"math"
	"net"
	"os"
	"strings"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// boundSocket is a listening socket of ours.
type boundSocket struct {
	fd   int
	addr net.Addr
	file os.FileInfo // the socket file of a unix address that we have made, nil otherwise
	// shared: others may hold it, so what is done to the socket itself is done to them.
	shared bool
}

// listenSocket opens a listening socket through the net package, which knows all about names and families, and takes its
// descriptor over.
func listenSocket(network, address string, o ListenOptions) (boundSocket, error) {
	ln, err := openListener(network, address, o)
	if err != nil {
		return boundSocket{}, err
	}
	defer ln.Close()
	fd, err := duplicate(ln.(syscall.Conn))
	if err != nil {
		return boundSocket{}, err
	}
	if u, ok := ln.(*net.UnixListener); ok {
		u.SetUnlinkOnClose(false) // the file is ours from now on
	}
	s := boundSocket{fd: fd, addr: ln.Addr()}
	if network == "unix" && !strings.HasPrefix(address, "@") { // an abstract address has no file
		s.file, _ = os.Lstat(address)
	}
	return s, nil
}

func openListener(network, address string, o ListenOptions) (net.Listener, error) {
	config := net.ListenConfig{
		KeepAlive: -1,
		Control: func(_, _ string, rc syscall.RawConn) error {
			if network == "unix" {
				return setSocketMode(rc, o.SocketMode.Perm())
			}
			return prepareSocket(rc, o)
		},
	}
	// The net package makes MPTCP listeners by default: slower, and not what the options below are known to work with.
	config.SetMultipathTCP(false)
	ln, err := config.Listen(context.Background(), network, address)
	if network == "unix" && errors.Is(err, syscall.EADDRINUSE) {
		if err = removeStale(address, err); err == nil {
			ln, err = config.Listen(context.Background(), network, address)
		}
	}
	return ln, err
}

// prepareSocket sets the options that a TCP socket needs before bind.
func prepareSocket(rc syscall.RawConn, o ListenOptions) (err error) {
	options := append(inheritedOptions(o), socketOption{unix.SOL_SOCKET, unix.SO_REUSEADDR, 1})
	if o.ReusePort {
		options = append(options, socketOption{unix.SOL_SOCKET, unix.SO_REUSEPORT, 1})
	}
	controlErr := rc.Control(func(fd uintptr) { err = setOptions(int(fd), options) })
	return errors.Join(controlErr, err)
}

type socketOption struct{ level, name, value int }

// inheritedOptions are those that a TCP socket hands on to what it accepts.
func inheritedOptions(o ListenOptions) []socketOption {
	options := append(keepAlive(o.KeepAlive), socketOption{unix.IPPROTO_TCP, unix.TCP_NODELAY, 1})
	if o.UserTimeout > 0 {
		options = append(options, socketOption{unix.IPPROTO_TCP, unix.TCP_USER_TIMEOUT, milliseconds(o.UserTimeout)})
	}
	return options
}

// keepAlive are those that have the kernel ask a peer that is quiet.
func keepAlive(d time.Duration) []socketOption {
	if d <= 0 {
		return []socketOption{{unix.SOL_SOCKET, unix.SO_KEEPALIVE, 0}}
	}
	return []socketOption{
		{unix.SOL_SOCKET, unix.SO_KEEPALIVE, 1},
		{unix.IPPROTO_TCP, unix.TCP_KEEPIDLE, seconds(d)},
		{unix.IPPROTO_TCP, unix.TCP_KEEPINTVL, seconds(d / 4)},
		{unix.IPPROTO_TCP, unix.TCP_KEEPCNT, 4},
	}
}

// seconds is d as the kernel takes it for those, in whole ones from 1 to 32,767.
func seconds(d time.Duration) int {
	return int(min(max(d/time.Second, 1), math.MaxInt16))
}

func setOptions(fd int, options []socketOption) error {
	for _, o := range options {
		if err := unix.SetsockoptInt(fd, o.level, o.name, o.value); err != nil {
			return err
		}
	}
	return nil
}

// milliseconds is d as the kernel takes it, in whole ones from 1 up.
func milliseconds(d time.Duration) int {
	return int(min(max(d/time.Millisecond, 1), math.MaxInt32))
}

// setSocketMode gives a unix socket the mode that bind makes its file with: so the file never has another.
func setSocketMode(rc syscall.RawConn, mode os.FileMode) (err error) {
	if mode == 0 {
		return nil
	}
	controlErr := rc.Control(func(fd uintptr) { err = unix.Fchmod(int(fd), uint32(mode)) })
	return errors.Join(controlErr, err)
}

// removeStale removes the socket file of a process that is gone, and nothing else: a socket that somebody listens on, and
// any other kind of file, stays, and the error of bind stands.
func removeStale(path string, inUse error) error {
	info, err := os.Lstat(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	if info.Mode().Type() != fs.ModeSocket {
		return fmt.Errorf("%s is there and is not a socket: %w", path, inUse)
	}
	conn, err := net.DialTimeout("unix", path, time.Second)
	if err == nil {
		conn.Close()
	}
	if !errors.Is(err, syscall.ECONNREFUSED) {
		return inUse
	}
	return os.Remove(path)
}

func duplicate(sc syscall.Conn) (fd int, err error) {
	rc, err := sc.SyscallConn()
	if err != nil {
		return -1, err
	}
	controlErr := rc.Control(func(original uintptr) {
		fd, err = unix.FcntlInt(original, unix.F_DUPFD_CLOEXEC, 0)
	})
	return fd, errors.Join(controlErr, err)
}

// unlink removes the socket's file if it is still the one that we made.
func (s *boundSocket) unlink() {
	if s.file == nil {
		return
	}
	path := s.addr.String()
	if now, err := os.Lstat(path); err == nil && os.SameFile(now, s.file) {
		_ = os.Remove(path)
	}
}
