//go:build linux

package main

import (
	"fanloop/codec/http"
	"fanloop/hubapi"
)

// maxRequestBody is how much the API may be sent at once, in bytes: a message of 1 MiB in base64, and room for what is around it, or a
// batch.
const maxRequestBody = 5 << 20

// A site is what an HTTP port serves. All HTTP ports of a server have the same.
type site struct {
	*http.Server
	api *hubapi.API
}

func (s *server) newSite() *site {
	w := &site{
		Server: &http.Server{MaxBody: maxRequestBody},
		api:    &hubapi.API{Hub: s.hub, Token: s.options.httpToken},
	}
	s.servePage(w.Server)
	w.Upgrade("GET /ws", s.clients())
	w.Upgrade("/events", s.events())
	w.api.Register(w.Server, "")
	w.Handle("GET /healthz", healthy)
	w.Handle("GET /readyz", s.readiness)
	return w
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
