//go:build linux

package main

import (
	"strings"

	"fanloop/bench/servers/job"
	"fanloop/codec/http"
	"fanloop/hub"
)

var (
	hello     = []byte(job.Plaintext)
	plainText = http.Fields{http.NewField("Content-Type", "text/plain")}
)

func (s *site) requests() *http.Server {
	h := &http.Server{}
	h.Handle("GET /plaintext", plaintext)
	h.Upgrade("/events", &http.Events{OnConnect: s.listens})
	return h
}

func plaintext(x *http.Exchange) { _ = x.Respond(200, plainText, hello) } // fails when the connection has ended

// listens binds a stream of events to the uid of its query.
func (s *site) listens(c *http.EventStream, x *http.Exchange) {
	_, uid, _ := strings.Cut(string(x.Head().Target), "uid=")
	ref := c.Ref()
	s.hub.Do(c.Loop(), func(x *hub.Home) { _ = x.Bind(ref, uid) })
}
