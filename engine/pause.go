//go:build linux

package engine

import "time"

// When the system has no descriptors (or memory) left, accepting pauses: the kernel keeps those who wait in its backlog, and
// everybody connected is served on. It is tried again after 5 ms, then after twice as long, up to a second, and at once
// when one of our own connections closes. So it is with errors that nothing is known of, such as when somebody else who holds the
// socket has shut it down: the poller would report that without end.
const (
	minBackoff = 5 * time.Millisecond
	maxBackoff = time.Second
	// warnEvery is how long a listener keeps silent about it: at the limit, each connection that leaves lets one in, and
	// accepting pauses again.
	warnEvery = 10 * time.Second
)

func (ln *Listener) pause(cause error) {
	l := ln.loop
	if now := time.Now(); now.Sub(ln.warned) > warnEvery {
		ln.warned = now
		l.log.Warn("engine: accepting pauses", "listener", ln.addr, "err", cause)
	}
	ln.backoff = min(max(2*ln.backoff, minBackoff), maxBackoff)
	l.stats.acceptPauses.Add(1)
	if ln.watched {
		_ = l.sys.forget(l.poller.Delete, ln.fd)
		ln.watched = false
	}
	ln.engine.paused.Add(1)
	ln.paused = l.After(ln.backoff, ln.unpause)
}

func (ln *Listener) unpause() {
	if ln.endPause() {
		ln.resume()
	}
}

func (ln *Listener) endPause() bool {
	if ln.paused == nil {
		return false
	}
	ln.paused.Stop()
	ln.paused = nil
	ln.engine.paused.Add(-1)
	return true
}

// resume watches the listening socket. When even that fails, for want of memory, it is tried again like accepting.
func (ln *Listener) resume() {
	if err := ln.loop.control(ln.loop.poller.AddRead, ln.fd, false); err != nil {
		ln.pause(err)
		return
	}
	ln.watched = true
}

// descriptorFreed is called when a connection has closed: listeners that wait for a descriptor try again at once.
func (e *Engine) descriptorFreed() {
	if e.paused.Load() == 0 {
		return
	}
	for _, l := range e.loops {
		_ = l.Post(l.unpauseListeners) // a loop that has stopped accepts no more
	}
}

func (l *Loop) unpauseListeners() {
	for _, ln := range l.listeners {
		ln.unpause()
	}
}
