//go:build linux

package http

import (
	"errors"

	"fanloop/engine"
)

// What the server refuses requests with, beside what the decoders do.
var (
	// ErrExpectation: an Expect that is not 100-continue (RFC 9110 10.1.1).
	ErrExpectation = NewRefusal(417, "unknown expectation")
	// ErrHeadTimeout: Server.HeadTimeout has passed.
	ErrHeadTimeout = NewRefusal(408, "the request took too long")
	// ErrBodyTimeout: Server.BodyTimeout has passed.
	ErrBodyTimeout = NewRefusal(408, "the request body took too long")
	// ErrIncomplete: the client has shut down its end in the midst of a request (RFC 9112 8).
	ErrIncomplete = NewRefusal(400, "the request is incomplete")
	// ErrTooFast: the connection has brought more requests or bytes a second than its listener allows (RFC 6585 4).
	ErrTooFast = NewRefusal(429, "too many requests or bytes a second", NewField("Retry-After", "1"))
	// ErrConnect: CONNECT, and no OnRequest: this is no proxy (RFC 9110 9.3.6). What follows may be meant for another server.
	ErrConnect = NewRefusal(501, "CONNECT is not implemented here")
	// ErrAddressLimit: as many connections as may be are the client's whom a trusted proxy names, or it has opened too many just now
	// (engine.ListenOptions.MaxPerAddress and AddressRate; RFC 6585 4).
	ErrAddressLimit = NewRefusal(429, "too many connections of this address", NewField("Retry-After", "5"))
	errMemory       = NewRefusal(503, "out of memory", NewField("Retry-After", "1"))
	// ErrNotFound: no route, and no OnRequest.
	ErrNotFound = NewRefusal(404, "not found")
)

// ErrIdle is the reason that a connection closes for after Server.IdleTimeout.
var ErrIdle = errors.New("http: idle connection")

// refuse answers what is no request, in its turn. head is what could be read of it, or nil.
func (s *session) refuse(head *Head, err error) {
	if head == nil {
		head = &Head{Minor: 1}
	}
	x := s.desk.exchange()
	x.begin(s, head)
	s.owed.push(x)
	x.refuse(err)
}

// refuse answers with a refusal, and takes nothing more from the connection.
func (x *Exchange) refuse(err error) {
	s := x.session
	if s.reading == x {
		s.reading = nil
	}
	x.close = true
	s.endsWith(err)
	if x.state != unanswered {
		s.advance()
		return
	}
	refusal := ErrIncomplete
	errors.As(err, &refusal)
	s.desk.counters.refuse(refusal.status)
	x.noteRefused(refusal, err)
	if f := s.server.OnRefusal; f != nil && x.answeredBy(func(x *Exchange) { f(x, refusal) }) {
		return
	}
	x.answerRefusal(refusal)
}

// OnTooFast is what engine.CloseFast asks for.
func (s *session) OnTooFast(*engine.Conn) {
	switch {
	case s.hijacked || s.ending != nil && s.reading == nil:
	case s.reading != nil:
		s.reading.broken(ErrTooFast)
	default:
		s.refuse(nil, ErrTooFast)
	}
}

var plainText = NewField("Content-Type", "text/plain; charset=utf-8")

// answerRefusal answers with the reason as a text.
func (x *Exchange) answerRefusal(r *Refusal) {
	fields := append(x.session.desk.fields[:0], plainText)
	fields = append(fields, r.extra...)
	x.session.desk.fields = fields
	if err := x.answerWith(r.status, fields, []byte(r.body)); err != nil {
		x.session.conn.Loop().Logger().Error("http: a refusal cannot be sent", x.Log(), "refusal", r, "err", err)
		_ = x.answerWith(500, nil, nil)
	}
}

// endsWith takes no more requests: the connection closes when nothing is owed.
func (s *session) endsWith(reason error) {
	if s.ending == nil {
		s.ending = reason
	}
	s.deafen()
}
