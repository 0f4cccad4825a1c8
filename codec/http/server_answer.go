//go:build linux

package http

import (
	"errors"

	"fanloop/engine"
)

// ErrAnswered is returned by what answers a request that has an answer already, or whose Reply was made.
var ErrAnswered = errors.New("http: request answered already")

// Respond answers: status, fields and body, all of them copied. Content-Length, Connection and, unless fields has one, Date
// are set here. To HEAD, and with 204, 205 and 304, the body is not sent; to HEAD its length is. It may be called after the
// handler has returned; the answer leaves when those to the requests before it have.
//
// The errors are ErrAnswered; engine.ErrClosed when the connection's end has begun; and what is wrong with the answer:
// ErrStatus (not 200 to 599), ErrField, ErrReservedField. Then the request still has none.
func (x *Exchange) Respond(status int, fields Fields, body []byte) error {
	if err := x.mayAnswer(); err != nil {
		return err
	}
	return x.answerWith(status, fields, body)
}

// Answered tells whether the request has its answer, or the beginning of one. It is of use where x is: until the handler returns, or
// later when the handler has kept x.
func (x *Exchange) Answered() bool { return x.state != unanswered || x.reply != nil }

// mayAnswer tells why x cannot be answered any more.
func (x *Exchange) mayAnswer() error {
	switch {
	case x.state != unanswered || x.reply != nil:
		return ErrAnswered
	case x.session.conn.Closing():
		return engine.ErrClosed
	}
	return nil
}

func (x *Exchange) answerWith(status int, fields Fields, body []byte) error {
	if status < 200 {
		return ErrStatus
	}
	return x.answer(answerHead{status: status, fields: fields}, body)
}

// answer answers with the head that h begins, and body.
func (x *Exchange) answer(h answerHead, body []byte) error {
	d := x.desk()
	x.frame(&h, int64(len(body)))
	out, err := h.append(d.scratch[:0])
	if err != nil {
		return err
	}
	if h.framing == byLength {
		out = append(out, body...)
	}
	if cap(out) > maxScratch {
		x.sendAway(out) // it has been copied once
	} else {
		x.send(out)
		d.keepScratch(out)
	}
	x.finish()
	return nil
}

// answerHead is the head of x's answer with a body of length bytes, or of as many as come when that is negative.
func (x *Exchange) answerHead(status int, fields Fields, length int64) answerHead {
	h := answerHead{status: status, fields: fields}
	x.frame(&h, length)
	return h
}

// frame says in h how long the body is, and what becomes of the connection.
func (x *Exchange) frame(h *answerHead, length int64) {
	h.date, h.length = x.session.desk.dateLine(), length
	switch {
	case bodyless(h.status):
		h.framing = noBody
	case h.status == 205:
		h.framing, h.length = hasLength, 0 // RFC 9110 15.3.6
	case x.isHead && length >= 0:
		h.framing = hasLength
	case x.isHead:
		h.framing = noBody
	case length >= 0:
		h.framing = byLength
	case x.old:
		h.framing = byTheEnd
		x.close = true
	default:
		h.framing = byChunks
	}
	h.persistence = x.persistence()
}

// persistence decides, when the answer begins, whether another can follow.
func (x *Exchange) persistence() persistence {
	s := x.session
	if s.ending != nil && s.owed.last == x || s.reading == x && !x.canDiscard() {
		x.close = true
	}
	switch {
	case x.close:
		x.makeLast()
		return closes
	case x.old:
		return keepAlive
	}
	return staysOpen
}

// makeLast has nothing served behind x: what comes there is thrown away, whenever the answer leaves (RFC 9112 9.6). Of a body that nobody
// reads it must not be taken for requests.
func (x *Exchange) makeLast() {
	x.close = true
	if s := x.session; s.ending == nil {
		s.ending = engine.ErrClosed
	}
}

// canDiscard tells whether the rest of the body can be read away. A client that waits for 100 Continue may or may not send
// it now (RFC 9110 10.1.1).
func (x *Exchange) canDiscard() bool {
	return !x.expects && x.in.decoder.Left() <= maxDiscard
}

// send puts bytes of the answer on the connection, or with those that wait for the answers before it.
func (x *Exchange) send(p []byte) {
	s := x.session
	if s.owed.first == x && len(x.out) == 0 {
		if err := s.conn.Send(p); err != engine.ErrFull {
			return // ErrClosed: nobody gets it
		}
	}
	x.out = append(x.out, p...)
}

// flush lets out what waits, now that x is the first.
func (x *Exchange) flush() {
	if len(x.out) > 0 && x.session.conn.SendShared(x.out) != engine.ErrFull {
		x.out = nil
	}
}

// finish ends the answer.
func (x *Exchange) finish() {
	s := x.session
	x.state = answered
	x.taker = nil
	if s.reading == x {
		s.release(holdBody)
		if x.close {
			s.reading = nil
		}
	}
	s.advance()
}

// done tells whether x has no more to do with the connection.
func (x *Exchange) done() bool {
	return x.state == answered && len(x.out) == 0 && x.session.reading != x
}

// run calls the handler.
func (x *Exchange) run() {
	s := x.session
	s.running = x
	if x.target.open != nil {
		x.target.open(x)
	} else {
		x.target.handle(x)
	}
	s.running = nil
	switch {
	case x.reply != nil:
		x.reply.arm()
		x.owns = true
	case x.state != answered:
		x.owns = true // it will be answered by somebody who has kept it
	case x.away && !x.owns:
		s.desk.recycle(x)
	}
}

// leave is called when x is done and out of the queue.
func (x *Exchange) leave() {
	x.away = true
	if s := x.session; s.running != x && !x.owns {
		s.desk.recycle(x)
	}
}

// drop is called when the connection has closed with x in the queue.
func (x *Exchange) drop(err error) {
	x.next = nil
	x.out = nil
	if x.reply != nil {
		x.reply.drop()
	}
	if t := x.taker; t != nil {
		x.taker = nil
		t.gone(err)
	}
}

func (x *Exchange) desk() *desk { return x.session.desk }
