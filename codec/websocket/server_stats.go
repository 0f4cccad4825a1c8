//go:build linux

package websocket

import (
	"log/slog"
	"sync/atomic"

	"fanloop/codec/http"
)

// Stats are what has happened since a Server began, in all ways that connections come to it.
type Stats struct {
	Opened            uint64 // opening handshakes that were right, and let in
	Refused           uint64 // those that were answered with a status of HTTP; the next three are among them
	HandshakeTimeouts uint64 // 408: HandshakeTimeout
	Forbidden         uint64 // 403: Origins and OnUpgrade
	OriginsRefused    uint64 // those of them that Origins refused
	Unfinished        uint64 // those that ended without an answer: the client went away, or OnUpgrade closed the connection
	ProtocolErrors    uint64 // connections that were closed because the client broke RFC 6455 or 7692
	MessagesTooBig    uint64 // those closed with 1009: MaxMessage
	PongTimeouts      uint64 // those closed because nothing came after the Pings
	CloseTimeouts     uint64 // those whose client did not answer a Close frame within CloseTimeout
}

// Add adds another server's.
func (s *Stats) Add(o Stats) {
	s.Opened += o.Opened
	s.Refused += o.Refused
	s.HandshakeTimeouts += o.HandshakeTimeouts
	s.Forbidden += o.Forbidden
	s.OriginsRefused += o.OriginsRefused
	s.Unfinished += o.Unfinished
	s.ProtocolErrors += o.ProtocolErrors
	s.MessagesTooBig += o.MessagesTooBig
	s.PongTimeouts += o.PongTimeouts
	s.CloseTimeouts += o.CloseTimeouts
}

// counters are what Stats is made of; what they count happens a few times a connection at most.
type counters struct {
	opened, refused, late, forbidden, unfinished atomic.Uint64
	breaches, tooBig, unanswered                 atomic.Uint64
}

// Stats may be called from any goroutine.
func (s *Server) Stats() Stats {
	c := &s.counters
	return Stats{
		Opened:            c.opened.Load(),
		Refused:           c.refused.Load(),
		HandshakeTimeouts: c.late.Load(),
		Forbidden:         c.forbidden.Load(),
		OriginsRefused:    s.OriginsRefused(),
		Unfinished:        c.unfinished.Load(),
		ProtocolErrors:    c.breaches.Load(),
		MessagesTooBig:    c.tooBig.Load(),
		PongTimeouts:      s.PongTimeouts(),
		CloseTimeouts:     c.unanswered.Load(),
	}
}

// noteRefused counts a handshake that is refused, and logs it: who asked, for what and why not, but not the query, the place of
// secrets.
func (s *Server) noteRefused(log *slog.Logger, who slog.Attr, head *http.Head, r *http.Refusal, cause error) {
	c := &s.counters
	c.refused.Add(1)
	switch r.Status() {
	case 403:
		c.forbidden.Add(1)
	case 408:
		c.late.Add(1)
	}
	path := slog.Attr{}
	if head != nil {
		path = slog.String("path", string(head.Path()))
	}
	log.Info("websocket: a handshake is refused", who, path, "status", r.Status(), "err", cause)
}

// noteBreach counts what the client has broken, and logs it.
func (s *session) noteBreach(err Error) {
	c := &s.server.counters
	if err == ErrMessageTooBig {
		c.tooBig.Add(1)
	} else {
		c.breaches.Add(1)
	}
	s.conn.Loop().Logger().Info("websocket: the client broke the protocol", s.conn.Log(), "code", err.Code(), "err", err)
}
