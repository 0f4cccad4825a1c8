//go:build linux

package websocket

import (
	"errors"
	"io"
	"syscall"

	"fanloop/engine"
)

// session is an open Conn as the engine sees it: the same memory, with the methods that are not the user's.
type session Conn

func (s *session) OnOpen(*engine.Conn) {}

func (s *session) OnTraffic(conn *engine.Conn, p []byte) (used int) {
	var returned bool
	defer s.tornUnless(&returned)
	s.unheard = 0
	d := s.decoder()
	for used < len(p) && conn.Next() {
		d.discards = s.ending != nil
		event, n, err := d.Decode(p[used:])
		if err != nil {
			s.fail(err)
			used = len(p)
			break
		}
		used += n
		if event.counts() && !conn.Count() {
			used = len(p)
			break
		}
		s.conn.Spend(s.deflate.effort(event))
		s.handle(event)
	}
	s.keep(d)
	returned = true
	return used
}

// decoder is what goes on with the connection's input. It is made anew where nothing is unfinished, so that a connection at
// rest, as most are, needs no memory for one.
func (s *session) decoder() Decoder {
	if s.unfinished != nil {
		return *s.unfinished
	}
	return Decoder{MaxMessage: s.server.MaxMessage, Deflate: s.deflate != nil}
}

func (s *session) keep(d Decoder) {
	switch {
	case d.idle() || s.conn.Closing():
		s.forget()
		return
	case s.unfinished == nil:
		s.unfinished = new(d)
	default:
		*s.unfinished = d
	}
	s.conn.NoteMemory(d.unfinished())
}

// forget drops what is unfinished.
func (s *session) forget() {
	if s.unfinished != nil {
		s.unfinished = nil
		s.conn.NoteMemory(0)
	}
}

// tornUnless is deferred around callbacks that run in the middle of input: with a panic what is left of the input is lost,
// and what comes next cannot be understood.
func (s *session) tornUnless(returned *bool) {
	if !*returned {
		s.torn = true
		s.forget()
	}
}

func (s *session) handle(e Event) {
	switch e.Kind {
	case EventText, EventBinary:
		// After our own Close frame the client's messages are discarded (RFC 6455 1.4).
		if f := s.server.OnMessage; f != nil && s.ending == nil {
			f((*Conn)(s), Message{Data: e.Data, Binary: e.Kind == EventBinary})
		}
	case EventPing:
		// Also after our own Close frame, as long as the client's has not come (RFC 6455 5.5.2).
		var pong [2 + MaxControlPayload]byte
		_, _ = s.conn.Write(AppendPong(pong[:0], e.Data)) // fails when the end has begun
	case EventClose:
		s.closedBy(e)
	}
}

// closedBy answers the client's Close frame, or takes it as the answer to ours, and closes the connection: the server does
// that first (RFC 6455 7.1.1).
func (s *session) closedBy(e Event) {
	if s.ending == nil {
		s.ending = &CloseError{Code: e.Code, Reason: string(e.Data)}
		s.sendClose(e.Code, "")
	}
	s.end(s.ending)
}

// fail closes the connection because the client broke the protocol (RFC 6455 7.1.7).
func (s *session) fail(err error) {
	if s.ending == nil {
		var breach Error
		if errors.As(err, &breach) {
			s.sendClose(breach.Code(), breach.text)
			s.noteBreach(breach)
		}
		s.ending = err
	}
	s.end(s.ending)
}

// counts tells whether the event counts against the listener's MessageRate: control frames cost as much as messages.
func (e *Event) counts() bool { return e.Kind != EventNone && e.Kind != EventClose }

// OnTooFast is what engine.CloseFast asks for. Nothing more is read from the client, not even its Close frame.
func (s *session) OnTooFast(*engine.Conn) {
	if s.ending == nil {
		s.ending = engine.ErrTooFast
		s.sendClose(StatusPolicyViolation, "too many messages or bytes a second")
	}
	s.end(s.ending)
}

// startClose sends a Close frame; the connection ends with the client's, or when it does not come in time. It ends at once
// when no frame can be found any more. For a hub it is gone from now on.
func (s *session) startClose(code int, reason string, cause error) {
	if s.ending != nil || s.conn.Closing() {
		return
	}
	s.ending = cause
	s.passOver()
	s.conn.Detach()
	s.sendClose(code, reason)
	if s.torn {
		s.end(cause)
		return
	}
	s.conn.Resume() // the client's Close frame is wanted
	s.timer = s.conn.Loop().After(s.server.closeTimeout(), s.unanswered)
}

func (s *session) unanswered() {
	s.server.counters.unanswered.Add(1)
	s.end(s.ending)
}

// passOver drops what has come of a message: after our own Close frame the client's are discarded (RFC 6455 1.4).
func (s *session) passOver() {
	if d := s.unfinished; d != nil {
		d.message = nil
		s.conn.NoteMemory(d.unfinished())
	}
}

func (s *session) sendClose(code int, reason string) {
	var frame [2 + MaxControlPayload]byte
	p, err := AppendClose(frame[:0], code, reason)
	if err != nil {
		p, _ = AppendClose(frame[:0], StatusInternalError, "")
	}
	_, _ = s.conn.Write(p) // fails when the end has begun
}

func (s *session) end(reason error) {
	if s.timer != nil {
		s.timer.Stop()
	}
	s.conn.CloseWith(reason)
}

// OnEOF: a client that ends without a Close frame is gone at once.
func (s *session) OnEOF(*engine.Conn) {
	if s.ending == nil {
		s.ending = io.EOF
	}
	s.end(s.ending)
}

func (s *session) OnShutdown(*engine.Conn) {
	code, reason := s.server.farewell()
	s.startClose(code, reason, engine.ErrShutdown)
}

func (s *session) OnBufferFull(*engine.Conn) {
	if f := s.server.OnBufferFull; f != nil {
		f((*Conn)(s))
	}
}

func (s *session) OnBufferDrain(*engine.Conn) {
	if f := s.server.OnBufferDrain; f != nil {
		f((*Conn)(s))
	}
}

func (s *session) OnClose(_ *engine.Conn, err error) {
	if _, broken := err.(syscall.Errno); broken && s.ending != nil {
		err = s.ending // many clients just go away when they have read a Close frame: that is no other reason
	}
	if s.timer != nil {
		s.timer.Stop()
	}
	s.rise()
	s.forget()
	if f := s.server.OnClose; f != nil {
		f((*Conn)(s), err)
	}
}
