//go:build linux

package engine

// broadcastLog holds what is for everybody on a loop, or for an audience, once, however many connections there are: each
// connection that hears has a cursor, the position of the first entry that it has not been given yet.
//
//	position   base                due                 end
//	           | e0 | e1 | e2 | e3 | e4 | e5 | e6 |
//	offered      x    x         x         x             to all that it is for
//	pins              1                   1         2   (connections held there, and at the end)
//
// A sweep offers an entry to everybody it is for, and visits nobody else (see sweep.go). Who is offered an entry gets it at
// once, or is pinned where it stands: as long as it is stalled, or, when its turn was too small for everything, until its
// next. So an entry goes when it has been offered and no cursor is pinned at or before it; and a connection that is not
// pinned has nothing to get before due, wherever its cursor was left: entries for others cost it nothing.
type broadcastLog struct {
	pages []*logPage // the first holds base
	spare *logPage
	base  uint64 // position of the oldest entry
	due   uint64 // all before it have been offered, and nobody lags there
	last  uint64 // the end
	total uint64 // bytes ever appended

	atEnd  int32 // connections pinned at the end
	untidy bool  // there is more to throw away than one step may

	everybody audience
	sweeping  []*audience // those with entries that have not been offered yet
	turn      int         // whose sweep goes on
	audiences []*audience // those that have members
}

type logEntry struct {
	message Shared
	to      *audience
	except  []uint64 // connection IDs, sorted
	upTo    uint64   // total before this entry

	until   int64  // how far its audience's sweep goes before it has been offered
	next    uint64 // position of the next entry for the same audience
	pins    int32  // connections pinned here
	lagging int32  // those of them that are not stalled
	offered bool
}

// A page of entries is the unit in which the log grows: nothing is ever moved, however long it is.
type logPage [pageSize]logEntry

const (
	pageBits = 6
	pageSize = 1 << pageBits
	// tidyStep is how many entries one step throws away at most.
	tidyStep = 256
)

// entrySize is what an entry counts against limits: its payload and something for the frame and the bookkeeping.
func entrySize(m Shared) int { return m.Len() + itemOverhead }

func (b *broadcastLog) end() uint64 { return b.last }

func (b *broadcastLog) at(position uint64) *logEntry {
	return &b.pages[position>>pageBits-b.base>>pageBits][position%pageSize]
}

// append adds an entry, whose message and addressees are set, and starts or prolongs the sweep of its audience.
func (b *broadcastLog) append(e logEntry) {
	if b.last>>pageBits-b.base>>pageBits == uint64(len(b.pages)) {
		page := b.spare
		if b.spare = nil; page == nil {
			page = new(logPage)
		}
		b.pages = append(b.pages, page)
	}
	position := b.last
	b.last++
	e.upTo, e.pins, b.atEnd = b.total, b.atEnd, 0
	b.total += uint64(entrySize(e.message))
	*b.at(position) = e
	b.plan(e.to, position)
}

// backlog is how many bytes may not have been offered to every connection that reads.
func (b *broadcastLog) backlog() int {
	if b.due == b.last {
		return 0
	}
	return int(b.total - b.at(b.due).upTo)
}

// held is how many bytes the log keeps.
func (b *broadcastLog) held() int {
	if b.base == b.last {
		return 0
	}
	return int(b.total - b.at(b.base).upTo)
}

// waiting is how many bytes of the log a connection at cursor has still to get.
func (b *broadcastLog) waiting(cursor uint64) int {
	if cursor == b.last {
		return 0
	}
	return int(b.total - b.at(cursor).upTo)
}

// sync moves c past what has been offered to it, or is not for it.
func (b *broadcastLog) sync(c *Conn) {
	if c.cursor < b.due && !c.pinned {
		c.cursor = b.due
	}
}

// pin keeps the log from c's cursor on: c is stalled or lags.
func (b *broadcastLog) pin(c *Conn) {
	if c.pinned || !c.hears {
		return
	}
	c.pinned = true
	if c.cursor == b.last {
		b.atEnd++
		return
	}
	e := b.at(c.cursor)
	e.pins++
	if !c.stalled {
		e.lagging++
		b.due = min(b.due, c.cursor)
	}
}

// unpin is called before c's cursor moves, or c is stalled or no longer. tidy is to follow.
func (b *broadcastLog) unpin(c *Conn) {
	if !c.pinned {
		return
	}
	c.pinned = false
	if c.cursor == b.last {
		b.atEnd--
		return
	}
	e := b.at(c.cursor)
	e.pins--
	if !c.stalled {
		e.lagging--
	}
}

// tidy throws away what nobody needs any more, some of it when it is much.
func (b *broadcastLog) tidy() {
	steps := tidyStep
	for ; b.due < b.last && steps > 0; steps-- {
		if e := b.at(b.due); !e.offered || e.lagging > 0 {
			break
		}
		b.due++
	}
	for ; b.base < b.due && steps > 0; steps-- {
		e := b.at(b.base)
		if e.pins > 0 {
			break
		}
		*e = logEntry{}
		b.base++
		if b.base%pageSize == 0 {
			b.dropPage()
		}
	}
	b.untidy = steps == 0
}

func (b *broadcastLog) dropPage() {
	b.spare = b.pages[0]
	n := copy(b.pages, b.pages[1:])
	b.pages[n] = nil
	if b.pages = b.pages[:n]; n == 0 && cap(b.pages) > pageSize {
		b.pages = nil
	}
}

// join makes c hear what is appended from now on.
func (b *broadcastLog) join(c *Conn) {
	c.hears, c.cursor = true, b.last
	b.everybody.add(int(c.fd))
	if c.stalled {
		b.pin(c)
		c.loop.askBefore(c)
	}
}

// quit is the end of what the log has for c.
func (b *broadcastLog) quit(c *Conn) {
	if !c.hears {
		return
	}
	b.unpin(c)
	c.hears = false
	b.everybody.remove(int(c.fd))
	b.tidy()
}

func (e *logEntry) isFor(c *Conn) bool {
	return e.to.has(int(c.fd)) && !e.excludes(c.id)
}

func (e *logEntry) excludes(id uint64) bool { return len(e.except) > 0 && contains(e.except, id) }
