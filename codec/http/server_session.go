//go:build linux

package http

import (
	"io"

	"fanloop/engine"
)

// session is a connection between its requests and in the midst of them. The life of a request:
//
//  1. readHead decodes the head and makes an Exchange, which joins the queue of those that are owed an answer.
//  2. readBody gives it its body; a destination that streams gets it in pieces, any other whole.
//  3. The destination's handler runs, and answers now or later.
//  4. What is answered leaves when everything before it in the queue has left; then the exchange is done.
type session struct {
	conn   *engine.Conn
	server *Server
	desk   *desk
	owed   queue

	head     *HeadDecoder // its own while a head is unfinished, else nil
	reading  *Exchange    // whose body is not whole yet
	running  *Exchange    // whose handler runs
	held     *Exchange    // an upgrade that everything before it must leave first
	holds    hold
	hijacked bool
	ending   error // takes no more requests; why the connection closes once nothing is owed
	watch    watch
}

// hold is why the session does not want to read, one bit a reason.
type hold uint8

const (
	holdOwed  hold = 1 << iota // too many requests wait for their answers
	holdBody                   // who takes the body has enough of it for now
	holdHeld                   // an upgrade waits for the answers before it
	holdDeaf                   // no more requests are taken
	holdLater                  // who asks for events waits to be let in
)

func (s *session) hold(why hold) {
	s.holds |= why
	s.conn.Hold()
}

func (s *session) release(why hold) {
	if s.holds &^= why; s.holds == 0 {
		s.conn.Release()
	}
}

func (s *session) OnOpen(conn *engine.Conn) {
	if s.server.exempts(conn) {
		conn.Exempt()
	}
	s.look()
}

func (s *session) OnTraffic(conn *engine.Conn, p []byte) (used int) {
	for used < len(p) && s.takes() && conn.Next() {
		if s.reading != nil {
			used += s.readBody(p[used:])
		} else {
			used += s.readHead(p[used:])
		}
	}
	s.keepHead()
	s.look()
	s.noteMemory()
	if s.ending != nil && !s.takes() && !s.hijacked {
		return len(p)
	}
	return used
}

// takes tells whether bytes are wanted: of a body also when no more requests are.
func (s *session) takes() bool { return !s.hijacked && (s.ending == nil || s.reading != nil) }

func (s *session) readHead(p []byte) int {
	d := s.head
	if d == nil {
		d = s.desk.head
	}
	head, n, err := d.Decode(p)
	switch {
	case err != nil:
		s.refuse(head, err)
		d.Reset() // other connections use it too
		return len(p)
	case head != nil && s.conn.Count():
		s.begin(head)
	case head != nil:
		return len(p)
	case s.head == nil && d.Pending():
		s.head = s.desk.giveDecoder()
	}
	return n
}

// begin makes the exchange of a head.
func (s *session) begin(head *Head) {
	x := s.desk.exchange()
	x.begin(s, head)
	s.owed.push(x)
	if x.close {
		x.makeLast()
	}
	s.desk.counters.requests.Add(1)
	if err := x.route(); err != nil {
		x.refuse(err)
		return
	}
	if head.HasBody() {
		s.reading = x
		x.bodyBegins()
		return
	}
	x.whole()
	s.holdOwed()
}

// holdOwed is called behind a request. In the midst of one, nothing but the rest of it lets its answer out.
func (s *session) holdOwed() {
	if s.owed.n >= s.server.maxPipelined() && s.holds&holdOwed == 0 {
		s.desk.counters.held.Add(1)
		s.hold(holdOwed)
	}
}

func (s *session) readBody(p []byte) int {
	x := s.reading
	data, n, err := x.in.decoder.Decode(p)
	if err != nil {
		x.broken(err)
		return len(p)
	}
	s.watch.brought += n
	x.takeBody(data)
	if s.reading == x && x.in.decoder.Done() {
		s.reading = nil
		x.bodyEnds()
		s.holdOwed()
	}
	return n
}

// keepHead is called when the input that the heads alias is about to go.
func (s *session) keepHead() {
	if x := s.reading; x != nil {
		x.keepHead()
		x.invite()
	}
	if s.held != nil {
		s.held.keepHead()
	}
	if s.head != nil && !s.head.Pending() {
		s.desk.takeDecoder(s.head)
		s.head = nil
	}
}

// OnEOF: a peer that has sent its requests and shut down its end still gets the answers.
func (s *session) OnEOF(*engine.Conn) {
	if s.ending == nil {
		s.ending = io.EOF
	}
	if x := s.reading; x != nil {
		x.broken(io.ErrUnexpectedEOF)
	}
	for _, t := range s.takers() {
		t.peerEnded()
	}
	s.advance()
}

// OnShutdown: what is under way is answered, with Connection: close; an idle connection closes at once.
func (s *session) OnShutdown(*engine.Conn) {
	if s.ending == nil {
		s.ending = engine.ErrShutdown
	}
	if s.reading == nil {
		s.deafen()
	}
	for _, t := range s.takers() {
		t.shutdown()
	}
	s.advance()
}

// takers are those of all exchanges: who tells them may find the queue another one afterwards.
func (s *session) takers() (all []taker) {
	for x := s.owed.first; x != nil; x = x.next {
		if x.taker != nil {
			all = append(all, x.taker)
		}
	}
	return all
}

// OnBufferFull is there because OnBufferDrain has to be.
func (s *session) OnBufferFull(*engine.Conn) {}

// OnBufferDrain: an answer that was made outside of the connection's callbacks, and found no room, waits in the queue.
func (s *session) OnBufferDrain(*engine.Conn) { s.advance() }

// OnDrain: as little waits for the peer as the first in the queue has asked for.
func (s *session) OnDrain(*engine.Conn) {
	if x := s.owed.first; x != nil && x.taker != nil && x.awaits {
		x.awaits = false
		x.taker.drained()
	}
}

func (s *session) OnClose(_ *engine.Conn, err error) {
	s.watch.stop()
	if s.head != nil {
		s.desk.takeDecoder(s.head)
		s.head = nil
	}
	s.reading, s.held = nil, nil
	for x := s.owed.first; x != nil; {
		next := x.next
		x.drop(err)
		x = next
	}
	s.owed = queue{}
}

// deafen takes no more requests.
func (s *session) deafen() { s.hold(holdDeaf) }

// kicked is a hub's or the engine's goodbye. code is a WebSocket close code: 1011 stands for a handler that panicked, whose
// request may not be the one that is to be answered next.
func (s *session) kicked(code int) {
	if code == 1013 && s.conn.Stalled() {
		s.conn.Abort() // what waited has been dropped, and must not look whole
		return
	}
	status := 503
	if code == 1011 {
		status = 500
		s.desk.counters.panics.Add(1)
	}
	switch x := s.owed.first; {
	case x == nil && s.head != nil && s.ending == nil:
		s.refuse(nil, errMemory)
	case x != nil && x.state == unanswered && (s.running == nil || s.running == x):
		x.close = true
		x.dismissTaker()
		_ = x.answerWith(status, nil, []byte(StatusText(status)+"\n"))
	}
	s.conn.Close()
}
