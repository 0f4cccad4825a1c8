//go:build linux

package main

import (
	"fanloop/codec/http"
	"fanloop/hubapi"
)

// sites are what HTTP ports serve, by the options that are theirs. All of them have one API.
type sites map[siteOptions]*http.Server

// newSites makes those that the ports will need. It is called once, before there are ports.
func (s *server) newSites() {
	s.api = &hubapi.API{Hub: s.hub, Token: s.options.apiToken(), NeedsToken: s.options.isPublic()}
	s.listeners.now.Store(s.events(s.options.cors))
	s.sites = sites{}
	for _, e := range s.options.listen {
		if o := s.options.portOptions(e).siteOptions; e.spoken() == protocolHTTP && s.sites[o] == nil {
			s.sites[o] = s.newSite(o)
		}
	}
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

// Stats are those of all sites. It may be called from any goroutine.
func (all sites) Stats() (sum http.Stats) {
	for _, w := range all {
		sum.Add(w.Stats())
	}
	return sum
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
