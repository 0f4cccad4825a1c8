package text

import (
	"errors"
	"sync/atomic"
)

var (
	// ErrAnswered is returned by Reply.Send when the reply has been sent already.
	ErrAnswered = errors.New("text: reply sent already")

	// ErrDropped is returned by Reply.Send when the connection has begun to close, or its loop has stopped: nobody gets the answer.
	ErrDropped = errors.New("text: connection closed, answer dropped")
)

// Reply is the place of one message's answer among the lines that its connection sends. Conn.Reply makes it. It is a small
// value, to be copied as one likes; all copies are the same reply. The zero Reply belongs to no connection, and its Send
// returns ErrDropped.
type Reply struct {
	slot       *slot
	generation uint64
}

// Send answers with p as one line. It may be called from any goroutine, never blocks, and copies p. The line leaves when
// everything that was asked for before it on the connection has left; during the callback that made the reply that is at the
// end of the callback.
//
// The errors are ErrNewline (the reply is still owed: send something else), ErrAnswered and ErrDropped. No error means that the answer
// has its place, not that the peer has read it: a connection that closes drops what it has not sent.
func (r Reply) Send(p []byte) error {
	end, err := lineEnd(p)
	if err != nil {
		return err
	}
	if r.slot == nil {
		return ErrDropped
	}
	return r.slot.fill(r.generation, p, end)
}

// A slot is where an answer waits for its turn. The sender may be on any goroutine and the loop does not wait for it, so
// the two meet in one atomic word:
//
//	            sender            sender
//	   empty ----------> writing ----------> filled ---> recycled: empty, next generation
//	     |                  |                 ^ ^           (by the loop, in order)
//	loop |             loop |          sender | |
//	     v      sender      v         + wakes | |
//	   armed ----------> writing+armed -------+ |
//	     |                                      |
//	     +--- any state but recycled: the loop drops it when the connection closes ---> dropped
//
// The loop arms a slot when the callback that made it is over. A slot that is filled by then goes out at once; who fills it
// later finds it armed and wakes the loop. So a reply sent inside its callback costs no Post, and none is ever forgotten.
//
// Slots are used again. A Reply carries the generation it was made for, and a slot that has moved on refuses it. A dropped
// slot is not used again, for a sender may still be writing in it.
type slot struct {
	word  atomic.Uint64 // the generation, a multiple of generationStep, and the state below it
	owner *answers
	frame []byte // the sender's in the writing states, else the loop's
	small [24]byte
}

// armed and writing are bits, so that each side sets its own without knowing the other's.
const (
	empty   = 0
	armed   = 1
	writing = 2
	filled  = 4
	dropped = 5

	stateBits      = 7
	generationStep = stateBits + 1
)

// fill is Reply.Send for a payload that has been checked.
func (s *slot) fill(generation uint64, p []byte, end string) error {
	if err := s.claim(generation); err != nil {
		return err
	}
	s.frame = appendWithEnd(s.frame, p, end)
	return s.publish(generation)
}

// claim makes the caller the one who writes the frame.
func (s *slot) claim(generation uint64) error {
	for {
		was := s.word.Load()
		switch was {
		case generation | empty, generation | armed:
		case generation | dropped:
			return ErrDropped
		default:
			return ErrAnswered
		}
		if s.word.CompareAndSwap(was, was|writing) {
			return nil
		}
	}
}

// publish gives the written frame to the loop.
func (s *slot) publish(generation uint64) error {
	for {
		was := s.word.Load()
		if was == generation|dropped {
			return ErrDropped
		}
		if !s.word.CompareAndSwap(was, generation|filled) {
			continue
		}
		if was&armed != 0 {
			return s.owner.wakeUp()
		}
		return nil
	}
}

// arm makes the sender wake the loop, unless it is done already.
func (s *slot) arm() {
	for {
		was := s.word.Load()
		if was&stateBits >= filled || s.word.CompareAndSwap(was, was|armed) {
			return
		}
	}
}

func (s *slot) drop() {
	for {
		was := s.word.Load()
		if s.word.CompareAndSwap(was, was&^stateBits|dropped) {
			return
		}
	}
}

// writeTo sends the frame. One that recycle does not keep is given away without a copy.
func (s *slot) writeTo(c sink) error {
	if cap(s.frame) > keptBytes {
		return c.SendShared(s.frame)
	}
	return c.Send(s.frame)
}

// recycle makes the slot new.
func (s *slot) recycle() {
	if s.frame = reuse(s.frame); s.frame == nil {
		s.frame = s.small[:0]
	}
	s.word.Store(s.word.Load()&^stateBits + generationStep)
}

func (s *slot) isFilled() bool { return s.word.Load()&stateBits == filled }

func (s *slot) reply() Reply {
	return Reply{slot: s, generation: s.word.Load() &^ stateBits}
}
