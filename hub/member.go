package hub

// member is what a hub keeps of a connection that has been bound, until it closes: a connection can be attached only once,
// so unbinding keeps it. There may be a million of them; a field here is paid for by each.
//
//	         Bind                 Unbind, Kick
//	(none) --------> bound (uid) <============> unbound (uid "")
//	                   |                Bind      |
//	                   +------- it closes --------+-----> (none)
type member struct {
	// Constant.
	ref    Ref
	roster *roster // of the connection's loop

	// Home's own.
	uid        string
	place      uint64  // of the uid's first member: in the roll of uids; of its last: how many they are
	prev, next *member // the members of the uid, in a circle
	nextByID   *member // in the hub's tables
	nextByUID  *member
	groups     *membership

	// The loop's own.
	outlet Outlet
	seats  *membership
	mark   uint64 // the roster's mark when it was last counted in or out
	hears  bool
	closed bool

	// Home's own, in what would be a gap.
	uidHash uint32
}

// gone is called on the member's loop when its connection begins to close, also in the middle of anything that the hub
// itself does with an Outlet.
func (m *member) gone() {
	m.closed = true
	m.unseat()
	h := m.roster.hub
	if m.roster == h.home {
		h.drop(m)
		return
	}
	_ = h.home.loop.Post(func() { h.drop(m) }) // when home has stopped there is no state left to correct
}

// admit makes m one of those who get what is for everybody. false: its connection is gone. On the member's loop.
func (m *member) admit() bool {
	if m.outlet == nil && !m.closed {
		outlet, ok := m.ref.Attach(m.gone)
		if !ok {
			m.closed = true
			return false
		}
		m.outlet = outlet
	}
	if !m.closed {
		m.hear(true)
	}
	return !m.closed
}

func (m *member) hear(on bool) {
	if m.hears != on {
		m.hears = on
		m.outlet.Hear(on)
	}
}

// unseat takes m out of everything that its loop pushes to. On the member's loop.
func (m *member) unseat() {
	for m.seats != nil {
		m.seats.stand()
	}
	m.hear(false)
}

// kick is the end of m. On the member's loop.
func (m *member) kick(last *Message, code int, reason string) {
	if m.closed {
		return
	}
	m.unseat()
	if last == nil {
		m.outlet.Kick(nil, code, reason) // not a nil *Message, which is not a nil interface
		return
	}
	m.outlet.Kick(last, code, reason)
}
