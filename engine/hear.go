//go:build linux

package engine

// hear makes c one of those who get broadcasts, or no longer. What was broadcast before it stops is still its own.
func (c *Conn) hear(on bool) {
	switch {
	case on && !c.hears && !c.detached && c.state == open:
		c.loop.everybody.join(c)
	case !on && c.hears:
		c.keepLog()
		c.leaveAudiences()
	}
}

// keepLog is the end of c's hearing; the log entries it has not got yet become its own, merged with the rest in order.
func (c *Conn) keepLog() {
	if c.hears {
		c.catchUp()
		c.quitLog()
	}
}

// quitLog is the end of c's hearing, and of what it has not got yet.
func (c *Conn) quitLog() { c.loop.everybody.quit(c) }

// catchUp makes what the log has for c its own: because c is about to enter an audience or leave one, and entries go by who is
// in it when they are visited; because its format changes; or because it is stalled, and is not to pin entries that leave it
// out. It costs a look at each entry since its last turn.
func (c *Conn) catchUp() {
	l := c.loop
	b := &l.everybody
	b.sync(c)
	if !c.hears || c.cursor == b.end() {
		return
	}
	b.unpin(c)
	if c.written > 0 && !c.headIsItem() {
		l.account(c, -c.written) // the rest of that entry is counted as its own below
	}
	merged := l.pool.box()
	for c.waiting() {
		c.moveHead(merged)
	}
	if merged.len() == 0 {
		l.pool.freeBox(merged)
	} else {
		merged.bytes -= c.written
		c.out = merged
		l.enqueue(c) // the sweep may not come to it any more
	}
	if c.stalled {
		b.pin(c)
	}
	b.tidy()
}

// moveHead moves what comes first, of the outbox or the log, to the end of another outbox.
func (c *Conn) moveHead(to *outbox) {
	if c.headIsItem() {
		to.add(c.out.pop())
		if c.out.len() == 0 {
			c.freeOutbox()
		}
		return
	}
	if frame := c.entryFrame(c.cursor); len(frame) > 0 {
		to.push(frame, 0)
		c.loop.account(c, len(frame)+itemOverhead)
	}
	c.cursor++
}
