//go:build linux

package engine

import (
	"errors"
	"syscall"
)

// interest is what the poller is asked to report of a connection. Two flags decide, whether it is read and whether it is
// stalled:
//
//	           | not stalled    | stalled
//	read       | readable       | readable, writable
//	not read   | changes only   | changes only, writable
//
// "Changes only" is edge-triggered: a FIN, a reset or new bytes are reported once and do not spin while nobody reads; back
// in the first row, what waits in the kernel is reported again. Who is starved (see starve.go) is treated as neither read nor stalled.
type interest uint8

const (
	interestWrite interest = 1 << iota
	interestEdge
)

func (c *Conn) setInterest() {
	if c.state == dead {
		return
	}
	var want interest
	if c.stalled && !c.isStarved() {
		want |= interestWrite
	}
	if !c.reads() || c.isStarved() {
		want |= interestEdge
	}
	if want == c.interest {
		return
	}
	c.interest = want
	l := c.loop
	op := l.poller.ModRead
	if want&interestWrite != 0 {
		op = l.poller.ModReadWrite
	}
	if err := l.control(op, int(c.fd), want&interestEdge != 0); err != nil {
		c.destroy(err)
	}
}

// rearm asks again for what is edge-triggered: what is ready now is reported once more.
func (c *Conn) rearm() {
	if c.state == dead || c.interest != interestWrite|interestEdge {
		return
	}
	if err := c.loop.control(c.loop.poller.ModReadWrite, int(c.fd), true); err != nil {
		c.destroy(err)
	}
}

// control is epoll_ctl for one of the loop's descriptors. gnet wraps the errno, which others are to see.
func (l *Loop) control(op pollerOp, fd int, edge bool) error {
	err := l.sys.control(op, l.attachment(fd), edge)
	if errno := syscall.Errno(0); err != nil && errors.As(err, &errno) {
		return errno
	}
	return err
}

// reads tells whether bytes from the peer are wanted: to be handled while open, to be thrown away afterwards.
func (c *Conn) reads() bool {
	return !c.eof && (c.state != open || c.hold == 0)
}

// Pause stops reading from the peer: OnTraffic is not called until Resume, also with bytes that have been read already.
// The kernel's buffers fill up and TCP slows the peer down. What is sent still goes out. While Options.MaxMemory is spent, what has been
// read already, 64 KiB at most, counts as the connection's own: who holds the most is closed.
func (c *Conn) Pause() { c.setHold(holdUser) }

// Resume ends Pause. What was read before and not handled comes first.
func (c *Conn) Resume() { c.clearHold(holdUser) }

// Hold is Pause for the protocol's own purposes, independent of the user's.
func (c *Conn) Hold() { c.setHold(holdProtocol) }

// Release ends Hold.
func (c *Conn) Release() { c.clearHold(holdProtocol) }

func (c *Conn) setHold(why hold) {
	if c.state != open || c.hold&why != 0 {
		return
	}
	c.hold |= why
	c.setInterest()
}

func (c *Conn) clearHold(why hold) {
	if c.state != open || c.hold&why == 0 {
		return
	}
	if c.hold &^= why; c.hold != 0 {
		return
	}
	// Bytes that are in user space already raise no event: the loop's queue sees to them. So it does for an EOF that
	// came in behind them.
	if c.hasInput() {
		c.loop.enqueue(c)
	}
	c.setInterest()
}
