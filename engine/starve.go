//go:build linux

package engine

import (
	"time"

	"golang.org/x/sys/unix"
)

// When the kernel has no memory for a read or a write (ENOMEM, ENOBUFS), the socket is ready all the same, and a poller that is
// asked would say so without end. So the connection is left alone for a moment and then tried again, as often as it takes.
const starveTime = 5 * time.Millisecond

// goesOn tells whether a read or write failed only for now. c may have ended all the same, because the poller could not be told.
func (l *Loop) goesOn(c *Conn, err error) bool {
	switch err {
	case unix.EAGAIN, unix.EINTR:
		return true
	case unix.ENOBUFS, unix.ENOMEM:
		l.starve(c)
		return true
	}
	return false
}

func (c *Conn) isStarved() bool { return c.some != nil && c.some.starved }

func (l *Loop) starve(c *Conn) {
	l.stats.starved.Add(1)
	if c.isStarved() {
		return
	}
	c.seldom().starved = true
	if len(l.starved) == 0 {
		l.After(starveTime, l.feed)
	}
	l.starved = append(l.starved, c)
	c.setInterest()
}

// feed has the poller report again what those are ready for who were left alone.
func (l *Loop) feed() {
	fed := l.starved
	l.starved = nil
	for _, c := range fed {
		c.some.starved = false
		c.setInterest()
	}
}
