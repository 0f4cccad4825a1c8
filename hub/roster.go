package hub

// roster is one loop's side of the hub: who gets a push, of the connections on this loop. Its lists are plain slices that
// only this loop touches; home changes them by tasks that it posts, in the order of its own changes, or directly when the
// loop is home.
type roster struct {
	hub   *Hub
	loop  Loop
	index int

	// Home's own.
	bound int // connections on this loop that have a uid

	// The loop's own.
	mark  uint64
	spare [][]*member // for receivers; more than one only while pushes are inside pushes
	ids   []uint64    // for those that a broadcast leaves out
}

// part is whom a push is for on one loop.
type part struct {
	all     bool // then members and crowds do not matter
	members []*member
	crowds  []*crowd
	except  []*member
}

func (p *part) empty() bool { return !p.all && len(p.members) == 0 && len(p.crowds) == 0 }

// deliver pushes m to everybody in p. What an Outlet does may come back into the hub and change every list, even end
// connections; so those who get m are counted out before the first of them does, and get it whatever happens meanwhile.
func (r *roster) deliver(p *part, m *Message) (v Verdict) {
	if p.all {
		v.Taken, v.Refused = r.broadcast(p, m)
	} else {
		receivers := r.collect(p)
		for _, to := range receivers {
			if !to.closed && to.outlet.Push(m) {
				v.Taken++
			}
		}
		v.Refused = len(receivers) - v.Taken
		r.reuse(receivers)
	}
	r.hub.stats.count(v)
	return v
}

// collect lists each receiver once.
func (r *roster) collect(p *part) []*member {
	var receivers []*member
	if n := len(r.spare); n > 0 {
		receivers, r.spare = r.spare[n-1], r.spare[:n-1]
	}
	r.mark++
	for _, m := range p.except {
		m.mark = r.mark
	}
	for _, m := range p.members {
		receivers = m.enlist(receivers, r.mark)
	}
	for _, c := range p.crowds {
		for i := range c.seats {
			receivers = c.seats[i].member.enlist(receivers, r.mark)
		}
	}
	return receivers
}

func (m *member) enlist(receivers []*member, mark uint64) []*member {
	if m.mark == mark {
		return receivers
	}
	m.mark = mark
	return append(receivers, m)
}

// reuse keeps the slice for the next push, without what is in it: a member that has gone must be free to go.
func (r *roster) reuse(receivers []*member) {
	clear(receivers)
	r.spare = append(r.spare, receivers[:0])
}

func (r *roster) broadcast(p *part, m *Message) (taken, refused int) {
	ids := r.ids[:0]
	r.ids = nil // a broadcast inside this one needs its own
	r.mark++
	for _, out := range p.except {
		if out.hears && out.mark != r.mark {
			out.mark = r.mark
			ids = append(ids, out.ref.ID())
		}
	}
	taken, refused = r.loop.Broadcast(m, ids)
	r.ids = ids
	return taken, refused
}
