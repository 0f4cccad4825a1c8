//go:build linux

package text

import "crypto/tls"

// TLS is what the handshake has agreed on, the peer's certificates among it; nil on a listener without TLS. It is not to be
// changed, and stays valid after the connection has closed.
func (c *Conn) TLS() *tls.ConnectionState { return c.conn.TLS() }
