//go:build linux

package main

import (
	"context"
	"crypto/tls"
	"net"
	"syscall"
	"time"
)

// dial connects to a door. The connection is cut when ctx ends. With small the client takes as little as it can ahead of what it reads.
func (s *soak) dial(ctx context.Context, d door, small bool) (net.Conn, error) {
	return s.dialBehind(ctx, d, small, nil)
}

// dialBehind says something first, in front of TLS too.
func (s *soak) dialBehind(ctx context.Context, d door, small bool, header []byte) (net.Conn, error) {
	dialer := net.Dialer{Timeout: patience}
	if small {
		dialer.Control = func(_, _ string, c syscall.RawConn) error {
			return c.Control(func(fd uintptr) { _ = syscall.SetsockoptInt(int(fd), syscall.SOL_SOCKET, syscall.SO_RCVBUF, 4<<10) })
		}
	}
	network, address := d.network()
	conn, err := dialer.DialContext(ctx, network, address)
	if err != nil {
		return nil, err
	}
	s.counts.opened.Add(1)
	tied := &tiedConn{Conn: conn}
	tied.untie = context.AfterFunc(ctx, func() { _ = conn.Close() })
	if _, err := conn.Write(header); err != nil {
		_ = tied.Close()
		return nil, err
	}
	if !d.tls() {
		return tied, nil
	}
	secure := tls.Client(tied, s.keys.config)
	_ = conn.SetDeadline(time.Now().Add(patience))
	if err := secure.HandshakeContext(ctx); err != nil {
		_ = tied.Close()
		return nil, err
	}
	_ = conn.SetDeadline(time.Time{})
	return secure, nil
}

// A tiedConn ends with a context.
type tiedConn struct {
	net.Conn
	untie func() bool
}

func (c *tiedConn) Close() error {
	c.untie()
	return c.Conn.Close()
}

// reset has the kernel send a reset when conn is closed, and closes it. TLS says nothing then.
func reset(conn net.Conn) {
	if secure, ok := conn.(*tls.Conn); ok {
		conn = secure.NetConn()
	}
	if tied, ok := conn.(*tiedConn); ok {
		if tcp, ok := tied.Conn.(*net.TCPConn); ok {
			_ = tcp.SetLinger(0)
		}
	}
	_ = conn.Close()
}
