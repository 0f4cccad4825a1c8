//go:build linux

package engine

import "math/bits"

// The wheel keeps timers by the tick at which they are due, as clock hands do: level 0 has a slot for each of the next 64
// ticks, level 1 a slot for each of the next 64 spans of 64 ticks, and so on. A timer starts on the level of its distance
// and moves down as its time comes near, so adding, stopping and firing cost the same with ten timers or a million.
// A tick is a millisecond; levels hold it up to 2 years (64^6 ms), and what is further away waits on the top level and is
// looked at again when its slot comes.

const (
	wheelBits   = 6
	wheelSlots  = 1 << wheelBits
	wheelLevels = 6
	wheelSpan   = uint64(1) << (wheelBits * wheelLevels)
)

type wheel struct {
	now      uint64 // the tick up to which everything has fired
	count    int
	occupied [wheelLevels]uint64 // a bit for each slot that holds timers
	slots    [wheelLevels][wheelSlots]timerList
}

// timerList is a doubly linked ring of timers, so that Stop needs no search.
type timerList struct{ first *Timer }

func (s *timerList) add(t *Timer) {
	if s.first == nil {
		t.next, t.prev = t, t
		s.first = t
		return
	}
	last := s.first.prev
	t.prev, t.next = last, s.first
	last.next, s.first.prev = t, t
}

func (s *timerList) remove(t *Timer) {
	if t.next == t {
		s.first = nil
	} else {
		t.prev.next, t.next.prev = t.next, t.prev
		if s.first == t {
			s.first = t.next
		}
	}
	t.next, t.prev = nil, nil
}

// add puts t where its due tick belongs; a tick that has passed already is due at the next one.
func (w *wheel) add(t *Timer) {
	if t.due <= w.now {
		t.due = w.now + 1
	}
	w.place(t)
	w.count++
}

func (w *wheel) place(t *Timer) {
	ahead := min(t.due-w.now-1, wheelSpan-1) // 0 is the very next tick
	level := 0
	if ahead > 0 {
		level = (bits.Len64(ahead) - 1) / wheelBits
	}
	slot := ((w.now + 1 + ahead) >> (level * wheelBits)) & (wheelSlots - 1)
	t.level, t.slot = uint8(level), uint8(slot)
	w.slots[level][slot].add(t)
	w.occupied[level] |= 1 << slot
}

func (w *wheel) remove(t *Timer) {
	w.unlink(t)
	w.count--
}

func (w *wheel) unlink(t *Timer) {
	list := &w.slots[t.level][t.slot]
	list.remove(t)
	if list.first == nil {
		w.occupied[t.level] &^= 1 << t.slot
	}
}

// next returns the tick at which the wheel has to be turned again; ok is false when nothing waits. It may be early (a slot
// of a higher level has to be spread over the levels below), never late.
func (w *wheel) next() (tick uint64, ok bool) {
	for level := range wheelLevels {
		if w.occupied[level] == 0 {
			continue
		}
		at := w.slotTick(level)
		if !ok || at < tick {
			tick, ok = at, true
		}
	}
	return tick, ok
}

// slotTick is the tick at which the first occupied slot of a level begins. The slot of the level's present position is a
// whole turn away: what was in it has been spread already.
func (w *wheel) slotTick(level int) uint64 {
	shift := level * wheelBits
	position := w.now >> shift
	ahead := bits.RotateLeft64(w.occupied[level], -int((position+1)&(wheelSlots-1)))
	return (position + 1 + uint64(bits.TrailingZeros64(ahead))) << shift
}

// advance moves the wheel to the tick `to` and calls fire for timers that are due, each after it was taken out, in order of
// their ticks, until `most` have fired; it tells whether it reached `to`.
func (w *wheel) advance(to uint64, most int, fire func(*Timer)) bool {
	for {
		tick, ok := w.next()
		if !ok || tick > to {
			w.now = max(w.now, to)
			return true
		}
		if !w.turn(tick, &most, fire) {
			return false
		}
	}
}

// turn handles the slots that begin at tick: those of higher levels are spread first, then level 0 fires. The wheel stays
// just before the tick until all of it has fired, so that an interrupted turn goes on where it was.
func (w *wheel) turn(tick uint64, most *int, fire func(*Timer)) bool {
	w.now = tick - 1
	for level := wheelLevels - 1; level > 0; level-- {
		shift := level * wheelBits
		if tick&(1<<shift-1) == 0 {
			if !w.spread(level, tick, most) {
				return false
			}
		}
	}
	list := &w.slots[0][tick&(wheelSlots-1)]
	for list.first != nil && list.first.due <= tick {
		if *most == 0 {
			return false
		}
		*most--
		t := list.first
		w.remove(t)
		fire(t)
	}
	w.now = tick
	return true
}

// spread moves the timers of a slot to the levels below; so many of them count as one that fires. On the top level those that
// are still too far away come back into the slot, so there each is moved once, and all at a time.
func (w *wheel) spread(level int, tick uint64, most *int) bool {
	slot := (tick >> (level * wheelBits)) & (wheelSlots - 1)
	list := &w.slots[level][slot]
	top := level == wheelLevels-1
	left := 0
	if top {
		left = list.length()
	}
	for n := 1; list.first != nil && (!top || left > 0); n++ {
		if !top && *most == 0 {
			return false
		}
		t := list.first
		w.unlink(t)
		w.place(t)
		left--
		if !top && n%spreadPerFire == 0 {
			*most--
		}
	}
	return true
}

// spreadPerFire is how many timers are moved at the cost of one that fires.
const spreadPerFire = 16

func (s *timerList) length() int {
	if s.first == nil {
		return 0
	}
	n := 1
	for t := s.first.next; t != s.first; t = t.next {
		n++
	}
	return n
}
