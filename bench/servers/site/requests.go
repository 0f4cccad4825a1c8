//go:build linux

package main

import (
	"fanloop/bench/servers/job"
	"fanloop/codec/http"
)

var (
	hello     = []byte(job.Plaintext)
	plainText = http.Fields{http.NewField("Content-Type", "text/plain")}
)

func (s *site) requests() *http.Server {
	h := &http.Server{}
	h.Handle("GET /plaintext", plaintext)
	return h
}

func plaintext(x *http.Exchange) { _ = x.Respond(200, plainText, hello) } // fails when the connection has ended
