//go:build linux

package http

import "fanloop/engine"

// queue is the exchanges of a connection that are not done, in the order of the requests.
type queue struct {
	first, last *Exchange
	n           int
}

func (q *queue) push(x *Exchange) {
	if q.last == nil {
		q.first = x
	} else {
		q.last.next = x
	}
	q.last = x
	q.n++
}

func (q *queue) pop() {
	x := q.first
	if q.first = x.next; q.first == nil {
		q.last = nil
	}
	x.next = nil
	q.n--
}

// advance lets out what is answered, in order, and draws the conclusions from what is left.
func (s *session) advance() {
	for x := s.owed.first; x != nil && !s.conn.Closing(); x = s.owed.first {
		x.flush()
		if !x.done() {
			x.comesFirst()
			break
		}
		s.owed.pop()
		if x.close {
			s.end(x)
			break
		}
		x.leave()
	}
	if s.owed.n <= s.server.maxPipelined()/2 {
		s.release(holdOwed)
	}
	switch {
	case s.owed.first == nil && s.ending != nil:
		s.conn.CloseWith(s.ending)
	case s.held != nil && s.owed.first == s.held:
		_ = s.conn.Ref().Post(func(*engine.Conn) { s.runHeld() })
	}
	s.noteMemory()
	if s.running == nil {
		s.look()
	}
}

// end closes the connection behind the answer of x, which was its last.
func (s *session) end(x *Exchange) {
	s.deafen()
	reason := s.ending
	if reason == nil {
		reason = engine.ErrClosed
	}
	s.ending = reason
	s.conn.CloseWith(reason)
	x.leave()
}

// runHeld runs the handler that waited for the answers before it.
func (s *session) runHeld() {
	x := s.held
	if x == nil || s.owed.first != x {
		return
	}
	s.held = nil
	s.release(holdHeld)
	x.run()
	s.look()
}

// comesFirst is called when x is the first in the queue, again and again until it is done.
func (x *Exchange) comesFirst() {
	if x.awaits {
		x.session.conn.AwaitDrain(x.mark)
	}
	if c, ok := x.taker.(*call); ok {
		c.first()
		if c.x == nil {
			return // there was no room for it
		}
	}
	if x.wanted || x.target.open == nil {
		x.invite()
	}
}
