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
	return &http.Server{OnRequest: plaintext}
}

func plaintext(x *http.Exchange) { _ = x.Respond(200, plainText, hello) } // fails when the connection has ended
