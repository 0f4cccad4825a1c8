//go:build linux

package engine

import (
	"errors"
	"sync/atomic"
	"time"

	"golang.org/x/sys/unix"
)

// Why a connection is turned away as soon as it has been accepted, beside ErrConnections.
var (
	errPerAddress  = errors.New("engine: too many connections of one address")
	errAddressRate = errors.New("engine: too many new connections of one address")
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
	s := &ln.loop.stats
	switch cause {
	case errPerAddress:
		s.overAddress.Add(1)
	case errAddressRate:
		s.overRate.Add(1)
	default:
		s.overConnections.Add(1)
	}
	if now := time.Now(); now.Sub(ln.toldOf) > warnEvery {
		ln.toldOf = now
		ln.loop.log.Warn("engine: connections are turned away", "listener", ln.addr, "addr", peer.addr(), "err", cause)
	}
	_ = unix.Close(fd)
}

// takePlace counts one in, unless there are most already; most below 0 is no limit.
func takePlace(count *atomic.Int64, most int64) bool {
	if n := count.Add(1); most >= 0 && n > most {
		count.Add(-1)
		return false
	}
	return true
}
