//go:build linux

package main

import (
	"encoding/json"

	"fanloop/codec/http"
	"fanloop/hub"
)

// servePage serves what a browser shows.
func (s *server) servePage(w *http.Server) {
	for _, f := range webFiles() {
		w.Handle(f.pattern(), f.serve)
	}
	w.Handle("GET /web/ports.json", s.serveTextPort)
}

// serveTextPort tells the page where back ends write lines, when that is a TCP port. Home knows.
func (s *server) serveTextPort(x *http.Exchange) {
	reply := x.Reply()
	s.hub.Do(x.Loop(), func(*hub.Home) {
		var ports struct {
			Text string `json:"text,omitempty"`
		}
		if text := s.nearest(protocolText); text != nil {
			ports.Text = text.String()
		}
		body, _ := json.Marshal(ports) // a string
		_ = reply.Send(200, webPorts, body)
	})
}

var webPorts = http.Fields{http.NewField("Content-Type", "application/json"), http.NewField("Cache-Control", "no-store")}
