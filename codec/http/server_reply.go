//go:build linux

package http

import (
	"sync/atomic"

	"fanloop/engine"
)

// Reply is the answer of an exchange as any goroutine may give it, once. Exchange.Reply makes it. It is a small value, to be
// copied as one likes; all copies are the same reply. The Send of the zero Reply returns engine.ErrClosed.
type Reply struct{ reply *reply }

// Reply takes the answer out of the exchange's hands. It must be sent sooner or later: what is asked behind it waits. A
// second call, or one after an answer, gives the zero Reply.
func (x *Exchange) Reply() Reply {
	if x.state != unanswered || x.reply != nil || x.session.conn.Closing() {
		return Reply{}
	}
	r := &reply{exchange: x, conn: x.session.conn.Ref()}
	x.reply, x.owns = r, true
	if x.session.running != x {
		r.arm()
	}
	return Reply{r}
}

// Send answers as Exchange.Respond does. It may be called from any goroutine, never blocks, and copies what it is given. The
// errors are those of Respond, engine.ErrClosed when the connection has closed. No error means that the answer has its
// place, not that the peer has read it.
func (r Reply) Send(status int, fields Fields, body []byte) error {
	if r.reply == nil {
		return engine.ErrClosed
	}
	return r.reply.send(status, fields, body)
}

// reply is where an answer waits for the loop.
//
//	      sender           sender
//	owed --------> taken ---------> filled     the loop finds it at the end of the handler,
//	 | loop          | loop                    or is told, when it was armed
//	 v               v
//	armed, or closed in any state: the connection has gone
type reply struct {
	exchange *Exchange // the loop's
	conn     engine.Ref
	taken    atomic.Bool // by the one who sends, or by the end of the connection
	closed   atomic.Bool
	word     atomic.Int32

	status int // the sender's until filled, then the loop's
	fields Fields
	body   []byte
}

const (
	replyOwed int32 = iota
	replyArmed
	replyFilled
)

func (r *reply) send(status int, fields Fields, body []byte) error {
	check := answerHead{status: status, fields: fields}
	if _, err := check.append(nil); err != nil {
		return err
	}
	if status < 200 {
		return ErrStatus
	}
	if r.taken.Swap(true) {
		if r.closed.Load() {
			return engine.ErrClosed
		}
		return ErrAnswered
	}
	r.status, r.fields, r.body = status, fields.clone(), append([]byte(nil), body...)
	if r.word.Swap(replyFilled) == replyArmed {
		return r.conn.Post(func(*engine.Conn) { r.answer() })
	}
	return nil
}

// arm ends the time in which the loop finds the answer by itself.
func (r *reply) arm() {
	if !r.word.CompareAndSwap(replyOwed, replyArmed) {
		r.answer()
	}
}

// answer is the loop's.
func (r *reply) answer() {
	x := r.exchange
	if x.state == unanswered && !x.session.conn.Closing() {
		_ = x.answerWith(r.status, r.fields, r.body) // it has been checked
	}
}

func (r *reply) drop() {
	r.closed.Store(true)
	r.taken.Store(true)
}
