//go:build linux

package websocket

import (
	"sync"
	"time"

	"fanloop/engine"
)

// pings look after the sessions of one Server on one loop with one timer. It goes round the slots in the time of PingInterval,
// and a session has a seat in one of them.
type pings struct {
	server *Server
	timer  *engine.Timer // nil without sessions
	slots  [pingSlots][]*session
	now    int // the slot whose turn was last
	seats  int
}

const (
	pingSlots = 16
	// maxUnheard is how many pings in a row may bring nothing.
	maxUnheard = 3
)

var pingFrame = AppendPing(nil, nil)

// pingers are a server's, by loop. The lock is taken where a connection opens and where it ends.
type pingers struct {
	mu sync.Mutex
	of map[*engine.Loop]*pings
}

func (s *Server) pingsOn(l *engine.Loop) *pings {
	all := &s.pingers
	all.mu.Lock()
	defer all.mu.Unlock()
	p := all.of[l]
	if p == nil {
		if all.of == nil {
			all.of = map[*engine.Loop]*pings{}
		}
		p = &pings{server: s}
		all.of[l] = p
	}
	return p
}

// sit gives a session pings, the first when the slots have been gone round.
func (s *session) sit() {
	if s.server.PingInterval < 0 {
		return
	}
	p := s.server.pingsOn(s.conn.Loop())
	if p.seats++; p.timer == nil {
		p.timer = s.conn.Loop().Every(orDefault(s.server.PingInterval, 30*time.Second)/pingSlots, p.turn)
	}
	slot := &p.slots[p.now]
	s.slot, s.seat = int8(p.now), int32(len(*slot))
	s.seated, s.unheard = true, 0
	*slot = append(*slot, s)
}

// rise takes them away; the last one to leave stops the timer.
func (s *session) rise() {
	if !s.seated {
		return
	}
	s.seated = false
	p := s.server.pingsOn(s.conn.Loop())
	slot := p.slots[s.slot]
	last := len(slot) - 1
	slot[s.seat] = slot[last]
	slot[s.seat].seat = s.seat
	slot[last] = nil
	p.slots[s.slot] = slot[:last]
	if p.seats--; p.seats == 0 {
		p.timer.Stop()
		p.timer, p.slots = nil, [pingSlots][]*session{}
	}
}

// turn serves the next slot. Sessions rise in their OnClose only, which comes later.
func (p *pings) turn() {
	p.now = (p.now + 1) % pingSlots
	for _, s := range p.slots[p.now] {
		switch {
		case s.ending != nil:
		case s.conn.Stalled() || !s.conn.Reading():
			s.unheard = 0 // it may have answered, and is not read, or has not got the ping
		case s.unheard < maxUnheard:
			s.unheard++
			_, _ = s.conn.Write(pingFrame) // fails when the end has begun
		default:
			p.server.pongTimeouts.Add(1)
			s.startClose(StatusGoingAway, "no pong", ErrPongTimeout)
		}
	}
}
