//go:build linux

package engine

import "context"

// When the loops themselves are behind, publishers wait. A loop's backlog is the bytes that it has not yet offered to the
// kernel; peers that do not read are left out, their outbox has limits of its own. While any loop's backlog is above the
// high mark, every loop holds back, before its next message, a connection that has published, and TCP slows the publisher
// down; below the low mark all go on.
const (
	backlogHigh = 4 << 20
	backlogLow  = 1 << 20
)

func (l *Loop) checkBacklog() {
	l.tellMemory()
	n := l.queued + l.everybody.backlog()
	switch {
	case !l.behind && n > backlogHigh:
		l.behind = true
		l.engine.behind.Add(1)
	case l.behind && n < backlogLow:
		l.behind = false
		l.engine.relieve()
	}
}

// NotePublish tells the loop that the callback now running publishes, so that its connection is held back while the loops are
// behind. Timers, posted tasks and what Ref.Post brings have nobody who could be held back: while the loops are behind it is
// false, and they should not publish. On the loop only.
func (l *Loop) NotePublish() bool {
	l.checkBacklog()
	if l.current != nil && !l.posted {
		l.current.published = true
		return true
	}
	return l.engine.behind.Load() == 0
}

// AwaitBacklog blocks while the loops are behind. It is for ordinary goroutines that publish, never for a loop. It returns
// the context's error, or ErrClosed when the engine has stopped.
func (l *Loop) AwaitBacklog(ctx context.Context) error { return l.engine.awaitBacklog(ctx) }

func (e *Engine) awaitBacklog(ctx context.Context) error {
	for e.behind.Load() > 0 {
		e.reliefMu.Lock()
		relief := e.relief
		e.reliefMu.Unlock()
		if e.behind.Load() == 0 {
			break
		}
		select {
		case <-relief:
		case <-ctx.Done():
			return ctx.Err()
		case <-e.done:
			return ErrClosed
		}
	}
	return ctx.Err()
}

// relieve is called when one of the reasons to hold publishers back has gone; with the last of them all go on.
func (e *Engine) relieve() {
	if e.behind.Add(-1) > 0 {
		return
	}
	e.reliefMu.Lock()
	close(e.relief)
	e.relief = make(chan struct{})
	e.reliefMu.Unlock()
	for _, l := range e.loops {
		_ = l.Post(l.releaseHeld) // a loop that has stopped holds nobody
	}
}

// heldPerTask is how many publishers one task lets go on.
const heldPerTask = 64

// releaseHeld lets those go on who were held back, the first of them first, some of them a task.
func (l *Loop) releaseHeld() {
	for n := 0; n < heldPerTask && l.held.n > 0; n++ {
		c := l.held.pop()
		c.published = false // it is held back again when it has published again
		c.clearHold(holdBacklog)
	}
	if l.held.n > 0 {
		_ = l.Post(l.releaseHeld) // ErrClosed: nobody is read any more
	}
}

// holdPublisher holds c back if the loops are behind and c is among those who made them so.
func (l *Loop) holdPublisher(c *Conn) bool {
	if !c.published || l.sparing || l.engine.behind.Load() == 0 {
		return false
	}
	l.holdBack(c)
	return true
}

// holdBack has c, which is open, not read until all reasons to hold publishers back have gone.
func (l *Loop) holdBack(c *Conn) {
	if c.hold&holdBacklog == 0 {
		c.seldom().heldAt = l.held.push(c) // before setHold, which may find the connection lost, and take it out again
		l.stats.heldBack.Add(1)
		c.setHold(holdBacklog)
	}
}

// unhold is for one that is held back and closes.
func (l *Loop) unhold(c *Conn) {
	if c.hold&holdBacklog == 0 {
		return
	}
	l.held.remove(c.some.heldAt)
	c.clearHold(holdBacklog)
}
