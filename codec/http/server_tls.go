//go:build linux

package http

import "crypto/tls"

// TLS is what the handshake has agreed on, the peer's certificates among it; nil on a listener without TLS. It is not to be
// changed, and stays valid after the connection has closed.
func (x *Exchange) TLS() *tls.ConnectionState { return x.session.conn.TLS() }

// TLS is as the Exchange's.
func (c *EventStream) TLS() *tls.ConnectionState { return c.conn.TLS() }

// NextProtos is what a listener with TLS agrees on (ALPN).
func (s *Server) NextProtos() []string { return []string{"http/1.1"} }
