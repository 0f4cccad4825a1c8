//go:build linux

package engine

import (
	"net"
	"net/netip"

	"golang.org/x/sys/unix"
)

// endpoint is a peer's address in 24 bytes, where a netip.AddrPort takes 32. The zero value is a unix socket's, which has none.
type endpoint struct {
	ip   [16]byte // an IPv4 address as IPv6 maps it
	zone uint32   // the interface's index, for link-local addresses of IPv6
	port uint16
	tcp  bool
}

func endpointFrom(sa unix.Sockaddr) endpoint {
	switch sa := sa.(type) {
	case *unix.SockaddrInet4:
		return endpoint{ip: netip.AddrFrom4(sa.Addr).As16(), port: uint16(sa.Port), tcp: true}
	case *unix.SockaddrInet6:
		return endpoint{ip: sa.Addr, zone: sa.ZoneId, port: uint16(sa.Port), tcp: true}
	}
	return endpoint{}
}

func endpointOf(a netip.AddrPort) endpoint {
	e := endpoint{ip: a.Addr().As16(), port: a.Port(), tcp: true}
	if zone := a.Addr().Zone(); zone != "" {
		if ifi, err := net.InterfaceByName(zone); err == nil {
			e.zone = uint32(ifi.Index)
		}
	}
	return e
}

func (e *endpoint) isTCP() bool { return e.tcp }

func (e *endpoint) isLoopback() bool { return e.tcp && netip.AddrFrom16(e.ip).Unmap().IsLoopback() }

// isLocal tells whether the peer is on this machine.
func (e *endpoint) isLocal() bool { return !e.tcp || e.isLoopback() }

// addrPort is the address of a TCP peer. An interface that has gone leaves a zone without a name.
func (e *endpoint) addrPort() netip.AddrPort {
	ip := netip.AddrFrom16(e.ip).Unmap()
	if e.zone != 0 {
		if ifi, err := net.InterfaceByIndex(int(e.zone)); err == nil {
			ip = ip.WithZone(ifi.Name)
		}
	}
	return netip.AddrPortFrom(ip, e.port)
}

func (e *endpoint) addr() net.Addr {
	if !e.tcp {
		return &net.UnixAddr{Net: "unix"}
	}
	return net.TCPAddrFromAddrPort(e.addrPort())
}
