//go:build linux

package http

import (
	"time"

	"fanloop/internal/rounds"
)

// The heartbeat is an empty comment.
var (
	beatChunk = []byte("3\r\n:\n\n\r\n")
	beatPlain = []byte(":\n\n")
)

func (e *Events) heartbeat() time.Duration {
	if e.Heartbeat == 0 {
		return 15 * time.Second
	}
	return e.Heartbeat
}

func (c *EventStream) beats() *rounds.Rounds[*eventSession] {
	d, e := c.desk, c.events
	b := d.beats[e]
	if b == nil {
		if d.beats == nil {
			d.beats = map[*Events]*rounds.Rounds[*eventSession]{}
		}
		b = rounds.New(d.loop, e.heartbeat(), (*eventSession).beat)
		d.beats[e] = b
	}
	return b
}

func (s *eventSession) Seat() *rounds.Seat { return &s.seat }

// sit gives a stream heartbeats.
func (c *EventStream) sit() {
	if c.events.heartbeat() >= 0 {
		c.beats().Sit((*eventSession)(c))
	}
}

// rise takes them away.
func (c *EventStream) rise() {
	if !c.seat.Taken() {
		return
	}
	b := c.beats()
	if b.Rise((*eventSession)(c)); b.Len() == 0 {
		delete(c.desk.beats, c.events)
	}
}

// beat is its turn. Streams rise in their OnClose only, which comes later.
func (s *eventSession) beat() {
	switch {
	case s.conn.Stalled(): // it waits for more than a sign of life
	case s.old:
		_ = s.conn.SendShared(beatPlain)
	default:
		_ = s.conn.SendShared(beatChunk)
	}
}
