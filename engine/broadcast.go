//go:build linux

package engine

import (
	"cmp"
	"slices"
)

// Broadcast puts m into the loop's log for every connection that hears, except some, and tells how many took it and how many
// refused. Whose format cannot express it counts among the former. What it costs does not depend on how many there are, but on
// the exceptions and on how many are stalled: of each that would have more than MaxOutbox bytes waiting, the listener's
// SlowPolicy decides. On the loop only.
func (l *Loop) Broadcast(m Shared, except []Outlet) (taken, refused int) {
	return l.broadcast(logEntry{message: m, to: &l.everybody.everybody}, nil, except)
}

// BroadcastTo is Broadcast to everybody who is in one of these audiences of this loop. With more than one, each costs a look at
// its members, 64 at a time. On the loop only.
func (l *Loop) BroadcastTo(to []Audience, m Shared, except []Outlet) (taken, refused int) {
	switch len(to) {
	case 0:
		return 0, 0
	case 1:
		return l.broadcast(logEntry{message: m, to: to[0].(*audience)}, to, except)
	}
	return l.broadcast(logEntry{message: m, to: l.union(to)}, to, except)
}

// broadcast puts e into the log; of are the audiences that it is for, if it is not for everybody.
func (l *Loop) broadcast(e logEntry, of []Audience, except []Outlet) (taken, refused int) {
	ids := idsOf(except)
	if e.except = slices.Compact(ids); len(e.except) < len(except) {
		except = distinct(except)
	}
	without, closing, refused := l.askStalled(&e, of)
	taken = e.to.size - len(without) - closing
	for _, o := range except {
		if c := (*Conn)(o.(*outlet)); e.to.has(int(c.fd)) {
			taken--
		}
	}
	b := &l.everybody
	if taken > 0 {
		b.append(e)
		b.passOver(without)
		l.wake()
	}
	clear(without)
	return taken, refused
}

// idsOf lists the exceptions' IDs, sorted.
func idsOf(except []Outlet) []uint64 {
	if len(except) == 0 {
		return nil
	}
	ids := make([]uint64, 0, len(except))
	for _, o := range except {
		ids = append(ids, o.(*outlet).id)
	}
	slices.Sort(ids)
	return ids
}

func distinct(outlets []Outlet) []Outlet {
	byID := func(a, b Outlet) int { return cmp.Compare(a.(*outlet).id, b.(*outlet).id) }
	return slices.Compact(slices.SortedFunc(slices.Values(outlets), byID))
}

// contains tells whether id is one of ids, which are sorted.
func contains(ids []uint64, id uint64) bool {
	_, found := slices.BinarySearch(ids, id)
	return found
}
