package hub

// A Cursor is a place in a list: zero at the beginning, otherwise what the page before returned. It stays good while the
// list changes: what is there from the first page to the last is given exactly once. What leaves meanwhile may be missing, and
// what comes back has a new place at the end.
type Cursor uint64

// Member is a connection in a list.
type Member struct {
	Ref Ref
	UID string
}

// Online tells whether the uid has a connection.
func (x *Home) Online(uid string) bool { return x.hub.byUID.get(uid) != nil }

// Count is how many connections t names. What that costs grows with its exceptions, and with the connections of uids; only a list
// that has groups in it, and not All, costs a visit to each of their members.
func (x *Home) Count(t Target) (n int) {
	h := x.hub
	except := excepted(nil, &t)
	switch g := h.byGroup[t.name]; {
	case t.namesAll():
		n = int(h.stats.bound.Load())
		h.devicesOf(except, func(*member) { n-- })
	case t.kind == toGroup && g != nil:
		n = g.members.len()
		h.devicesOf(except, func(m *member) {
			if in, _ := m.in(g); *in != nil {
				n--
			}
		})
	case t.kind == toUID && h.many[t.name] != nil && except == nil:
		n = h.many[t.name].members.len()
	case t.kind != toGroup:
		h.resolve(&t, func(*member) { n++ })
	}
	return n
}

// devicesOf visits the connections of some uids.
func (h *Hub) devicesOf(uids map[string]bool, visit func(*member)) {
	for uid := range uids {
		for m := range h.devices(uid) {
			visit(m)
		}
	}
}

// CountUIDs is how many uids have a connection.
func (x *Home) CountUIDs() int { return x.hub.uids.len() }

// CountGroups is how many groups have a member.
func (x *Home) CountGroups() int { return x.hub.groups.len() }

// UIDs lists the uids that have a connection, in the order in which they came, up to limit of them (0 or more than 1,000:
// 1,000) behind the cursor after. next is the cursor for the next page; 0 means that this is the last.
func (x *Home) UIDs(after Cursor, limit int) (page []string, next Cursor) {
	n := x.hub.uids.page(uint64(after), limit, func(m *member) { page = append(page, m.uid) })
	return page, Cursor(n)
}

// Groups lists the names of the groups that have a member, in pages as UIDs does.
func (x *Home) Groups(after Cursor, limit int) (page []string, next Cursor) {
	n := x.hub.groups.page(uint64(after), limit, func(g *group) { page = append(page, g.name) })
	return page, Cursor(n)
}

// Members lists the connections in a group, in the order in which they joined, in pages as UIDs does.
func (x *Home) Members(group string, after Cursor, limit int) (page []Member, next Cursor) {
	g := x.hub.byGroup[group]
	if g == nil {
		return nil, 0
	}
	n := g.members.page(uint64(after), limit, func(m *member) { page = append(page, Member{m.ref, m.uid}) })
	return page, Cursor(n)
}
