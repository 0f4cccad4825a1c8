//go:build linux

package main

import (
	"fmt"

	"fanloop/engine"
)

// port is an open port as the status shows it.
type port struct {
	endpoint endpoint
	nth      int // how many endpoints before it have the same protocol and address
	listener *engine.Listener
	serving  *serving
}

// sameAs counts the endpoints that read as e does.
func sameAs(e endpoint, all []endpoint) (n int) {
	for _, other := range all {
		if other.String() == e.String() {
			n++
		}
	}
	return n
}

// open opens the endpoints of one protocol.
func (s *server) open(protocol string) error {
	for i, e := range s.options.listen {
		if e.spoken() != protocol {
			continue
		}
		serves := s.serve(e)
		all, err := s.sockets.listen(s.engine, e, serves, s.listenOptions(e))
		if err != nil {
			return fmt.Errorf("%s: %w", e, err)
		}
		for _, ln := range all {
			s.opened = append(s.opened, opened{e.protocol, ln.Addr()})
			s.ports = append(s.ports, port{e, sameAs(e, s.options.listen[:i]), ln, serves})
		}
		s.options.warnOfPort(s.log, e)
	}
	return nil
}

// listenOptions are the engine's part of a port's options.
func (s *server) listenOptions(e endpoint) engine.ListenOptions {
	p := s.options.portOptions(e)
	o := p.engineLimits()
	o.ReusePort, o.TLS = p.reusePort && !e.unix(), s.tlsOf(e)
	o.KeepAlive = p.keepAlive
	o.TrustedProxies, o.ProxyProtocol = s.options.proxies.networks(), p.proxy
	return o
}

// engineLimits are those of its options that the engine can be given again at run time.
func (p *portOptions) engineLimits() engine.ListenOptions {
	o := engine.ListenOptions{
		MaxOutbox:      p.maxOutbox,
		MaxConnections: p.maxConnections,
		MaxPerAddress:  p.maxPerAddress,
		AddressRate:    p.addressRate,
		UserTimeout:    p.userTimeout,
		Linger:         p.linger,
		MessageRate:    p.messageRate,
		ByteRate:       p.byteRate,
		ProxyTimeout:   p.proxyTimeout,
	}
	_ = o.Slow.UnmarshalText([]byte(p.slow)) // they have been checked, by the same names: a test compares
	_ = o.Fast.UnmarshalText([]byte(p.fast))
	return o
}
