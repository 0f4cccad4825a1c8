//go:build linux

package http

import "fanloop/engine"

// Later is for an OnRequest that cannot decide at once: it holds x back, and there is neither an answer nor a stream until goOn is
// called, once, by any goroutine. That has decide called on the loop, where the Head of x is as it was; when decide does not answer,
// the stream begins. Nothing else is read from the client meanwhile, and when it has gone decide is not called. There is no time
// limit but the caller's own.
func (e *Events) Later(x *Exchange) (goOn func(decide func(x *Exchange))) {
	if x.mayAnswer() != nil {
		return func(func(*Exchange)) {} // it has been decided
	}
	x.later, x.owns = true, true // goOn has kept it, whoever answers meanwhile
	x.keepHead()
	x.session.hold(holdLater)
	ref := x.Ref()
	return func(decide func(x *Exchange)) {
		_ = ref.Post(func(*engine.Conn) { e.goOn(x, decide) }) // fails when the loop has stopped, and nobody waits
	}
}

func (e *Events) goOn(x *Exchange, decide func(x *Exchange)) {
	s := x.session
	if !x.later {
		return
	}
	x.later = false
	s.release(holdLater)
	s.running = x
	decide(x)
	s.running = nil
	switch {
	case x.state != unanswered || x.reply != nil:
	case s.ending == engine.ErrShutdown:
		x.answerRefusal(errStopping) // nobody would end the stream
	default:
		e.begin(x)
	}
	s.look()
}
