package certs

import (
	"crypto/tls"
	"net"
	"testing"
	"time"
)

// Versions are those of TLS that are spoken.
var Versions = []uint16{tls.VersionTLS12, tls.VersionTLS13}

// Dial connects to a listener whose certificate the authority has issued for name, and shakes hands. What the client sends
// goes byte by byte; what does not happen within patience fails.
func (a *Authority) Dial(t testing.TB, addr net.Addr, name string, patience time.Duration, protocols ...string) *tls.Conn {
	t.Helper()
	conn, err := net.Dial(addr.Network(), addr.String())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	_ = conn.SetDeadline(time.Now().Add(patience))
	c := tls.Client(slow{conn}, &tls.Config{RootCAs: a.Pool(), ServerName: name, NextProtos: protocols})
	if err := c.Handshake(); err != nil {
		t.Fatal(err)
	}
	return c
}

// slow writes byte by byte.
type slow struct{ net.Conn }

func (c slow) Write(p []byte) (n int, err error) {
	for n < len(p) && err == nil {
		_, err = c.Conn.Write(p[n : n+1])
		n++
	}
	return n, err
}
