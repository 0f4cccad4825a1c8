//go:build linux

package engine

// One broadcast can bring thousands of connections to their mark. So it only notes who is to be closed for it, and the slices
// close some at a time. Until then nothing is read from such a connection, nothing more is pushed to it, and it is sent nothing:
// what it has refused would be missing in between.

// slowPerSlice is how many are closed in a slice.
const slowPerSlice = 8

func (l *Loop) closeSoon(c *Conn) {
	c.hold |= holdSlow // the poller need not know
	c.quitLog()        // all that waits has become its own
	l.doomed.push(c)
	l.wake()
}

// closeSlow closes some of them.
func (l *Loop) closeSlow() {
	for n := 0; n < slowPerSlice && l.doomed.n > 0; n++ {
		l.doomed.pop().endSlowNow()
	}
}

// endSlowNow closes c, unless that, or another end, has happened.
func (c *Conn) endSlowNow() {
	if c.hold&holdSlow == 0 || c.state != open {
		return
	}
	c.clearHold(holdSlow)
	c.passMark()
	if c.state == open && !c.detached {
		c.endSlow()
	}
}
