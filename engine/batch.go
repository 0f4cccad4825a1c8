//go:build linux

package engine

import "slices"

// A connection's turn writes everything it has to say in one write(2): small frames are copied behind each other into the
// loop's batch buffer (copying 64 KiB costs less than the kernel's walk over hundreds of vectors, and a write of many
// messages little more than a write of one); a large frame goes as it is, in a write of its own.
//
// Most turns of a broadcast are alike: the same entries of the log in the same format. So the buffer remembers which
// entries it holds, and the next connection whose cursor stands at the same place uses it as it is.

const (
	batchSize  = 64 << 10
	largeFrame = 16 << 10
	// maxWrite is the most that one turn hands to the kernel from one large frame.
	maxWrite = 256 << 10
)

type batch struct {
	buf []byte // what the next write takes, when it is not one large frame

	// What buf holds, when it holds log entries and nothing else: those of [from, to) in format, for everybody to whom all
	// of parties applies, but those in excepts.
	from, to uint64
	format   *Format
	excepts  [][]uint64
	parties  []party
}

// party says that somebody is in an audience, or is not.
type party struct {
	audience *audience
	in       bool
}

// maxParties is how many audiences the entries in a buffer may be for; each costs whoever might use the buffer a test.
const maxParties = 8

func (b *batch) reset() {
	clear(b.excepts)
	clear(b.parties)
	b.buf, b.format, b.excepts, b.parties = b.buf[:0], nil, b.excepts[:0], b.parties[:0]
}

// isFor tells whether buf holds what c's turn begins with.
func (b *batch) isFor(c *Conn) bool {
	if b.format != c.format || b.from != c.cursor {
		return false
	}
	for _, p := range b.parties {
		if p.audience.has(int(c.fd)) != p.in {
			return false
		}
	}
	return !slices.ContainsFunc(b.excepts, func(ids []uint64) bool { return contains(ids, c.id) })
}

// suppose notes that what comes into buf next goes by whether c is in an audience. false: it cannot be noted.
func (b *batch) suppose(a *audience, in bool) bool {
	p := party{a, in}
	switch {
	case slices.Contains(b.parties, p):
	case len(b.parties) == maxParties:
		return false
	default:
		b.parties = append(b.parties, p)
	}
	return true
}

func (b *batch) fits(frame []byte) bool { return len(frame) <= cap(b.buf)-len(b.buf) }

// gather returns the bytes that c's turn writes: nil when it has nothing to say. They are valid until the next gather.
func (l *Loop) gather(c *Conn) []byte {
	l.everybody.sync(c)
	if c.out == nil && c.written == 0 && c.hears {
		if p := l.gatherLog(c); p != nil {
			return p
		}
	}
	return l.gatherMixed(c)
}

// gatherLog handles a connection that has entries of the log to get and nothing else. It returns nil when that is not as
// simple as it looks: a large frame, c is an exception, or the entries are for very different audiences.
func (l *Loop) gatherLog(c *Conn) []byte {
	b, end := &l.batch, l.everybody.end()
	if c.cursor == end {
		return nil
	}
	if !b.isFor(c) {
		b.reset()
		b.format, b.from, b.to = c.format, c.cursor, c.cursor
	}
	for ; b.to < end; b.to++ {
		e := l.everybody.at(b.to)
		in := e.to.has(int(c.fd))
		if e.to != &l.everybody.everybody && !b.suppose(e.to, in) {
			return nil
		}
		if !in {
			continue
		}
		if e.excludes(c.id) {
			return nil
		}
		frame := c.format.frame(e.message)
		if len(frame) > largeFrame || !b.fits(frame) {
			break
		}
		b.buf = append(b.buf, frame...)
		if len(e.except) > 0 {
			b.excepts = append(b.excepts, e.except)
		}
	}
	if len(b.buf) == 0 {
		b.reset()
		return nil
	}
	return b.buf
}

