package hub

// kickStep is how many connections one task of home's kicks. A larger target takes several.
const kickStep = 256

// Kick ends every connection that t names: it gets last, unless that is nil, then the goodbye of its protocol with a
// WebSocket close code and a reason, behind everything that was pushed before. For the hub they are gone when Kick returns, up
// to 256 of them; of a larger target the others follow in tasks that home runs next, the first of a list, of a group or of
// everybody first. They are in the hub until it is their turn, and gone at once then. Who joins the group or comes online
// meanwhile is not kicked, but for a further connection of a uid whose turn is still to come.
//
// The errors are ErrTooLarge and ErrNotUTF8, for last, and ErrTooManyTargets; then nobody is kicked.
func (x *Home) Kick(t Target, last *Message, code int, reason string) error {
	h := x.hub
	if last != nil {
		if err := last.check(h.options.MaxMessage); err != nil {
			return err
		}
	}
	if err := h.options.checkTarget(&t); err != nil {
		return err
	}
	k := &kicking{hub: h, left: h.quarries(nil, &t), except: excepted(nil, &t), last: last, code: code, reason: reason}
	k.step()
	return nil
}

// kicking is a Kick under way.
type kicking struct {
	hub    *Hub
	left   []quarry
	except map[string]bool // uids
	last   *Message
	code   int
	reason string
}

// quarry is one of the parts of a Kick's target: a uid, or what a roll had when the Kick began.
type quarry struct {
	uid          string
	roll         *roll[*member]
	heads        bool // the roll's entries stand for all connections of their uids
	after, until uint64
}

func (h *Hub) quarries(list []quarry, t *Target) []quarry {
	switch t.kind {
	case toUID:
		return append(list, quarry{uid: t.name})
	case toGroup:
		if g := h.byGroup[t.name]; g != nil {
			return append(list, quarry{roll: &g.members, until: g.members.last})
		}
	case toAll:
		return append(list, quarry{roll: &h.uids, heads: true, until: h.uids.last})
	case toAny:
		for i := range t.list {
			list = h.quarries(list, &t.list[i])
		}
	}
	return list
}

// step kicks some of those who are left. They are out of home's state, and the other loops' tasks are posted, before the first
// of home's is touched: what an Outlet does may come back into the hub.
func (k *kicking) step() {
	h := k.hub
	parts := make([][]*member, len(h.rosters))
	for _, m := range k.some() {
		if m.uid == "" {
			continue // named twice
		}
		h.unbind(m)
		i := m.roster.index
		parts[i] = append(parts[i], m)
	}
	if len(k.left) > 0 {
		_ = h.home.loop.Post(k.step) // when home has stopped so has the hub
	}
	for _, part := range parts[1:] {
		h.kick(part, k.last, k.code, k.reason)
	}
	h.kick(parts[0], k.last, k.code, k.reason)
}

// some lists those whose turn it is. Places that are passed, such as those of exceptions, count too.
func (k *kicking) some() (list []*member) {
	for looks := kickStep; looks > 0 && len(k.left) > 0; {
		q := &k.left[0]
		before := len(list)
		var done bool
		if q.roll == nil {
			list, done = k.devices(list, q.uid, looks)
		} else {
			list, done = k.page(list, q, &looks)
		}
		if looks -= len(list) - before + 1; done {
			k.left = k.left[1:]
		}
	}
	return list
}

// devices adds the connections of a uid, as many as there is room for.
func (k *kicking) devices(list []*member, uid string, room int) (_ []*member, done bool) {
	if k.except[uid] {
		return list, true
	}
	for m := range k.hub.devices(uid) {
		if room == 0 {
			return list, false
		}
		list = append(list, m)
		room--
	}
	return list, true
}

// page adds what comes next of a roll.
func (k *kicking) page(list []*member, q *quarry, looks *int) (_ []*member, done bool) {
	room := *looks
	for number, m := range q.roll.from(q.after) {
		switch {
		case number > q.until:
			return list, true
		case *looks == 0 || room == 0:
			return list, false
		case k.except[m.uid]:
			*looks--
		case q.heads:
			before := len(list)
			if list, done = k.devices(list, m.uid, room); !done {
				return list, false // the rest of them is still there next time
			}
			room -= len(list) - before
		default:
			list = append(list, m)
			room--
		}
		q.after = number
	}
	return list, true
}

// kick ends connections of one loop.
func (h *Hub) kick(part []*member, last *Message, code int, reason string) {
	if len(part) == 0 {
		return
	}
	h.stats.kicked.Add(uint64(len(part)))
	h.on(part[0], func() {
		for _, m := range part {
			m.unseat() // all of them, before the first goodbye: it may come back into the hub
		}
		for _, m := range part {
			m.kick(last, code, reason)
		}
	})
}
