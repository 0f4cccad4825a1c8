//go:build linux

package http

import (
	"net"
	"net/netip"
)

// hearProxies notes who is asking, when the peer is a proxy that the listener trusts. The error is a refusal.
func (x *Exchange) hearProxies() error {
	proxies := x.session.conn.Proxies()
	if proxies == nil {
		return nil
	}
	told, err := ReadForwarded(x.head.Fields, proxies)
	x.proxies, x.client = proxies, told.Client
	if x.client.Addr().IsLoopback() && !isLocal(x.session.conn.RemoteAddr()) {
		x.client = netip.AddrPort{} // the proxy speaks for itself
	}
	return err
}

// isLocal tells whether a peer is on this machine.
func isLocal(peer net.Addr) bool {
	tcp, ok := peer.(*net.TCPAddr)
	return !ok || tcp.IP.IsLoopback()
}

// Forwarded is what trusted proxies (engine.ListenOptions.TrustedProxies) tell of the request: who asks, by which scheme, and for which
// host. It is empty when the peer is none of them, whatever the fields say. Its Host is valid as the Head.
func (x *Exchange) Forwarded() Forwarded {
	if x.proxies == nil {
		return Forwarded{}
	}
	told, _ := ReadForwarded(x.head.Fields, x.proxies) // it has been read before
	return told
}

// becomeClients makes the connection the client's own, by whose address it is counted from now on. After an error there are
// too many of that, and the request has been answered.
func (x *Exchange) becomeClients() error {
	if !x.client.IsValid() {
		return nil
	}
	err := x.session.conn.SetRemoteAddr(x.client)
	if err != nil {
		x.session.desk.counters.refuse(ErrAddressLimit.status)
		x.answerRefusal(ErrAddressLimit)
	}
	return err
}
