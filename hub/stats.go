package hub

import "sync/atomic"

// Stats are a hub's figures at one moment. Each is exact; taken together they may be a moment apart.
type Stats struct {
	// Pushes is how many pushes were tried, and Invalid how many were not, for their Verdict's Err.
	Pushes, Invalid uint64
	// Busy is how many more were not, because the loops were behind: ErrBusy.
	Busy uint64
	// Offline is how many of Pushes named nobody who was there.
	Offline uint64
	// Taken and Refused add up the verdicts' counts, also of pushes without a callback.
	Taken, Refused uint64
	// Kicked is how many connections were kicked, in Single mode by a newer connection too.
	Kicked uint64
	// NamesTooLong is how many times Bind and Join refused a name for Options.MaxName, TooManyGroups how many times Join did for
	// Options.MaxGroups.
	NamesTooLong, TooManyGroups uint64
	// Bound is how many connections have a uid now; UIDs and Groups how many different ones there are.
	Bound, UIDs, Groups int
}

type counters struct {
	longNames, manyGroups                                  atomic.Uint64
	pushes, invalid, busy, offline, taken, refused, kicked atomic.Uint64
	bound, uids, groups                                    atomic.Int64
}

// Stats returns the hub's figures. Any goroutine.
func (h *Hub) Stats() Stats {
	s := &h.stats
	return Stats{
		Pushes:  s.pushes.Load(),
		Invalid: s.invalid.Load(),
		Busy:    s.busy.Load(),
		Offline: s.offline.Load(),
		Taken:   s.taken.Load(),
		Refused: s.refused.Load(),
		Kicked:  s.kicked.Load(),

		NamesTooLong: s.longNames.Load(), TooManyGroups: s.manyGroups.Load(),

		Bound:  int(s.bound.Load()),
		UIDs:   int(s.uids.Load()),
		Groups: int(s.groups.Load()),
	}
}

func (s *counters) count(v Verdict) {
	s.taken.Add(uint64(v.Taken))
	s.refused.Add(uint64(v.Refused))
}
