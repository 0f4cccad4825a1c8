//go:build linux

package engine

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/netip"
	"slices"

	"golang.org/x/sys/unix"
)

var (
	// ErrNoProxy is returned by SetRemoteAddr when the peer is none of the listener's TrustedProxies.
	ErrNoProxy = errors.New("engine: the peer is no trusted proxy")
	// ErrProxyTimeout is the reason for the end of a connection whose PROXY header took longer than ProxyTimeout.
	ErrProxyTimeout = errors.New("engine: the PROXY header took too long")
)

// trusts tells whether a peer is one of the proxies. Who reaches a unix socket is on this machine, and is one when there are any.
func trusts(proxies []netip.Prefix, peer *endpoint) bool {
	if !peer.tcp || len(proxies) == 0 {
		return len(proxies) > 0
	}
	ip := netip.AddrFrom16(peer.ip).Unmap()
	return slices.ContainsFunc(proxies, func(p netip.Prefix) bool { return p.Contains(ip) })
}

// trustedNetworks are networks as trusts wants them: IPv4 as itself.
func trustedNetworks(networks []netip.Prefix) ([]netip.Prefix, error) {
	var all []netip.Prefix
	for _, p := range networks {
		if p.Addr().Is4In6() && p.Bits() >= 96 {
			p = netip.PrefixFrom(p.Addr().Unmap(), p.Bits()-96)
		}
		if !p.IsValid() {
			return nil, fmt.Errorf("TrustedProxies: %v is not a network", p)
		}
		all = append(all, p.Masked())
	}
	return all, nil
}

// checkProxies looks at what the options say of proxies.
func (o *ListenOptions) checkProxies() (err error) {
	o.TrustedProxies, err = trustedNetworks(o.TrustedProxies)
	if err == nil && o.ProxyProtocol && len(o.TrustedProxies) == 0 {
		err = errors.New("ProxyProtocol without TrustedProxies")
	}
	return err
}

// Proxies are the listener's TrustedProxies if the connection comes from one of them, and so may carry what is told of others; nil if
// it does not. After SetRemoteAddr, or a PROXY header, the address told is who is looked at. The slice is not to be changed.
func (c *Conn) Proxies() []netip.Prefix {
	proxies := c.limits.TrustedProxies
	if len(proxies) == 0 || !trusts(proxies, &c.remote) {
		return nil
	}
	return proxies
}

// PeerAddr is the address of the socket's peer, as the kernel tells it: the proxy's, where RemoteAddr is what a proxy has told. After
// the connection has closed it is RemoteAddr.
func (c *Conn) PeerAddr() net.Addr {
	if c.state != dead {
		if sa, err := unix.Getpeername(int(c.fd)); err == nil {
			peer := endpointFrom(sa)
			return peer.addr()
		}
	}
	return c.RemoteAddr()
}

// SetRemoteAddr tells whose connection it is: client's and nobody else's, as the trusted proxy that it comes from has told in its
// protocol. From now on that is RemoteAddr, and the listener's limits on an address hold for it; a port of 0 is one that is not known.
// A loopback address that comes from another machine is that machine's, and changes nothing.
// The errors are ErrPerAddress and ErrAddressRate, which are counted, ErrNoProxy, and ErrClosed when the connection has closed; then
// nothing has changed.
func (c *Conn) SetRemoteAddr(client netip.AddrPort) error {
	switch {
	case c.state == dead:
		return ErrClosed
	case c.Proxies() == nil || !client.IsValid():
		return ErrNoProxy
	}
	remote := endpointOf(netip.AddrPortFrom(client.Addr().WithZone(""), client.Port()))
	if remote.isLoopback() && !c.remote.isLocal() {
		return nil
	}
	if ln := c.listener; ln != nil {
		if err := ln.addresses.enter(&remote, ln.loop.age()); err != nil {
			c.loop.stats.turnedAway(err)
			ln.tellOf(&remote, err)
			return err
		}
	}
	c.loop.rename(c, remote)
	return nil
}

// rename gives c another remote address, and notes it, for what was logged before has the proxy's.
func (l *Loop) rename(c *Conn, remote endpoint) {
	l.renaming.Lock()
	c.remote = remote
	l.renaming.Unlock()
	if l.log.Enabled(context.Background(), slog.LevelDebug) {
		l.log.Debug("engine: a proxy tells the client", c.Log(), "proxy", c.PeerAddr())
	}
}
