//go:build linux

package engine

import (
	"cmp"
	"slices"
)

// Broadcast puts m into the loop's log for every connection that hears, except some, and tells how many took it and how many
// refused. What it costs does not depend on how many there are, but on the exceptions and on how many are stalled: of
// each that would have more than MaxOutbox bytes waiting, the listener's SlowPolicy decides. On the loop only.
func (l *Loop) Broadcast(m Shared, except []Outlet) (taken, refused int) {
	return l.broadcast(logEntry{message: m, to: &l.everybody.everybody}, except)
}

// BroadcastTo is Broadcast to an audience of this loop, without those who are in one of already: they have got m with that. Each
// of already costs a look at 64 connections at a time. On the loop only.
func (l *Loop) BroadcastTo(to Audience, m Shared, except []Outlet, already []Audience) (taken, refused int) {
	e := logEntry{message: m, to: to.(*audience)}
	if len(already) > 0 {
		others := slices.Clone(already)
		e.already = &others
	}
	return l.broadcast(e, except)
}

func (l *Loop) broadcast(e logEntry, except []Outlet) (taken, refused int) {
	ids := idsOf(except)
	if e.except = slices.Compact(ids); len(e.except) < len(except) {
		except = distinct(except)
	}
	without, refused := l.askStalled(&e)
	taken = e.to.size - len(without)
	for _, o := range except {
		if c := (*Conn)(o.(*outlet)); e.to.has(int(c.fd)) && !e.has(c) {
			taken--
		}
	}
	b := &l.everybody
	if e.already != nil {
		taken -= e.to.common(*e.already)
		for _, a := range *e.already {
			a.(*audience).named = b.end() + 1
		}
	}
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
