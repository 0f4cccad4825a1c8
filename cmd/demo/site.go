//go:build linux

package main

import (
	"fanloop/codec/http"
	"fanloop/hubapi"
)

// prepareSites makes what all sites have in common. It is called once, before there are ports.
func (s *server) prepareSites() {
	s.api = &hubapi.API{Hub: s.hub, Token: s.options.apiToken(), NeedsToken: s.options.isPublic()}
	s.applyEvents(&s.options)
}

// site is what an HTTP port serves.
func (s *server) site(o siteOptions) *http.Server {
	return s.sites.with(o, func() *http.Server { return s.newSite(o) })
}

func (s *server) newSite(o siteOptions) *http.Server {
	w := &http.Server{
		MaxHead:      o.maxHead(),
		MaxBody:      int64(o.maxBody),
		HeadTimeout:  o.headTimeout,
		BodyTimeout:  o.bodyTimeout,
		MinBodyRate:  o.minBodyRate,
		IdleTimeout:  o.idle,
		MaxPipelined: o.maxPipelined,
		RateExempt:   loopback, // nginx on this machine, a back end
	}
	s.servePage(w)
	w.Upgrade("GET /ws", s.clients(o, 0)) // the head's time is the handshake's
	w.Upgrade("/events", &s.listeners)
	s.api.Register(w, "")
	w.Handle("GET /healthz", healthy)
	w.Handle("GET /readyz", s.readiness)
	return w
}

// maxHead limits what stands in front of a request's body, the opening handshakes of WebSockets among them.
func (o *siteOptions) maxHead() http.Limits {
	return http.Limits{RequestLine: o.requestLine, Head: o.head, Fields: o.fields}
}

func healthy(x *http.Exchange) { say(x, 200, "ok\n") }

// readiness tells a load balancer whether to send anybody here.
func (s *server) readiness(x *http.Exchange) {
	if s.ready.Load() {
		say(x, 200, "ready\n")
		return
	}
	say(x, 503, "stopping\n")
}

var plainText = http.Fields{http.NewField("Content-Type", "text/plain; charset=utf-8"), http.NewField("Cache-Control", "no-store")}

// say answers with a text. The only error left is that nobody is there to hear it.
func say(x *http.Exchange, status int, text string) { _ = x.Respond(status, plainText, []byte(text)) }
