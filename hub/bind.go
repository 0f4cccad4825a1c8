package hub

// Bind gives the connection a uid, and from then on what is for that uid and for everybody. A uid may have any number of
// connections, unless Options.Single is set: then the older one is out of the hub at once and kicked. A connection that has
// another uid moves and stays in its groups; the same uid again changes nothing.
//
// The errors are ErrEmptyUID, ErrNameTooLong and ErrGone; then nothing has changed.
func (x *Home) Bind(ref Ref, uid string) error {
	h := x.hub
	if err := h.checkName(uid, ErrEmptyUID); err != nil {
		return err
	}
	m := h.members.get(ref.ID())
	switch {
	case m == nil:
		m = &member{ref: ref, roster: h.rosters[ref.LoopIndex()]}
		if err := h.admit(m); err != nil {
			return err
		}
		h.members.put(m)
	case m.uid == uid:
		return nil
	case m.uid != "":
		h.leaveMany(m)
		h.leaveUID(m)
	default:
		if err := h.admit(m); err != nil {
			return err
		}
	}
	older := h.byUID.get(uid)
	h.enterUID(m, uid)
	if older != nil && h.options.Single {
		h.unbind(older)
		h.kick([]*member{older}, nil, h.options.SingleCode, h.options.SingleReason)
	}
	return nil
}

// SetSingle replaces Options.Single, for uids that are bound from now on.
func (x *Home) SetSingle(single bool) { x.hub.options.Single = single }

// Unbind takes the connection out of its uid, its groups and everybody. It stays open, and may be bound again.
func (x *Home) Unbind(ref Ref) {
	if m := x.hub.members.get(ref.ID()); m != nil && m.uid != "" {
		x.hub.unbind(m)
		x.hub.on(m, func() { m.unseat() })
	}
}

// on runs fn on m's loop: now, if that is home, or behind everything posted before. When that loop has stopped, m has gone.
func (h *Hub) on(m *member, fn func()) {
	if m.roster == h.home {
		fn()
		return
	}
	_ = m.roster.loop.Post(fn)
}

// admit makes m's loop know m. On another loop than home it may turn out there that m has gone.
func (h *Hub) admit(m *member) error {
	if m.roster == h.home {
		if !m.admit() {
			return ErrGone
		}
		return nil
	}
	err := m.roster.loop.Post(func() {
		if !m.admit() {
			_ = h.home.loop.Post(func() { h.drop(m) })
		}
	})
	if err != nil {
		return ErrGone
	}
	return nil
}

// drop forgets a connection that has gone.
func (h *Hub) drop(m *member) {
	h.unbind(m)
	if id := m.ref.ID(); h.members.get(id) == m {
		h.members.remove(id)
	}
}

// unbind undoes, in home's state, Bind and Join.
func (h *Hub) unbind(m *member) {
	if m.uid == "" {
		return
	}
	for m.groups != nil {
		h.leaveGroup(m, &m.groups)
	}
	h.leaveUID(m)
}

// enterUID makes m, which has no uid, the uid's last member.
func (h *Hub) enterUID(m *member, uid string) {
	m.roster.bound++
	h.stats.bound.Add(1)
	first := h.byUID.get(uid)
	if first == nil {
		m.uid, m.uidHash, m.prev, m.next = uid, h.byUID.order.hash(uid), m, m
		m.place = h.uids.enter(m)
		h.byUID.put(m)
		h.stats.uids.Add(1)
		return
	}
	m.place = devicesAfter(first)
	m.uid, m.uidHash, m.prev, m.next = first.uid, first.uidHash, first.prev, first
	m.prev.next, m.next.prev = m, m
	h.enterMany(m)
}

// leaveUID takes m, and nobody else, out of its uid.
func (h *Hub) leaveUID(m *member) {
	m.roster.bound--
	h.stats.bound.Add(-1)
	if m.next == m {
		h.byUID.remove(m.uid)
		h.uids.leave(m.place)
		h.stats.uids.Add(-1)
	} else {
		h.leaveOthers(m)
	}
	m.uid, m.prev, m.next = "", nil, nil
}

// leaveOthers takes m out of a uid that others have too.
func (h *Hub) leaveOthers(m *member) {
	first, next := h.byUID.get(m.uid), m.next
	m.recount(first)
	if first == m {
		next.place = m.place
		h.byUID.replace(m.uid, next)
		h.uids.replace(m.place, next)
	}
	m.prev.next, next.prev = next, m.prev
}
