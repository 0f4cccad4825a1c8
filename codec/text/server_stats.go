//go:build linux

package text

import "sync/atomic"

// Stats are what has happened since a Server began.
type Stats struct {
	LinesTooLong uint64 // connections closed for MaxLine
	IdleTimeouts uint64 // those closed for IdleTimeout
	AnswersHeld  uint64 // times that a connection was owed 1,024 answers, and reading paused
}

// Add adds another server's.
func (s *Stats) Add(o Stats) {
	s.LinesTooLong += o.LinesTooLong
	s.IdleTimeouts += o.IdleTimeouts
	s.AnswersHeld += o.AnswersHeld
}

type counters struct {
	tooLong, idleTimeouts, held atomic.Uint64
}

// Stats may be called from any goroutine.
func (s *Server) Stats() Stats {
	return Stats{LinesTooLong: s.tooLong.Load(), IdleTimeouts: s.idleTimeouts.Load(), AnswersHeld: s.held.Load()}
}
