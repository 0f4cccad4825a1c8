package hub

// group is home's side of a group. It is there while somebody is in it.
type group struct {
	name    string
	uid     bool   // it is not in the roll: see many.go
	place   uint64 // in the roll of groups
	members roll[*member]
	atHome  crowd
	others  []share // by loop; made when somebody of another loop than home joins
}

// share is the part of a group that lives on another loop than home.
type share struct {
	crowd   *crowd // touched on that loop only
	members int    // home's count
}

// crowd is the part of a group that lives on one loop, and belongs to that loop. A large one is an audience as well: what is
// for it is put into the loop's log once, as what is for everybody, and not into each outbox.
type crowd struct {
	seats    []seat
	audience Audience
}

// largeCrowd is how many members make a crowd an audience, which half as many end: what an audience costs by itself is little
// more than to push to so many.
const largeCrowd = 128

type seat struct {
	member     *member
	membership *membership
}

// membership is one connection in one group.
type membership struct {
	// Home's own.
	group *group
	place uint64      // in the group's roll
	next  *membership // the member's next, for home

	// The loop's own, but for crowd, which is constant.
	crowd *crowd
	index int         // in crowd.seats
	after *membership // the member's next, for its loop
}

// crowd returns the group's part on m's loop.
func (g *group) crowd(m *member) *crowd {
	h := m.roster.hub
	if m.roster == h.home {
		return &g.atHome
	}
	if g.others == nil {
		g.others = make([]share, len(h.rosters))
	}
	s := &g.others[m.roster.index]
	if s.crowd == nil {
		s.crowd = new(crowd)
	}
	return s.crowd
}

// count adds n to home's count of the group's members on a loop.
func (g *group) count(r *roster, n int) {
	if r != r.hub.home {
		g.others[r.index].members += n
	}
}

// sit puts m into the crowd of s. On the member's loop.
func (s *membership) sit(m *member) {
	if m.closed {
		return
	}
	s.index = len(s.crowd.seats)
	s.crowd.seats = append(s.crowd.seats, seat{m, s})
	s.after, m.seats = m.seats, s
	s.crowd.entered(m)
}

// entered lets the newest member hear what the others do.
func (c *crowd) entered(m *member) {
	switch {
	case c.audience != nil:
		c.audience.Add(m.outlet)
	case len(c.seats) >= m.roster.hub.large:
		c.audience = m.roster.loop.NewAudience()
		for i := range c.seats {
			c.audience.Add(c.seats[i].member.outlet)
		}
	}
}

// left undoes entered. An audience that a push under way has still to get to stays one for now.
func (c *crowd) left(m *member) {
	if c.audience == nil {
		return
	}
	c.audience.Remove(m.outlet)
	if len(c.seats) > m.roster.hub.large/2 || m.roster.delivering > 0 {
		return
	}
	for i := range c.seats {
		c.audience.Remove(c.seats[i].member.outlet)
	}
	c.audience = nil
}

// seated tells whether s is in its crowd: it is not when the connection has gone before.
func (s *membership) seated() bool {
	return s.index < len(s.crowd.seats) && s.crowd.seats[s.index].membership == s
}

// stand undoes sit. On the member's loop.
func (s *membership) stand() {
	if !s.seated() {
		return
	}
	seats := s.crowd.seats
	m, last := seats[s.index].member, len(seats)-1
	seats[s.index] = seats[last]
	seats[s.index].membership.index = s.index
	seats[last] = seat{}
	s.crowd.seats = shrunk(seats[:last])
	s.crowd.left(m)
	for at := &m.seats; *at != nil; at = &(*at).after {
		if *at == s {
			*at = s.after
			return
		}
	}
}

// shrunk gives memory back when a crowd has become a fraction of what it was.
func shrunk(seats []seat) []seat {
	if cap(seats) <= 64 || cap(seats) <= 4*len(seats) {
		return seats
	}
	return append(make([]seat, 0, 2*len(seats)), seats...)
}
