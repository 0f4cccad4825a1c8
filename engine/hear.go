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
// out. It costs a look at each entry since its last turn, and a move of what came to the outbox since.
func (c *Conn) catchUp() {
	l := c.loop
	b := &l.everybody
	b.sync(c)
	if !c.hears || c.cursor == b.end() {
		return
	}
	b.unpin(c)
	begun := c.written > 0 && !c.headIsItem()
	o := c.outbox()
	after := o.cut(c.cursor)
	for c.cursor != b.end() {
		for len(after) > 0 && after[0].position <= c.cursor {
			o.put(after[0])
			after = after[1:]
		}
		c.takeEntry(o)
	}
	for _, it := range after {
		o.put(it)
	}
	if begun { // the rest of that entry has been counted as a whole
		o.bytes -= c.written
		l.account(c, -c.written)
	}
	switch {
	case o.len() == 0:
		c.freeOutbox()
	case !c.stalled:
		l.enqueue(c) // the sweep may not come to it any more
	}
	if c.stalled {
		b.pin(c)
	}
	b.tidy()
}

// takeEntry makes the log's entry at c's cursor its own, and goes past it.
func (c *Conn) takeEntry(o *outbox) {
	if frame := c.entryFrame(c.cursor); len(frame) > 0 {
		m := c.loop.everybody.at(c.cursor).message
		o.add(item{frame: frame, position: c.cursor, push: true, key: c.keyOf(m)})
		c.loop.account(c, len(frame)+itemOverhead)
	}
	c.cursor++
}
