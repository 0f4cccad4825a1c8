//go:build linux

package engine

import (
	"errors"
	"fmt"
	"net"
	"syscall"

	"golang.org/x/sys/unix"
)

// ListenOn is Listen on a socket that somebody else has opened, such as one that a service manager passes on (net.FileListener
// makes a net.Listener of its descriptor). It may be called whenever Listen may. Of options at most one is used; ReusePort and
// SocketMode mean nothing here.
//
// After a nil error l is closed, but the socket is not: the engine has a descriptor of its own. Others may hold the socket too.
// So Listener.Close only stops accepting: who connects then waits in the kernel's queue until another one accepts, and is refused
// when nobody holds the socket any more. The file of a unix socket stays with whoever made it. The socket is non-blocking from
// now on; over TCP it also gets TCP_NODELAY, KeepAlive, and UserTimeout, which a multipath (MPTCP) socket cannot have.
//
// After any other error l is open and still the caller's. errors.Is(err, errors.ErrUnsupported) holds for what is neither a
// *net.TCPListener nor a *net.UnixListener of streams, above all for a TLS listener: ListenOptions.TLS is in its place.
func (e *Engine) ListenOn(l net.Listener, s Server, options ...ListenOptions) (*Listener, error) {
	ln, err := e.listenOn(l, s, first(options))
	switch {
	case err == ErrClosed:
		return nil, err
	case err != nil:
		return nil, fmt.Errorf("engine: listen on a socket that is open: %w", err)
	}
	if u, ok := l.(*net.UnixListener); ok {
		u.SetUnlinkOnClose(false)
	}
	_ = l.Close() // its descriptor is a second one by now, and goes without a trace
	return ln, nil
}

func (e *Engine) listenOn(l net.Listener, s Server, o ListenOptions) (*Listener, error) {
	door, err := e.checkListen(s, &o)
	if err != nil {
		return nil, err
	}
	o = o.withDefaultsOf(s)
	sock, err := takeSocket(l, o)
	if err != nil {
		return nil, err
	}
	return e.serveOn(sock, s, o, door)
}

// takeSocket is a descriptor of our own for a listening socket.
func takeSocket(l net.Listener, o ListenOptions) (boundSocket, error) {
	var sc syscall.Conn
	switch l := l.(type) {
	case *net.TCPListener:
		sc = l
	case *net.UnixListener:
		sc = l
	default:
		return boundSocket{}, fmt.Errorf("%T is neither a *net.TCPListener nor a *net.UnixListener: %w", l, errors.ErrUnsupported)
	}
	fd, err := duplicate(sc)
	if err != nil {
		return boundSocket{}, err
	}
	if err := prepareTaken(fd, l.Addr().Network() == "tcp", o); err != nil {
		_ = unix.Close(fd)
		return boundSocket{}, err
	}
	return boundSocket{fd: fd, addr: l.Addr(), shared: true}, nil
}

// prepareTaken makes sure of what the engine sets on sockets of its own.
func prepareTaken(fd int, tcp bool, o ListenOptions) error {
	kind, err := unix.GetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_TYPE)
	if err != nil {
		return err
	}
	if kind != unix.SOCK_STREAM {
		return fmt.Errorf("the socket is not one of streams: %w", errors.ErrUnsupported)
	}
	// net.FileListener takes any socket.
	if listening, err := unix.GetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_ACCEPTCONN); err != nil || listening == 0 {
		return errors.Join(errors.New("the socket does not listen"), err)
	}
	if err := unix.SetNonblock(fd, true); err != nil {
		return err
	}
	if !tcp {
		return nil
	}
	if err := setOptions(fd, inheritedOptions(o)); !errors.Is(err, unix.ENOPROTOOPT) {
		return err
	}
	o.UserTimeout = -1
	return setOptions(fd, inheritedOptions(o))
}
