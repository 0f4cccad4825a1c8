//go:build linux

package main

import (
	"io"
	nethttp "net/http"
	"strings"

	"fanloop/bench/servers/job"
	"fanloop/codec/http"
	"fanloop/hub"
)

var (
	hello     = []byte(job.Plaintext)
	plainText = http.Fields{http.NewField("Content-Type", "text/plain")}
)

func (s *site) requests(made, mount bool) *http.Server {
	h := &http.Server{Workers: workers}
	switch {
	case mount:
		h.Mount("GET /plaintext", nethttp.HandlerFunc(mounted))
	case made:
		answer, err := http.NewAnswer(200, plainText, hello)
		if err != nil {
			panic(err) // it is a constant
		}
		h.Handle("GET /plaintext", answer.Serve)
	default:
		h.Handle("GET /plaintext", plaintext)
	}
	h.Mount("GET /burn", nethttp.HandlerFunc(burn))
	h.Upgrade("/events", &http.Events{OnConnect: s.listens})
	return h
}

func plaintext(x *http.Exchange) { _ = x.Respond(200, plainText, hello) } // fails when the connection has ended

// mounted is plaintext as net/http has it.
func mounted(w nethttp.ResponseWriter, _ *nethttp.Request) {
	w.Header().Set("Content-Type", "text/plain")
	_, _ = w.Write(hello)
}

func burn(w nethttp.ResponseWriter, _ *nethttp.Request) { _, _ = io.WriteString(w, job.Burnt()) }

// listens binds a stream of events to the uid of its query.
func (s *site) listens(c *http.EventStream, x *http.Exchange) {
	_, uid, _ := strings.Cut(string(x.Head().Target), "uid=")
	ref := c.Ref()
	s.hub.Do(c.Loop(), func(x *hub.Home) { _ = x.Bind(ref, uid) })
}
