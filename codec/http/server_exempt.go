//go:build linux

package http

import (
	"net"
	"net/netip"
	"slices"

	"fanloop/engine"
)

// exempts tells whether the connection may bring the requests of many: see Server.RateExempt.
func (s *Server) exempts(c *engine.Conn) bool {
	if c.Proxies() != nil {
		return true
	}
	if len(s.RateExempt) == 0 {
		return false
	}
	peer, tcp := c.RemoteAddr().(*net.TCPAddr)
	if !tcp {
		return true
	}
	ip := peer.AddrPort().Addr().Unmap()
	return slices.ContainsFunc(s.RateExempt, func(p netip.Prefix) bool { return p.Contains(ip) })
}
