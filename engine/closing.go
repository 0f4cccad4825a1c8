//go:build linux

package engine

import "time"

// Close ends the connection in order: nothing more is read for the handler, what was sent before still goes out, then the
// peer reads EOF; what it still sends is thrown away until its own EOF or until the linger time has passed without
// progress. OnClose follows the present callback; its reason is ErrClosed. For a hub the connection is gone at once.
func (c *Conn) Close() { c.CloseWith(ErrClosed) }

// CloseWith is Close, with the reason that OnClose gets, unless the engine has a better one already (a panic, a slow
// consumer).
func (c *Conn) CloseWith(reason error) {
	if c.state != open {
		return
	}
	c.end(draining, reason)
	if c.state == dead {
		return // somebody who was told of the end was not patient
	}
	c.seldom().timer = c.loop.After(c.limits.Linger, c.lingerOver)
	c.setInterest()
	if c.loop.current != c {
		c.loop.enqueue(c) // the turn that sends the rest also finds out that there is none
	}
}

// Abort ends the connection at once: what waits is dropped and the peer gets a reset. OnClose follows the present
// callback, with ErrAborted.
func (c *Conn) Abort() { c.abort(ErrAborted) }

func (c *Conn) abort(reason error) {
	if c.state == dead {
		return
	}
	c.loop.sys.reset(int(c.fd))
	c.destroy(reason)
}

// Detach tells the hub that the connection is gone and lets no more pushes in, because its protocol has begun to say
// goodbye. Send still works, and so does reading.
func (c *Conn) Detach() {
	if c.detached {
		return
	}
	c.detached = true
	c.keepLog()
	if gone := c.gone; gone != nil {
		c.gone = nil
		c.loop.guarded(gone) // a panic in the midst of an end would leave half of it undone
	}
	c.leaveAudiences()
	c.clearHold(holdFast) // the peer's own goodbye is wanted
}

// end leaves the open state.
func (c *Conn) end(to state, reason error) {
	c.forgetAttach()
	c.state = to
	if s := c.seldom(); s.reason == nil {
		s.reason = c.endOfStream(reason)
	}
	l := c.loop
	l.stats.ended[endingOf(c.some.reason)].Add(1)
	c.setRest(nil)
	c.undecoded = false
	l.kept -= int(c.kept) // its handler lets go of that now
	c.kept = 0
	l.unhold(c)
	l.ended = append(l.ended, c)
	c.Detach()
}

// drained is called when everything sent before Close has gone out.
func (l *Loop) drained(c *Conn) {
	if !l.sayCloseNotify(c) {
		return
	}
	if c.eof || l.sys.shutdown(int(c.fd)) != nil {
		c.destroy(nil)
		return
	}
	c.state = lingering
	c.progresses() // what the kernel holds now is where progress begins
	c.some.timer.Reset(c.lingerTime())
}

// stopLinger is how long a peer that has been sent everything may take to close when the engine stops. Many would never:
// they hold an idle connection, and a stop must not wait for each.
const stopLinger = time.Second

// lingerTime is how long the peer may go without progress.
func (c *Conn) lingerTime() time.Duration {
	if c.loop.leaving && c.state == lingering {
		return min(c.limits.Linger, stopLinger)
	}
	return c.limits.Linger
}

// lingerOver ends a connection whose peer neither reads what it is owed nor closes. While it reads, it has time.
func (c *Conn) lingerOver() {
	if c.progresses() {
		c.some.timer.Reset(c.lingerTime())
		return
	}
	c.loop.stats.lingered.Add(1)
	if c.state == lingering {
		c.destroy(nil)
		return
	}
	c.abort(nil) // a plain close would leave the rest with the kernel, which would go on trying
}

// progresses tells whether the peer has taken something since the last time. The kernel asks for more only when much of its
// buffer is free, which a slow peer can take longer for than the linger time: so what it still holds counts too.
func (c *Conn) progresses() bool {
	before, wrote := c.some.unsent, c.some.progress
	c.some.unsent, c.some.progress = c.loop.sys.unsent(int(c.fd)), false
	return wrote || c.some.unsent < before
}

// destroy closes the descriptor. A nil reason is for a connection whose end has begun, and so has one.
func (c *Conn) destroy(reason error) {
	if c.state == dead {
		return
	}
	l := c.loop
	c.quitLog() // nobody needs what it has for c any more
	if c.state == open {
		c.end(dead, reason)
	}
	c.state = dead
	l.unstall(c)
	c.discard()
	c.forgetSecure()
	l.paces.leave(c)
	if t := c.some.timer; t != nil {
		t.Stop()
	}
	fd := int(c.fd)
	l.conns[fd] = nil
	// Before close: with a duplicate of the descriptor alive somewhere, epoll would go on reporting it.
	_ = l.sys.forget(l.poller.Delete, fd)
	_ = l.sys.close(fd)
	l.closed(c)
}

// closed counts a connection out, and lets those go on that waited for a descriptor or for the last one to go.
func (l *Loop) closed(c *Conn) {
	if c.listener != nil {
		c.listener.dismiss(c)
	} else {
		l.engine.open.Add(-1)
	}
	if l.open.Add(-1) == 0 && l.gone != nil {
		close(l.gone)
		l.gone = nil
	}
	l.engine.descriptorFreed()
}
