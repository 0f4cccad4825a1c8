//go:build linux

package http

// noteMemory tells the engine what the connection takes: an unfinished head, bodies, and answers that wait for others. It
// looks at the requests that are owed an answer, of which there are MaxPipelined at most, and mostly none.
func (s *session) noteMemory() {
	if s.hijacked {
		return // somebody else's business now
	}
	bytes := 0
	if s.head != nil {
		bytes = s.head.Buffered()
	}
	for x := s.owed.first; x != nil; x = x.next {
		bytes += cap(x.out)
		if x.in != nil {
			bytes += cap(x.in.memory) + cap(x.in.kept)
		}
		if c, ok := x.taker.(*call); ok {
			bytes += c.buffered()
		}
	}
	s.conn.NoteMemory(bytes)
}

// buffered is what the call keeps of the body, and of the answer.
func (c *call) buffered() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return cap(c.reader.kept) + cap(c.pending.data)
}

// dismissTaker ends what would have answered x, which is answered in its place.
func (x *Exchange) dismissTaker() {
	if t := x.taker; t != nil {
		x.taker = nil
		t.gone(errMemory)
	}
}
