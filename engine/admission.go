//go:build linux

package engine

import (
	"sync/atomic"
	"time"
)

// admit counts a new connection in, or says why it is too many. On the accepting loop, while others count out.
func (ln *Listener) admit(peer *endpoint) error {
	if e := ln.engine; !takePlace(&e.open, e.maxConnections.Load()) {
		return ErrConnections
	}
	if !takePlace(&ln.open, int64(ln.held().MaxConnections)) {
		ln.engine.open.Add(-1)
		return ErrConnections
	}
	if err := ln.addresses.enter(peer, ln.loop.age()); err != nil {
		ln.engine.open.Add(-1)
		ln.open.Add(-1)
		return err
	}
	return nil
}

// dismiss counts a connection out again. On any loop.
func (ln *Listener) dismiss(c *Conn) {
	ln.engine.open.Add(-1)
	ln.open.Add(-1)
	ln.addresses.leave(&c.remote, c.loop.age())
}

// turnAway closes a connection that is too many. A peer that has sent nothing yet reads EOF, others get a reset.
func (ln *Listener) turnAway(fd int, peer *endpoint, cause error) {
	ln.loop.stats.turnedAway(cause)
	ln.tellOf(peer, cause)
	_ = ln.loop.sys.close(fd)
}

// turnedAway counts one who was too many.
func (s *loopStats) turnedAway(cause error) {
	switch cause {
	case ErrPerAddress:
		s.overAddress.Add(1)
	case ErrAddressRate:
		s.overRate.Add(1)
	default:
		s.overConnections.Add(1)
	}
}

// tellOf logs now and then that connections are turned away. On any loop.
func (ln *Listener) tellOf(peer *endpoint, cause error) {
	if ln.tellings.due() {
		ln.engine.log.Warn("engine: connections are turned away", "listener", ln.addr, "addr", peer.addr(), "err", cause)
	}
}

// tellings let a warning pass once in a while, and may be asked on any goroutine.
type tellings struct{ last atomic.Int64 }

func (t *tellings) due() bool {
	now, last := time.Now().UnixNano(), t.last.Load()
	return now-last > int64(warnEvery) && t.last.CompareAndSwap(last, now)
}

// takePlace counts one in, unless there are most already; most below 0 is no limit.
func takePlace(count *atomic.Int64, most int64) bool {
	if n := count.Add(1); most >= 0 && n > most {
		count.Add(-1)
		return false
	}
	return true
}
