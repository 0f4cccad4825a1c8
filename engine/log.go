//go:build linux

package engine

import "slices"

// broadcastLog holds what is for everybody on a loop, once, however many connections there are: each connection that hears
// the log keeps a cursor, the position of the first entry it has not been given yet.
//
//	position   base                                end
//	           | e0 | e1 | e2 | e3 | e4 | e5 | e6 |
//	cursors      ^         ^                       ^
//	behind       1    0    1    0    0    0    0   4     (connections whose cursor stands there)
//
// An entry goes when no cursor stands at or before it. Entries and the counts in behind are kept in one slice whose first
// element is base; the count for end is upToDate.
//
// The sweep visits the connections (the crowd) in a circle until each has been visited since the newest entry came. An
// entry that comes during a sweep makes it go on, so that those behind the sweep get both entries in one write.
type broadcastLog struct {
	entries  []logEntry
	first    int    // index in entries of the entry at base
	base     uint64 // position of the oldest entry
	upToDate int    // connections with nothing to get
	total    uint64 // bytes ever appended

	crowd []*Conn
	next  int // the crowd's next to be visited
	left  int // visits until the sweep is done

	// The backlog: bytes that may not have been offered to everybody yet. After a whole round of the sweep everybody has
	// been offered what was there when it began, but for those whose turn was too small for all of it: roundLow is where
	// the last of them stands.
	offered   uint64
	roundLow  uint64
	roundLeft int
}

type logEntry struct {
	message Shared
	except  []uint64 // connection IDs, sorted
	upTo    uint64   // total before this entry
	behind  int
}

// entrySize is what an entry counts against limits: its payload and something for the frame and the bookkeeping.
func entrySize(m Shared) int { return m.Len() + itemOverhead }

func (b *broadcastLog) end() uint64 { return b.base + uint64(len(b.entries)-b.first) }

func (b *broadcastLog) at(position uint64) *logEntry {
	return &b.entries[b.first+int(position-b.base)]
}

// append adds m for everybody in the crowd and starts or prolongs the sweep.
func (b *broadcastLog) append(m Shared, except []uint64) {
	b.entries = append(b.entries, logEntry{message: m, except: except, upTo: b.total, behind: b.upToDate})
	b.upToDate = 0
	idle, before := b.left == 0, b.total
	b.total += uint64(entrySize(m))
	b.left = len(b.crowd)
	if idle {
		b.offered = before
		b.startRound()
	}
}

func (b *broadcastLog) startRound() { b.roundLow, b.roundLeft = b.total, len(b.crowd) }

// lags notes that a connection's turn was too small for all that the log has for it, though its peer takes more: the sweep
// goes on, and with it the backlog, until that is over.
func (b *broadcastLog) lags(cursor uint64) {
	b.roundLow = min(b.roundLow, b.at(cursor).upTo)
	b.left = len(b.crowd)
}

// backlog is how many bytes may not have been offered to every connection that reads.
func (b *broadcastLog) backlog() int {
	if b.left == 0 {
		return 0
	}
	return int(b.total - b.offered)
}

// waiting is how many bytes of the log a connection at cursor has still to get.
func (b *broadcastLog) waiting(cursor uint64) int {
	if cursor == b.end() {
		return 0
	}
	return int(b.total - b.at(cursor).upTo)
}

// move notes that a cursor goes from one position to a later one, and drops the entries that nobody needs any more.
func (b *broadcastLog) move(from, to uint64) {
	if from == to {
		return
	}
	*b.count(to)++
	b.leave(from)
}

func (b *broadcastLog) leave(position uint64) {
	*b.count(position)--
	if position == b.base {
		b.trim()
	}
}

func (b *broadcastLog) count(position uint64) *int {
	if position == b.end() {
		return &b.upToDate
	}
	return &b.at(position).behind
}

func (b *broadcastLog) trim() {
	for b.first < len(b.entries) && b.entries[b.first].behind == 0 {
		b.entries[b.first] = logEntry{}
		b.first++
		b.base++
	}
	switch {
	case b.first == len(b.entries):
		b.entries, b.first = b.entries[:0], 0
		if cap(b.entries) > maxIdleEntries {
			b.entries = nil
		}
	case b.first > len(b.entries)/2:
		n := copy(b.entries, b.entries[b.first:])
		clear(b.entries[n:])
		b.entries, b.first = b.entries[:n], 0
	}
}

// maxIdleEntries is how long an empty log's slice may be kept for the next burst.
const maxIdleEntries = 4096

// join makes c hear what is appended from now on.
func (b *broadcastLog) join(c *Conn) {
	c.seat = int32(len(b.crowd))
	b.crowd = append(b.crowd, c)
	c.cursor = b.end()
	b.upToDate++
	if b.left > 0 {
		// The new seat lies on the sweep's way, and must not use up somebody's visit.
		b.left++
		b.roundLeft++
	}
}

// quit takes c out of the crowd and gives up its cursor.
func (b *broadcastLog) quit(c *Conn) {
	b.leave(c.cursor)
	seat := int(c.seat)
	if seat < b.next {
		// The last one visited takes the free seat, so that nobody still to be visited lands behind the sweep.
		b.next--
		b.seatAt(seat, b.crowd[b.next])
		seat = b.next
		if b.left > 0 {
			// The one that comes to sit there may have been visited already, and would use up somebody's visit.
			b.left++
			b.roundLeft++
		}
	}
	last := len(b.crowd) - 1
	if seat != last {
		b.seatAt(seat, b.crowd[last])
	}
	b.crowd[last] = nil
	b.crowd = b.crowd[:last]
	c.seat = noSeat
	b.left = min(b.left, last)
	b.roundLeft = min(b.roundLeft, last)
}

func (b *broadcastLog) seatAt(seat int, c *Conn) {
	b.crowd[seat] = c
	c.seat = int32(seat)
}

// noSeat is the seat of a connection that does not hear the log.
const noSeat = -1

// sweep returns the next connection to visit, or nil when everybody has been visited since the newest entry came.
func (b *broadcastLog) sweep() *Conn {
	if b.left == 0 {
		return nil
	}
	if b.roundLeft == 0 {
		b.offered = b.roundLow
		b.startRound()
	}
	if b.next >= len(b.crowd) {
		b.next = 0
	}
	c := b.crowd[b.next]
	b.next++
	b.left--
	b.roundLeft--
	return c
}

func (e *logEntry) excludes(id uint64) bool { return len(e.except) > 0 && contains(e.except, id) }

// contains tells whether id is one of ids, which are sorted.
func contains(ids []uint64, id uint64) bool {
	_, found := slices.BinarySearch(ids, id)
	return found
}
