//go:build linux

package engine

import (
	"io"

	"golang.org/x/sys/unix"
)

// turnMessages is how many messages of one connection are handled before others have their turn.
const turnMessages = 64

const (
	eventsIn    = unix.EPOLLIN | unix.EPOLLPRI | unix.EPOLLRDHUP
	eventsError = unix.EPOLLERR | unix.EPOLLHUP
)

// handleConn serves an event of a connection. The event is only a hint: it may be stale, and the descriptor's number may
// already be a new connection's. What a read or a write returns decides.
func (l *Loop) handleConn(c *Conn, events uint32) {
	if c.stalled && !c.isStarved() && events&(unix.EPOLLOUT|eventsError) != 0 {
		if c.endSlowNow(); c.state != dead {
			l.writable(c)
		}
	}
	switch {
	case c.state == dead || c.isStarved() || events&(eventsIn|eventsError) == 0:
	case c.state != open && !c.eof:
		l.readAway(c)
	case c.panicked:
		l.finish(c)
	case c.reads():
		l.readTurn(c)
	case events&eventsError != 0:
		c.checkError()
	}
}

// writable serves EPOLLOUT with one write. The connection stays stalled, and EPOLLOUT its clock, until nothing waits.
func (l *Loop) writable(c *Conn) {
	n, ok := l.write(c, l.next(c))
	if !ok {
		return
	}
	l.advance(c, n)
	switch {
	case c.waiting() || c.ahead() > 0:
		c.rearm() // edge-triggered, the next EPOLLOUT comes only if the kernel said no for want of room in the socket
	default:
		l.unstall(c)
		c.setInterest()
		if c.state == draining {
			l.drained(c)
		}
	}
	c.markOutbox()
	c.lookDrained()
}

// readTurn takes what one read brings, unless messages of an earlier read are still to be decoded: then this is their turn.
func (l *Loop) readTurn(c *Conn) {
	if c.undecoded {
		l.deliver(c, nil)
		l.finish(c)
		return
	}
	n, err := l.sys.read(int(c.fd), l.room())
	switch {
	case err != nil && l.goesOn(c, err):
		return
	case err != nil:
		c.destroy(err)
		return
	case n == 0:
		c.eof = true
		c.setInterest()
		l.deliver(c, nil)
	default:
		l.stats.read(n)
		if c.secured {
			l.readSealed(c, l.readBuf[:n])
		} else {
			l.deliver(c, l.readBuf[:n])
		}
		c.countBytes(n)
		l.servePrompt()
	}
	l.finish(c)
}

// deliver gives the handler what has been read: fresh bytes, behind those that it has not taken yet. Behind the last of
// them it is told of the peer's EOF.
func (l *Loop) deliver(c *Conn, fresh []byte) {
	before := l.current
	l.current = c
	c.turn = turnMessages
	input := c.undecoded
	c.undecoded = false
	if p := c.join(fresh); len(p) > 0 && (input || len(fresh) > 0) {
		c.keep(l.traffic(c, p))
	}
	if c.eof && !c.toldEOF() && !c.undecoded && c.state == open && c.hold == 0 {
		c.seldom().eofTold = true
		l.tellEOF(c)
	}
	l.current = before
	if c.undecoded && c.hold == 0 {
		l.enqueue(c)
	}
}

// toldEOF tells whether the handler has been told of the peer's EOF.
func (c *Conn) toldEOF() bool { return c.some != nil && c.some.eofTold }

// join puts fresh bytes behind the rest.
func (c *Conn) join(fresh []byte) []byte {
	if len(c.rest()) == 0 {
		return fresh
	}
	c.setRest(append(c.some.rest, fresh...))
	return c.some.rest
}

func (l *Loop) traffic(c *Conn, p []byte) (_ []byte, taken int) {
	defer l.recovered(c)
	return p, c.handler.OnTraffic(c, p)
}

// keep holds on to what the handler has not taken of p.
func (c *Conn) keep(p []byte, taken int) {
	left := p[min(max(taken, 0), len(p)):]
	switch {
	case c.state != open || c.panicked || len(left) == 0:
		c.setRest(nil)
		c.undecoded = false
	case len(c.rest()) > 0 && len(left) > c.restSize()/4:
		c.setRest(left) // a part of what it was, and not so little that it would keep much more
	default:
		c.setRest(append([]byte(nil), left...))
	}
	switch unfinished := len(c.rest()); {
	case c.undecoded || unfinished == 0:
	case unfinished > c.limits.MaxUnfinished:
		c.CloseWith(ErrUnfinished)
	default:
		c.waitForMemory()
	}
}

// Next is asked by a handler before each message that it handles. It counts the message against the connection's turn, and
// says no when the turn is used up, when reading is paused, when a listener's MessageRate has it wait, or when the end has begun:
// then OnTraffic returns what it has taken so far, and the rest is given again later.
func (c *Conn) Next() bool {
	if c.state != open || c.panicked {
		return false
	}
	if c.turn <= 0 || c.hold != 0 || c.sendsTooMuch() || c.loop.holdPublisher(c) || c.tooSoon() {
		c.undecoded = true
		return false
	}
	c.turn--
	return true
}

// Spend counts messages more against the connection's turn: for a message that took the time of so many.
func (c *Conn) Spend(messages int) {
	c.turn = max(0, c.turn-int8(min(max(messages, 0), turnMessages)))
}

// sendsTooMuch tells whether more answers wait than the mark allows, though the peer takes them: then it is not read until
// the next turn, or its answers could grow faster than turns send them.
func (c *Conn) sendsTooMuch() bool { return c.out != nil && c.out.bytes > c.limits.MaxOutbox }

func (l *Loop) tellEOF(c *Conn) {
	h, ok := c.handler.(EOFHandler)
	if !ok {
		c.CloseWith(io.EOF)
		return
	}
	defer l.recovered(c)
	h.OnEOF(c)
}

// readAway reads and throws away what comes after our end began, until the peer's EOF.
func (l *Loop) readAway(c *Conn) {
	n, err := l.sys.read(int(c.fd), l.readBuf)
	switch {
	case err != nil && l.goesOn(c, err):
	case err != nil:
		c.destroy(err)
	case n > 0:
		l.stats.discarded(n)
	case c.state == lingering:
		c.destroy(nil)
	default:
		c.eof = true
		c.setInterest()
	}
}

// checkError looks whether a connection that is not read has been reset.
func (c *Conn) checkError() {
	if err := c.loop.sys.failure(int(c.fd)); err != nil {
		c.destroy(err)
	}
}
