//go:build linux

package http

import "fanloop/engine"

// start begins an answer in pieces, with a body of length bytes, or of as many as come when that is negative. t becomes the
// exchange's taker. The errors are those of Respond.
func (x *Exchange) start(status int, fields Fields, length int64, t taker) error {
	return x.startLines(answerLines{status: status, length: length}, fields, t)
}

// answerLines is the head of an answer, some fields of which may be lines already.
type answerLines struct {
	status int
	lines  []byte // they have been checked
	dated  bool   // there is a Date among them
	length int64  // of the body, -1 when it is not known
	closes bool   // nothing comes behind the answer

	upgrade bool // there is an Upgrade among them
}

func (x *Exchange) startLines(l answerLines, fields Fields, t taker) error {
	if err := x.mayAnswer(); err != nil {
		return err
	}
	if l.status < 200 {
		return ErrStatus
	}
	d := x.desk()
	x.close = x.close || l.closes
	h := x.answerHead(l.status, fields, l.length)
	h.lines, h.dated, h.upgrade = l.lines, l.dated, l.upgrade
	out, err := h.append(d.scratch[:0])
	if err != nil {
		return err
	}
	x.state, x.framing, x.taker, x.owns = begun, h.framing, t, true
	x.send(out)
	d.keepScratch(out)
	return nil
}

// informWith sends an interim answer, such as 103 (RFC 9110 15.2). HTTP/1.0 does not know them.
func (x *Exchange) informWith(h answerHead) error {
	switch status := h.status; {
	case x.session.conn.Closing():
		return engine.ErrClosed
	case x.state != unanswered:
		return ErrAnswered
	case status < 100 || status > 199 || status == 101:
		return ErrStatus
	}
	d := x.desk()
	out, err := h.append(d.scratch[:0])
	if err != nil || x.old {
		return err
	}
	x.send(out)
	d.keepScratch(out)
	return nil
}

// write sends a piece of the body.
func (x *Exchange) write(p []byte) {
	switch x.framing {
	case byLength, byTheEnd:
		x.send(p)
	case byChunks:
		d := x.session.desk
		out := appendChunk(d.scratch[:0], p)
		x.send(out)
		d.keepScratch(out)
	}
}

// end ends the body. The errors are those of trailers that cannot be sent; then it has not ended.
func (x *Exchange) end(trailers Fields) error {
	if x.framing == byChunks {
		d := x.desk()
		out, err := appendLastChunk(d.scratch[:0], trailers)
		if err != nil {
			return err
		}
		x.send(out)
		d.keepScratch(out)
	}
	x.finish()
	return nil
}

// buffered is how many bytes wait for the peer: of the connection, when x is the first, else of x alone.
func (x *Exchange) buffered() int {
	if x.session.owed.first == x {
		return len(x.out) + x.session.conn.Buffered()
	}
	return len(x.out)
}

// awaitDrain has the taker's drained called once, as soon as no more than mark bytes wait.
func (x *Exchange) awaitDrain(mark int) {
	x.mark, x.awaits = mark, true
	if x.session.owed.first == x {
		x.session.conn.AwaitDrain(mark)
	}
}
