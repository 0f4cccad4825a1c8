package hub

// A uid with so many connections that pushing to each would hold the loop is a group too, without a name: then its connections
// are a crowd on each loop, and a large crowd is an audience.

// devicesAfter is how many connections a uid has with one more. A uid's last member, which is not its first, keeps the number.
func devicesAfter(first *member) uint64 {
	last := first.prev
	if last == first {
		return 2
	}
	n := last.place + 1
	last.place = 0
	return n
}

// enterMany makes m, the uid's last member and so many with it, one of the uid's group, if there are enough for one.
func (h *Hub) enterMany(m *member) {
	g := h.many[m.uid]
	switch {
	case g != nil:
		h.enlist(g, m)
	case m.place >= uint64(h.large):
		g = &group{name: m.uid, uid: true}
		h.many[m.uid] = g
		for m := range h.devices(m.uid) {
			h.enlist(g, m)
		}
	}
}

func (h *Hub) enlist(g *group, m *member) {
	s := h.newMembership(g, m)
	s.next, m.groups = m.groups, s
	h.on(m, func() { s.sit(m) })
}

// leaveMany takes m, which leaves its uid and stays bound, out of the uid's group.
func (h *Hub) leaveMany(m *member) {
	g := h.many[m.uid]
	if g == nil {
		return
	}
	in, _ := m.in(g)
	s := *in
	h.leaveGroup(m, in)
	h.on(m, s.stand)
}

// recount keeps the number of a uid's members where it belongs when m, one of several, leaves.
func (m *member) recount(first *member) {
	last := first.prev
	switch {
	case m != last:
		last.place-- // unless that is now the first, whose place it is given afterwards
	case m.prev != first:
		m.prev.place = m.place - 1
	}
}
