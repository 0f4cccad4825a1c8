//go:build linux

package text

import (
	"errors"
	"time"
)

// ErrIdle is the reason that a connection closes for after Server.IdleTimeout.
var ErrIdle = errors.New("text: idle connection")

// epoch is when ages begin.
var epoch = time.Now()

// age is when the present event began.
func (s *session) age() time.Duration { return s.conn.Loop().Now().Sub(epoch) }

// watch begins with a connection. Its one timer is not moved by what comes: it fires early, and is set anew.
func (s *session) watch() {
	s.heard = s.age()
	if d := s.server.idleTimeout(); d > 0 {
		s.idle = s.conn.Loop().After(d, s.timeUp)
	}
}

func (s *session) timeUp() {
	switch {
	case s.conn.Closing() || s.ending != nil:
		return
	case !s.conn.Reading() || s.owes():
		s.heard = s.age() // its silence is ours
	}
	if left := s.heard + s.server.idleTimeout() - s.age(); left > 0 {
		s.idle.Reset(left)
		return
	}
	s.server.idleTimeouts.Add(1)
	s.conn.CloseWith(ErrIdle)
}

// owes tells whether something waits for the peer.
func (s *session) owes() bool {
	return s.answers != nil && s.answers.waiting() > 0 || s.conn.Buffered() > 0
}

func (s *session) unwatch() {
	if s.idle != nil {
		s.idle.Stop()
	}
}
