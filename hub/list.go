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

// Count is how many connections t names. All and a Group are counted at once; a list of targets or an exception costs a
// visit to each connection.
func (x *Home) Count(t Target) int {
	h := x.hub
	switch {
	case t.kind == toAll && t.plain():
		return int(h.stats.bound.Load())
	case t.kind == toGroup && t.plain():
		g := h.byGroup[t.name]
		if g == nil {
			return 0
		}
		return g.members.len()
	}
	return len(h.resolve(&t))
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
