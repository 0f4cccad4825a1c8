//go:build linux

package http

import (
	"time"

	"fanloop/engine"
)

// beats send the heartbeats of the streams of one Events on one loop: one timer for all of them. It goes round the slots in
// the time of a heartbeat, and a stream has a seat in one of them.
type beats struct {
	timer *engine.Timer
	slots [beatSlots][]*EventStream
	now   int // the slot whose turn was last
	seats int
}

const beatSlots = 16

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

// beat gives c heartbeats, the first when the slots have been gone round.
func (d *desk) beat(c *EventStream) {
	e := c.events
	if e.heartbeat() < 0 {
		return
	}
	b := d.beats[e]
	if b == nil {
		if d.beats == nil {
			d.beats = map[*Events]*beats{}
		}
		b = &beats{}
		d.beats[e] = b
	}
	if b.seats++; b.timer == nil {
		b.timer = c.conn.Loop().Every(e.heartbeat()/beatSlots, b.turn)
	}
	slot := &b.slots[b.now]
	c.slot, c.seat = int8(b.now), int32(len(*slot))
	*slot = append(*slot, c)
}

// unbeat takes them away; the last one to leave stops the timer.
func (d *desk) unbeat(c *EventStream) {
	b := d.beats[c.events]
	if b == nil {
		return
	}
	slot := b.slots[c.slot]
	last := len(slot) - 1
	slot[c.seat] = slot[last]
	slot[c.seat].seat = c.seat
	slot[last] = nil
	b.slots[c.slot] = slot[:last]
	if b.seats--; b.seats == 0 {
		b.timer.Stop()
		delete(d.beats, c.events)
	}
}

// turn serves the next slot. Streams leave in their OnClose only, which comes later.
func (b *beats) turn() {
	b.now = (b.now + 1) % beatSlots
	for _, c := range b.slots[b.now] {
		switch {
		case c.conn.Stalled(): // it waits for more than a sign of life
		case c.old:
			_ = c.conn.SendShared(beatPlain)
		default:
			_ = c.conn.SendShared(beatChunk)
		}
	}
}
