package hub

// Join puts the connection into the group, which needs no making. To be in it already is no error.
//
// The errors are ErrEmptyGroup, ErrNameTooLong, ErrNotBound and ErrTooManyGroups; then nothing has changed.
func (x *Home) Join(ref Ref, name string) error {
	h := x.hub
	if err := h.checkName(name, ErrEmptyGroup); err != nil {
		return err
	}
	m := h.members.get(ref.ID())
	if m == nil || m.uid == "" {
		return ErrNotBound
	}
	in, count := m.in(h.byGroup[name])
	if h.many[m.uid] != nil {
		count-- // the uid's own
	}
	switch {
	case *in != nil:
		return nil
	case count >= h.options.MaxGroups:
		h.stats.manyGroups.Add(1)
		return ErrTooManyGroups
	}
	h.enterGroup(m, name, in)
	return nil
}

// Leave takes the connection out of the group, if it is in it.
func (x *Home) Leave(ref Ref, name string) {
	m, g := x.hub.members.get(ref.ID()), x.hub.byGroup[name]
	if m == nil || g == nil {
		return
	}
	in, _ := m.in(g)
	s := *in
	if s == nil {
		return
	}
	x.hub.leaveGroup(m, in)
	x.hub.on(m, s.stand)
}

// in returns the link to m's membership in g, or the link where the next one goes, and how many there are before it.
func (m *member) in(g *group) (link **membership, before int) {
	link = &m.groups
	for *link != nil && (*link).group != g {
		link = &(*link).next
		before++
	}
	return link, before
}

func (h *Hub) enterGroup(m *member, name string, link **membership) {
	g := h.byGroup[name]
	if g == nil {
		g = &group{name: name}
		g.place = h.groups.enter(g)
		h.byGroup[name] = g
		h.stats.groups.Add(1)
	}
	s := h.newMembership(g, m)
	*link = s
	h.on(m, func() { s.sit(m) })
}

func (h *Hub) newMembership(g *group, m *member) *membership {
	s := &membership{group: g, place: g.members.enter(m), crowd: g.crowd(m)}
	g.count(m.roster, 1)
	return s
}

// leaveGroup takes m's membership, found by its link, out of home's state.
func (h *Hub) leaveGroup(m *member, link **membership) {
	s := *link
	*link = s.next
	g := s.group
	g.members.leave(s.place)
	g.count(m.roster, -1)
	switch {
	case g.members.len() > 0:
	case g.uid:
		delete(h.many, g.name)
	default:
		delete(h.byGroup, g.name)
		h.groups.leave(g.place)
		h.stats.groups.Add(-1)
	}
}
