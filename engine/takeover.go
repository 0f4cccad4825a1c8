//go:build linux

package engine

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"syscall"

	"golang.org/x/sys/unix"
)

// Adopt takes over a connection that was accepted elsewhere, such as one that net/http has given up (http.Hijacker), and
// serves it with s as if one of the engine's listeners had accepted it. buffered are the bytes that have been read from it
// already: they are copied, and come to OnTraffic first. Of options at most one is used; none means the defaults. They say,
// as with Listen, where the connection lives and what its limits are; ReusePort means nothing here. Conn.Listener is nil.
//
// It may be called from any goroutine, a loop's too: then the connection opens after the callback. Whatever is posted to the
// connection or its loop from now on runs after OnOpen.
//
// After a nil error conn is closed, but the connection is not: the engine has a descriptor of its own. Nobody may read from
// conn or write to it during the call. Its deadlines go with it. The socket is non-blocking, has TCP_NODELAY, and has no
// SO_LINGER, which would make close block the loop; its other options stay as they are.
//
// After any other error conn is open and still the caller's. errors.Is(err, errors.ErrUnsupported) holds for what is neither a
// *net.TCPConn nor a stream's *net.UnixConn, above all for a TLS connection: what it does to the bytes would be left out.
// ErrClosed comes after Shutdown, ErrConnections when there are Options.MaxConnections already, and a syscall.Errno when the system has no descriptors left. Only on the loop it turns out
// when the system cannot watch one more: then the loop logs that and closes the connection, and s never hears of it.
func (e *Engine) Adopt(conn net.Conn, buffered []byte, s Server, options ...ListenOptions) (Ref, error) {
	o := first(options)
	if o.Loop != nil && o.Loop.engine != e {
		return Ref{}, errors.New("engine: adopt: ListenOptions.Loop is another engine's")
	}
	if o.TLS != nil {
		return Ref{}, fmt.Errorf("engine: adopt: TLS begins at a listener: %w", errors.ErrUnsupported)
	}
	if o.ProxyProtocol {
		return Ref{}, fmt.Errorf("engine: adopt: a PROXY header stands before everything that has been read: %w", errors.ErrUnsupported)
	}
	if err := o.checkProxies(); err != nil {
		return Ref{}, fmt.Errorf("engine: adopt: %w", err)
	}
	sc, err := adoptable(conn)
	if err != nil {
		return Ref{}, fmt.Errorf("engine: adopt: %w", err)
	}
	l := e.placed(o, s)
	if l == nil {
		l = e.leastLoaded()
	}
	o = o.withDefaultsOf(s)
	c := &Conn{
		loop: l, id: connIDs.Add(1), format: raw, origin: &origin{limits: &o, local: localOf(conn), costs: costsOf(&o)},
		remote: remoteOf(conn), undecoded: len(buffered) > 0,
	}
	if err := e.takeOver(c, sc, s, bytes.Clone(buffered)); err != nil {
		return Ref{}, err
	}
	_ = conn.Close() // its descriptor is a second one by now, and goes without a trace
	return Ref{c}, nil
}

// adoptable is conn if its descriptor carries the bytes themselves. A wrapped connection does something to them, or to its
// end, that would be left out.
func adoptable(conn net.Conn) (syscall.Conn, error) {
	switch conn := conn.(type) {
	case *net.TCPConn:
		return conn, nil
	case *net.UnixConn:
		return conn, nil
	case interface{ HandshakeContext(context.Context) error }:
		return nil, fmt.Errorf("%T: TLS that has begun elsewhere cannot go on here: a listener of the engine speaks it from the start: %w", conn, errors.ErrUnsupported)
	}
	return nil, fmt.Errorf("%T is neither a *net.TCPConn nor a *net.UnixConn: %w", conn, errors.ErrUnsupported)
}

// takeOver gives c a descriptor and hands it to its loop, unless the engine stops: Shutdown, which takes the same lock first,
// finds the connection on its loop then.
func (e *Engine) takeOver(c *Conn, sc syscall.Conn, s Server, buffered []byte) error {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.stopping {
		return ErrClosed
	}
	if !takePlace(&e.open, e.maxConnections.Load()) {
		e.loops[0].stats.overConnections.Add(1)
		return ErrConnections
	}
	fd, err := duplicate(sc)
	if err != nil {
		e.open.Add(-1)
		return fmt.Errorf("engine: adopt: %w", err)
	}
	if err := prepareAdopted(fd, c.remote.isTCP()); err != nil {
		_ = unix.Close(fd)
		e.open.Add(-1)
		return fmt.Errorf("engine: adopt: %w", err)
	}
	c.fd = int32(fd)
	c.loop.open.Add(1)
	if err := c.loop.Post(func() { c.setRest(buffered); c.loop.adopt(c, s) }); err != nil {
		c.loop.open.Add(-1)
		e.open.Add(-1)
		_ = unix.Close(fd)
		return err
	}
	c.loop.stats.adopted.Add(1)
	return nil
}

// prepareAdopted makes sure of what the engine sets on sockets of its own.
func prepareAdopted(fd int, tcp bool) error {
	kind, err := unix.GetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_TYPE)
	if err != nil {
		return err
	}
	if kind != unix.SOCK_STREAM {
		return fmt.Errorf("the socket is not a stream: %w", errors.ErrUnsupported)
	}
	if err := unix.SetNonblock(fd, true); err != nil { // os.File.Fd may have made it a blocking one
		return err
	}
	if !tcp {
		return nil
	}
	if err := unix.SetsockoptLinger(fd, unix.SOL_SOCKET, unix.SO_LINGER, &unix.Linger{}); err != nil {
		return err
	}
	return unix.SetsockoptInt(fd, unix.IPPROTO_TCP, unix.TCP_NODELAY, 1)
}

func remoteOf(conn net.Conn) endpoint {
	if tcp, ok := conn.RemoteAddr().(*net.TCPAddr); ok {
		return endpointOf(tcp.AddrPort())
	}
	return endpoint{}
}

// localOf is never nil, which the address of a closed net.Conn can be.
func localOf(conn net.Conn) net.Addr {
	if addr := conn.LocalAddr(); addr != nil {
		return addr
	}
	return &net.UnixAddr{Net: "unix"}
}
