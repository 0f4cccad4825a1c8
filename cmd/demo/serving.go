//go:build linux

package main

import (
	"sync/atomic"
	"time"

	"fanloop/codec/text"
	"fanloop/codec/websocket"
	"fanloop/engine"
)

// serving serves a port with what serves connections that come now: a reload with other limits of the codec's puts another server there,
// and connections stay with theirs.
type serving struct {
	now    atomic.Pointer[engine.Server]
	atHome bool
}

// serve makes what serves a port.
func (s *server) serve(e endpoint) *serving {
	p := new(serving)
	p.set(s.codec(e, s.options.portOptions(e)))
	h, ok := (*p.now.Load()).(engine.HomeServer)
	p.atHome = ok && h.PreferHome()
	return p
}

func (p *serving) set(server engine.Server) { p.now.Store(&server) }

// Serve is called with each connection.
func (p *serving) Serve(c *engine.Conn) engine.Handler { return (*p.now.Load()).Serve(c) }

// PreferHome is asked when the port opens.
func (p *serving) PreferHome() bool { return p.atHome }

// NextProtos is asked when a port with TLS opens: what its protocol is does not change.
func (p *serving) NextProtos() []string {
	if s, ok := (*p.now.Load()).(engine.ProtocolServer); ok {
		return s.NextProtos()
	}
	return nil
}

// codec is the server of a port's protocol: of p, it is made of codecOptions, and knows whether the port is for proxies, which does not change.
func (s *server) codec(e endpoint, p portOptions) engine.Server {
	switch e.spoken() {
	case protocolText:
		return s.backends(e, p)
	case protocolHTTP:
		return s.site(p.siteOptions)
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
	options := codecOptions{siteOptions: p, handshakeTimeout: handshakeTimeout}
	return s.webSockets.with(options, func() *websocket.Server { return s.newClients(p, handshakeTimeout) })
}

func (s *server) newClients(p siteOptions, handshakeTimeout time.Duration) *websocket.Server {
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
	s.gates.add(clients)
	if s.door != nil {
		clients.OnMessage = s.onKnownMessage
		return s.door.Guard(clients)
	}
	return clients
}

// backends serves those who push: one JSON line, a message or a command, one answer.
func (s *server) backends(e endpoint, p portOptions) *text.Server {
	options := lineOptions{p.maxLine, p.idle, needsToken(e, p)}
	return s.texts.with(options, func() *text.Server {
		return &text.Server{
			MaxLine: p.maxLine, IdleTimeout: p.idle, OnMessage: s.onLine, OnClose: s.onBackEndClose,
			Auth: s.auth, AuthOptional: !options.needsToken,
		}
	})
}

// lineOptions are what servers of back ends differ in.
type lineOptions struct {
	maxLine    int
	idle       time.Duration
	needsToken bool
}
