package hub

import "time"

// delivery is whom a push is for on one loop, each once: everybody, or some audiences and some others, without exceptions.
type delivery struct {
	audiences []Audience
	receivers []*member
	except    []Outlet
}

// deliver pushes m to everybody in p. What an Outlet does may come back into the hub and change every list, even end
// connections; so those who get m are counted out before the first of them does, and get it whatever happens meanwhile.
//
// taken is when home had m.
func (r *roster) deliver(p *part, m *Message, taken time.Time) (v Verdict) {
	d := r.collect(p)
	r.delivering++
	switch {
	case p.all:
		v.Taken, v.Refused = r.loop.Broadcast(m, d.except)
	case len(d.audiences) > 0:
		v.Taken, v.Refused = r.loop.BroadcastTo(d.audiences, m, d.except)
	}
	for _, to := range d.receivers {
		if !to.closed && to.outlet.Push(m) {
			v.Taken++
		} else {
			v.Refused++
		}
	}
	r.delivering--
	if v.Taken > 0 {
		r.loop.NotePushed(taken)
	}
	r.reuse(d)
	r.hub.stats.count(v)
	return v
}

// collect lists each receiver once.
func (r *roster) collect(p *part) *delivery {
	d := r.delivery()
	r.mark++
	for _, m := range p.except {
		if m.hears && m.mark != r.mark {
			d.except = append(d.except, m.outlet)
		}
		m.mark = r.mark
	}
	if p.all {
		return d
	}
	for _, c := range p.crowds {
		if c.audience != nil {
			d.audiences = append(d.audiences, c.audience)
		}
	}
	for _, m := range p.members {
		d.enlist(m, r.mark)
	}
	for _, c := range p.crowds {
		for i := range c.seats {
			if c.audience != nil {
				break
			}
			d.enlist(c.seats[i].member, r.mark)
		}
	}
	return d
}

func (d *delivery) enlist(m *member, mark uint64) {
	if m.mark == mark {
		return
	}
	m.mark = mark
	for _, a := range d.audiences {
		if m.outlet != nil && a.Has(m.outlet) {
			return
		}
	}
	d.receivers = append(d.receivers, m)
}

func (r *roster) delivery() (d *delivery) {
	n := len(r.spare)
	if n == 0 {
		return &delivery{}
	}
	d, r.spare = r.spare[n-1], r.spare[:n-1]
	return d
}

// reuse keeps the slices for the next push, without what is in them: a member that has gone must be free to go.
func (r *roster) reuse(d *delivery) {
	clear(d.audiences)
	clear(d.receivers)
	clear(d.except)
	d.audiences, d.receivers, d.except = d.audiences[:0], d.receivers[:0], d.except[:0]
	r.spare = append(r.spare, d)
}
