//go:build linux

package http

import "io"

// taker is what takes the body of an exchange in pieces, or gives its answer in pieces: a Stream, or what stands on it. Its
// methods are called on the loop, and it may end the exchange in any of them.
type taker interface {
	// bodyPiece brings bytes of the body, valid until it returns. Exchange.holdBody has no more come.
	bodyPiece(p []byte)
	// bodyEnds is called once, when the body is whole (nil) or will never be.
	bodyEnds(err error)
	// drained is what Exchange.awaitDrain asks for.
	drained()
	// peerEnded says that the peer has shut down its end: it may have gone, or wait for the answer.
	peerEnded()
	// shutdown says that the engine stops: an answer without end has to end.
	shutdown()
	// gone is called once, unless the answer has been finished before: the connection has closed. err is what OnClose gets.
	gone(err error)
}

// maxDiscard is how much of a body is read after an answer that did not wait for it. With more to come the connection
// closes, which is cheaper.
const maxDiscard = 256 << 10

// bodyBegins is called behind the head, when there is a body.
func (x *Exchange) bodyBegins() {
	if x.target.open != nil {
		x.run()
		return
	}
	x.admitted()
}

// whole is called when there is nothing more to come of the request.
func (x *Exchange) whole() {
	s := x.session
	if x.target.alone && s.owed.first != x {
		s.held = x
		s.hold(holdHeld)
		return
	}
	if !x.head.HasBody() && !x.admitted() {
		return
	}
	x.run()
	if x.session == s && x.taker != nil {
		x.taker.bodyEnds(nil)
	}
}

// takeBody takes what has come of the body.
func (x *Exchange) takeBody(data []byte) {
	x.expects = false
	switch {
	case len(data) == 0:
	case x.state == answered:
		x.discard(len(data))
	case x.taker != nil:
		x.taker.bodyPiece(data)
	case x.target.open != nil: // who has not made itself the taker does not want it
	case len(x.body) == 0 && x.in.decoder.Done():
		x.body = data
	default:
		x.in.memory = append(x.in.memory, data...)
		x.body = x.in.memory
	}
}

// discard counts what is thrown away.
func (x *Exchange) discard(n int) {
	if x.in.discarded += n; x.in.discarded > maxDiscard {
		s := x.session
		s.desk.counters.discarded.Add(1)
		s.reading = nil
		x.makeLast()
		s.advance()
	}
}

func (x *Exchange) bodyEnds() {
	switch {
	case x.state == answered:
		x.session.advance()
	case x.taker != nil:
		x.taker.bodyEnds(nil)
	case x.target.open == nil:
		x.whole()
	}
}

// broken is called when the rest of the body will never come, or cannot be found.
func (x *Exchange) broken(err error) {
	s := x.session
	s.reading = nil
	x.close = true
	s.endsWith(err)
	if x.taker != nil && x.state != answered {
		x.taker.bodyEnds(err)
		return
	}
	if err == io.ErrUnexpectedEOF {
		err = ErrIncomplete
	}
	x.refuse(err)
}

// holdBody stops the body; releaseBody lets it go on.
func (x *Exchange) holdBody() {
	if s := x.session; s.reading == x {
		s.hold(holdBody)
	}
}

func (x *Exchange) releaseBody() {
	s := x.session
	s.release(holdBody)
	s.look()
}

// wantBody says that a taker waits for the body, which a client may want to be told (RFC 9110 10.1.1).
func (x *Exchange) wantBody() {
	x.wanted = true
	x.invite()
}

var continues = []byte("HTTP/1.1 100 Continue\r\n\r\n")

// invite sends 100 Continue, when the client waits for it and nothing is in the way.
func (x *Exchange) invite() {
	s := x.session
	if !x.expects || s.reading != x || s.owed.first != x || x.state != unanswered || x.target.open != nil && !x.wanted {
		return
	}
	x.expects = false
	x.send(continues)
}

// keepHead copies what the head aliases.
func (x *Exchange) keepHead() {
	if in := x.intake(); len(in.kept) == 0 {
		x.head, in.kept, in.fields = x.head.copyTo(in.kept, in.fields)
	}
}

// intake is what an exchange needs when its request comes in pieces, or has a body.
type intake struct {
	decoder   BodyDecoder
	memory    []byte // of the body
	kept      []byte // what the head aliases, once the input has gone
	fields    Fields // likewise
	discarded int    // bytes of the body that nobody wanted
}

func (x *Exchange) intake() *intake {
	if x.in == nil {
		x.in = new(intake)
	}
	return x.in
}

// reset keeps the memory, unless it is much.
func (in *intake) reset() {
	in.memory, in.kept, in.fields, in.discarded = in.memory[:0], in.kept[:0], in.fields[:0], 0
	if cap(in.memory) > maxScratch {
		in.memory = nil
	}
}