// gatherMixed merges the outbox and the log in the order in which they came.
func (l *Loop) gatherMixed(c *Conn) []byte {
	b := &l.batch
	b.reset()
	walk := walker{loop: l, conn: c, cursor: c.cursor, skip: c.written}
	for frame := walk.next(); frame != nil; frame = walk.next() {
		if len(frame) > largeFrame && len(b.buf) == 0 {
			return frame[:min(len(frame), maxWrite)]
		}
		if len(frame) > largeFrame || !b.fits(frame) {
			break
		}
		b.buf = append(b.buf, frame...)
	}
	if len(b.buf) == 0 {
		return nil
	}
	return b.buf
}

// walker goes through what a connection has to say without changing it.
type walker struct {
	loop   *Loop
	conn   *Conn
	index  int // in the outbox, from its first
	cursor uint64
	skip   int // bytes of the first frame that have been written already
}

// next returns the next frame that is not empty, or nil.
func (w *walker) next() []byte {
	for {
		frame, ok := w.step()
		if !ok {
			return nil
		}
		if frame = frame[w.skip:]; len(frame) > 0 {
			w.skip = 0
			return frame
		}
		w.skip = 0
	}
}

func (w *walker) step() (frame []byte, ok bool) {
	if it := w.conn.itemBefore(w.index, w.cursor); it != nil {
		w.index++
		return it.frame, true
	}
	if !w.conn.hears || w.cursor == w.loop.everybody.end() {
		return nil, false
	}
	frame = w.conn.entryFrame(w.cursor)
	w.cursor++
	return frame, true
}

// itemBefore is the outbox's item number index if it comes before the log entry at cursor.
func (c *Conn) itemBefore(index int, cursor uint64) *item {
	if c.out == nil || index >= c.out.len() {
		return nil
	}
	it := &c.out.items[c.out.first+index]
	if c.hears && it.position > cursor {
		return nil
	}
	return it
}

// entryFrame is what the log's entry at cursor is for c: nil when c is excepted, or its format cannot express it.
func (c *Conn) entryFrame(cursor uint64) []byte {
	e := c.loop.everybody.at(cursor)
	if !e.isFor(c) {
		return nil
	}
	return c.format.frame(e.message)
}

// advance notes that the kernel took n bytes of what c has to say.
func (l *Loop) advance(c *Conn, n int) {
	pinned := c.pinned
	l.everybody.unpin(c)
	l.take(c, n)
	if c.stalled || c.hears && c.cursor != l.everybody.end() {
		l.everybody.pin(c)
	}
	if pinned {
		l.everybody.tidy()
	}
}

// take moves c past n bytes, and past what is not for it.
func (l *Loop) take(c *Conn, n int) {
	if b := &l.batch; b.format != nil && n == len(b.buf) && c.out == nil && c.cursor == b.from && c.hears {
		c.cursor = b.to
		return
	}
	for c.waiting() {
		rest := len(c.headFrame()) - c.written
		if n < rest {
			c.written += n
			c.spend(n)
			break
		}
		n -= rest
		c.spend(rest)
		c.written = 0
		c.dropHead()
	}
}

// spend counts bytes that left the outbox; the log counts its own.
func (c *Conn) spend(n int) {
	if c.headIsItem() {
		c.out.bytes -= n
		c.loop.account(c, -n)
	}
}

func (c *Conn) headIsItem() bool { return c.itemBefore(0, c.cursor) != nil }

func (c *Conn) headFrame() []byte {
	if it := c.itemBefore(0, c.cursor); it != nil {
		return it.frame
	}
	return c.entryFrame(c.cursor)
}

// dropHead takes out what comes first.
func (c *Conn) dropHead() {
	if !c.headIsItem() {
		c.cursor++
		return
	}
	c.loop.pool.freeItem(c.out.pop())
	c.loop.account(c, -itemOverhead)
	if c.out.len() == 0 {
		c.freeOutbox()
	}
}

// waiting tells whether c has anything to say.
func (c *Conn) waiting() bool {
	return c.out != nil || (c.hears && c.cursor != c.loop.everybody.end())
}
