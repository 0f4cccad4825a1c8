//go:build linux

package websocket

import (
	"sync"

	"fanloop/engine"
	"fanloop/internal/rounds"
)

// maxUnheard is how many pings in a row may bring nothing.
const maxUnheard = 3

var pingFrame = AppendPing(nil, nil)

// pingers are a server's rounds of pings, by loop. The lock is taken where a connection opens and where it ends.
type pingers struct {
	mu sync.Mutex
	of map[*engine.Loop]*rounds.Rounds[*session]
}

func (s *Server) pingsOn(l *engine.Loop) *rounds.Rounds[*session] {
	all := &s.pingers
	all.mu.Lock()
	defer all.mu.Unlock()
	p := all.of[l]
	if p == nil {
		if all.of == nil {
			all.of = map[*engine.Loop]*rounds.Rounds[*session]{}
		}
		p = rounds.New(l, s.pingInterval(), (*session).ping)
		all.of[l] = p
	}
	return p
}

func (s *session) Seat() *rounds.Seat { return &s.seat }

// sit gives a session pings.
func (s *session) sit() {
	if s.server.PingInterval >= 0 {
		s.server.pingsOn(s.conn.Loop()).Sit(s)
	}
}

// rise takes them away.
func (s *session) rise() {
	if s.seat.Taken() {
		s.server.pingsOn(s.conn.Loop()).Rise(s)
	}
}

// ping is its turn. Sessions rise in their OnClose only, which comes later.
func (s *session) ping() {
	switch {
	case s.ending != nil:
	case s.conn.Stalled() || !s.conn.Reading():
		s.unheard = 0 // it may have answered, and is not read, or has not got the ping
	case s.unheard < maxUnheard:
		s.unheard++
		_, _ = s.conn.Write(pingFrame) // fails when the end has begun
	default:
		s.server.pongTimeouts.Add(1)
		s.startClose(StatusGoingAway, "no pong", ErrPongTimeout)
	}
}
