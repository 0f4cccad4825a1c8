//go:build linux

package text

// Stats are what has happened since a Server began.
type Stats struct {
	LinesTooLong uint64 // connections that were closed for a line over MaxLine
}

// Stats may be called from any goroutine.
func (s *Server) Stats() Stats { return Stats{LinesTooLong: s.linesTooLong.Load()} }
