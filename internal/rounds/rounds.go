//go:build linux

// Package rounds looks after many connections of a loop with one timer: each is visited once a period, however many there are. It is
// what WebSocket's pings and the heartbeats of event streams have in common. All of it belongs to the loop.
package rounds

import (
	"time"

	"fanloop/engine"
)

const (
	// Slots is into how many parts a period is divided. A member is in one of them, and the first visit comes when all have had
	// their turn.
	Slots = 16
	// visitsPerTask is how many are visited before the loop serves others.
	visitsPerTask = 64
)

// A Seat is where a member is, kept in the member itself: 4 bytes. The zero value is no seat.
type Seat struct {
	number uint32 // 1 + slot + Slots * index
}

// Taken tells whether it is one.
func (s Seat) Taken() bool { return s.number > 0 }

func seatAt(slot, index int) Seat { return Seat{1 + uint32(slot) + Slots*uint32(index)} }

func (s Seat) slot() int  { return int(s.number-1) % Slots }
func (s Seat) index() int { return int(s.number-1) / Slots }

// Member is who is visited. It has a place for its seat.
type Member interface {
	Seat() *Seat
}

// Rounds are those of one loop. Their timer runs while there is somebody.
type Rounds[T Member] struct {
	loop   *engine.Loop
	period time.Duration
	visit  func(T)

	timer   *engine.Timer // nil without members
	slots   [Slots][]T
	now     int // the slot whose turn was last, or is
	visited int // of it, while its turn goes on
	going   bool
	posted  bool // goOn will be called
	members int
}

// New makes rounds of a period, on which visit is called. A visit may have nobody rise but in a later callback.
func New[T Member](loop *engine.Loop, period time.Duration, visit func(T)) *Rounds[T] {
	return &Rounds[T]{loop: loop, period: period, visit: visit}
}

// Len is how many members there are.
func (r *Rounds[T]) Len() int { return r.members }

// Sit makes t a member.
func (r *Rounds[T]) Sit(t T) {
	if r.members++; r.timer == nil {
		r.timer = r.loop.Every(r.period/Slots, r.Turn)
	}
	slot := r.now
	if r.going { // it would be visited at once
		slot = (r.now + Slots - 1) % Slots
	}
	r.put(slot, t)
}

func (r *Rounds[T]) put(slot int, t T) {
	*t.Seat() = seatAt(slot, len(r.slots[slot]))
	r.slots[slot] = append(r.slots[slot], t)
}

// Rise ends t's membership, if it is one.
func (r *Rounds[T]) Rise(t T) {
	seat := *t.Seat()
	if !seat.Taken() {
		return
	}
	*t.Seat() = Seat{}
	slot, hole := seat.slot(), seat.index()
	members := r.slots[slot]
	if r.going && slot == r.now && hole < r.visited {
		r.visited-- // whoever moves has been visited too
		r.move(slot, r.visited, hole)
		hole = r.visited
	}
	last := len(members) - 1
	r.move(slot, last, hole)
	var nobody T
	members[last] = nobody
	r.slots[slot] = members[:last]
	if r.members--; r.members == 0 {
		r.timer.Stop()
		r.timer, r.slots, r.going = nil, [Slots][]T{}, false
	}
}

func (r *Rounds[T]) move(slot, from, to int) {
	if from != to {
		t := r.slots[slot][from]
		r.slots[slot][to] = t
		*t.Seat() = seatAt(slot, to)
	}
}

// Turn is the next slot's: what the timer does. A turn that has not ended yet is not overtaken, and one that a panic has cut short goes on.
func (r *Rounds[T]) Turn() {
	if r.posted {
		return
	}
	if !r.going {
		r.now, r.visited, r.going = (r.now+1)%Slots, 0, true
	}
	r.goOn()
}

// goOn visits some.
func (r *Rounds[T]) goOn() {
	r.posted = false
	for n := 0; n < visitsPerTask && r.going && r.visited < len(r.slots[r.now]); n++ {
		t := r.slots[r.now][r.visited]
		r.visited++
		r.visit(t)
	}
	if r.going && r.visited < len(r.slots[r.now]) && r.loop.Post(r.goOn) == nil {
		r.posted = true
		return
	}
	r.going = false
}
