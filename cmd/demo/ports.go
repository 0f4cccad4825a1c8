//go:build linux

package main

import (
	"fmt"
	"time"

	"fanloop/codec/text"
	"fanloop/codec/websocket"
	"fanloop/engine"
)

// port is an open port as the status shows it.
type port struct {
	endpoint endpoint
	nth      int // how many endpoints before it have the same protocol and address
	listener *engine.Listener
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
		all, err := s.sockets.listen(s.engine, e, s.serving(e), s.listenOptions(e))
		if err != nil {
			return fmt.Errorf("%s: %w", e, err)
		}
		for _, ln := range all {
			s.opened = append(s.opened, opened{e.protocol, ln.Addr()})
			s.ports = append(s.ports, port{e, sameAs(e, s.options.listen[:i]), ln})
		}
		s.warnOfStrangers(e)
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

// serving is what serves a port: the codecs' part of its options.
func (s *server) serving(e endpoint) engine.Server {
	p := s.options.portOptions(e)
	switch e.spoken() {
	case protocolText:
		return s.backends(e, p)
	case protocolHTTP:
		return s.sites[p.siteOptions]
	}
	p.pingInterval = p.pingsWithin()
	return s.clients(p.siteOptions, p.handshakeTimeout)
}

// pingsWithin is how often a page is pinged, so that one that is silent is closed, by the fourth ping, when it has been for as long as
// a WebSocket port may be idle.
func (p *portOptions) pingsWithin() time.Duration {
	switch {
	case p.idle == 0:
		return p.pingInterval
	case p.pingInterval < 0:
		return p.idle / 4
	}
	return min(p.pingInterval, p.idle/4)
}

// clients serves web pages.
func (s *server) clients(p siteOptions, handshakeTimeout time.Duration) *websocket.Server {
	clients := &websocket.Server{
		MaxHead:          p.maxHead(),
		MaxMessage:       p.maxMessage,
		HandshakeTimeout: handshakeTimeout,
		CloseTimeout:     p.closeTimeout,
		PingInterval:     p.pingInterval,
		BindTimeout:      p.bindTimeout,
		RestartSpread:    s.options.leaving.restartSpread(),
		Origins:          s.origins(),
		OnMessage:        s.onClientMessage,
		OnClose:          s.onClientClose,
	}
	s.webSockets.add(clients)
	s.gates.add(clients)
	if s.door != nil {
		clients.OnMessage = s.onKnownMessage
		return s.door.Guard(clients)
	}
	return clients
}

// backends serves those who push: one JSON line, a message or a command, one answer.
func (s *server) backends(e endpoint, p portOptions) *text.Server {
	return s.texts.add(&text.Server{
		MaxLine: p.maxLine, IdleTimeout: p.idle, OnMessage: s.onLine, OnClose: s.onBackEndClose,
		Auth: s.auth, AuthOptional: !needsToken(e, p),
	})
}
