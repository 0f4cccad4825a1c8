package hub

// Push gives m to every connection that t names. What one caller does arrives in that order at each connection: a
// connection bound or joined before gets m, one that left before does not.
//
// done is called once with the verdict: before Push returns, when the caller is home and so are all receivers; otherwise
// later, on the caller's loop (for Wait: home). Only a caller's loop that has stopped is not told. A connection that closes
// while m is on its way may be counted as refused, or not at all. done may be nil. Inside done the hub may be used as
// anywhere else on that loop.
func (x *Home) Push(t Target, m *Message, done func(Verdict)) { x.push(t, m, done, false) }

// Reach is Push for who wants to know whether anybody took m, and not how many: done is called as soon as one connection is
// known to have, with the verdict until then. With several loops that is earlier than all of them have seen m. When nobody has,
// the verdict is the whole one.
func (x *Home) Reach(t Target, m *Message, done func(Verdict)) { x.push(t, m, done, true) }

func (x *Home) push(t Target, m *Message, done func(Verdict), early bool) {
	h := x.hub
	err := m.check(h.options.MaxMessage)
	if err == nil {
		err = h.options.checkTarget(&t)
	}
	if err == nil && !x.mayPush() {
		h.stats.busy.Add(1)
		x.settle(Verdict{Err: ErrBusy}, done)
		return
	}
	var p *plan
	if err == nil {
		p, err = h.stage(&t)
	}
	if err != nil {
		h.stats.invalid.Add(1)
		x.settle(Verdict{Err: err}, done)
		return
	}
	h.stats.pushes.Add(1)
	if p.loops == 0 {
		h.stats.offline.Add(1)
	}
	x.dispatch(p, &t, m, done, early)
	h.unstage(p)
}

// mayPush tells whether the loops keep up, or who pushes can be made to wait.
func (x *Home) mayPush() bool {
	switch {
	case x.waits:
		return true
	case x.caller == x.hub.home:
		return x.caller.loop.NotePublish()
	}
	return !x.busy
}

// dispatch sends each loop its part, then does home's.
func (x *Home) dispatch(p *plan, t *Target, m *Message, done func(Verdict), early bool) {
	h := x.hub
	elsewhere := p.loops
	if !p.parts[0].empty() {
		elsewhere--
	}
	if elsewhere == 0 {
		x.settle(h.deliverHome(p, m), done)
		return
	}
	var sum *tally
	if done != nil {
		sum = &tally{caller: x.caller, left: elsewhere + 1, early: early, done: done}
	}
	for _, r := range h.rosters[1:] {
		if part := &p.parts[r.index]; !part.empty() {
			h.post(r, part.copied(), t, m, sum)
		}
	}
	sum.report(h.home, h.deliverHome(p, m))
}

func (h *Hub) deliverHome(p *plan, m *Message) (v Verdict) {
	if !p.parts[0].empty() {
		v = h.home.deliver(&p.parts[0], m, h.home.loop.Now())
	}
	return v
}

// post sends a loop its part. When the loop has stopped, everybody there has refused.
func (h *Hub) post(r *roster, p *part, t *Target, m *Message, sum *tally) {
	taken := h.home.loop.Now()
	if r.loop.PostSized(func() { sum.report(r, r.deliver(p, m, taken)) }, m.Len()) == nil {
		return
	}
	var v Verdict
	h.resolve(t, func(m *member) {
		if m.roster == r {
			v.Refused++
		}
	})
	h.stats.count(v)
	sum.report(h.home, v)
}

// settle gives a verdict that is complete to the caller.
func (x *Home) settle(v Verdict, done func(Verdict)) {
	switch {
	case done == nil:
	case x.caller == x.hub.home:
		done(v)
	default:
		_ = x.caller.loop.Post(func() { done(v) }) // a loop that has stopped has nobody left to be told
	}
}
