package text

import "sync/atomic"

const (
	maxOwed   = 1024 // lines that may wait in a connection's answers before it stops reading
	keptSlots = 64   // slots that a connection keeps when it owes nothing
)

// poster is the loop as the answers need it, and sink the connection.
type (
	poster interface{ Post(fn func()) error }
	sink   interface {
		SendShared(frame []byte) error // keeps frame
		Send(p []byte) error           // copies p
	}
)

// answers is the queue of lines that a connection owes or has waiting behind one that it owes, in the order in which they were
// asked for. All of it is the loop's, but for wakeUp and what it reads.
//
// It is a ring of slots: those in [head, tail) wait, those in [fresh, tail) were made in the callback that runs now and are not armed,
// and the others are free. Positions count up and are taken modulo the ring's size, a power of two.
type answers struct {
	ring              []*slot
	head, fresh, tail uint32
	flushing          bool

	woken atomic.Bool // the loop has been told and has not looked yet
	wake  func()      // runs on the loop
	loop  poster
}

// ask appends an empty place.
func (a *answers) ask() *slot {
	if a.waiting() == len(a.ring) {
		a.grow()
	}
	s := a.at(a.tail)
	a.tail++
	return s
}

// say appends a line that is there already.
func (a *answers) say(p []byte, end string) {
	s := a.ask()
	s.frame = appendWithEnd(s.frame, p, end)
	s.word.Store(s.word.Load() | filled)
}

// arm ends the callback: who answers from now on wakes the loop.
func (a *answers) arm() {
	for ; a.fresh != a.tail; a.fresh++ {
		a.at(a.fresh).arm()
	}
}

// flush sends what is there, up to the first line that is still owed. When the sink refuses a line it stays, with those behind it.
func (a *answers) flush(c sink) error {
	if a.flushing {
		return nil // c told its user something, who now sends more: the flush that runs already comes to it
	}
	a.flushing = true
	defer func() { a.flushing = false }()
	for s := a.front(); s != nil; s = a.front() {
		if err := s.writeTo(c); err != nil {
			return err
		}
		a.pop()
	}
	return nil
}

// front is the slot whose line is to be sent next, nil when there is none or it is still owed.
func (a *answers) front() *slot {
	if a.head == a.tail || !a.at(a.head).isFilled() {
		return nil
	}
	return a.at(a.head)
}

// pop frees the front.
func (a *answers) pop() {
	if a.head == a.tail {
		return
	}
	a.at(a.head).recycle()
	if a.fresh == a.head {
		a.fresh++
	}
	if a.head++; a.head == a.tail {
		a.rest()
	}
}

// rest starts again at the ring's first slot, which is the one most likely in the cache, and gives a big ring back.
func (a *answers) rest() {
	a.head, a.fresh, a.tail = 0, 0, 0
	if len(a.ring) > keptSlots {
		a.ring = nil
	}
}

// drop forgets every line that waits. Who holds a place among them is told when it answers.
func (a *answers) drop() {
	for ; a.head != a.tail; a.head++ {
		a.at(a.head).drop()
	}
	a.ring = nil
	a.head, a.fresh, a.tail = 0, 0, 0
}

// waiting is the number of lines in the queue.
func (a *answers) waiting() int { return int(a.tail - a.head) }

func (a *answers) at(position uint32) *slot { return a.ring[position&uint32(len(a.ring)-1)] }

// grow doubles a full ring.
func (a *answers) grow() {
	old := a.ring
	size := max(2*len(old), 1)
	a.ring = make([]*slot, size)
	for i := range old {
		position := a.head + uint32(i)
		a.ring[position&uint32(size-1)] = old[position&uint32(len(old)-1)]
	}
	added := make([]slot, size-len(old))
	for i := range added {
		s := &added[i]
		s.owner, s.frame = a, s.small[:0]
		a.ring[(a.tail+uint32(i))&uint32(size-1)] = s
	}
}

// wakeUp has the loop look at the queue. Any goroutine calls it, after it has filled an armed slot. Many that come before the
// loop has looked are one Post.
func (a *answers) wakeUp() error {
	if a.woken.Swap(true) {
		return nil
	}
	if a.loop.Post(a.wake) != nil {
		a.woken.Store(false)
		return ErrDropped
	}
	return nil
}

// heard is the beginning of wake: who fills a slot from now on wakes the loop again.
func (a *answers) heard() { a.woken.Store(false) }
