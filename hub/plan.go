package hub

import "slices"

// plan is whom a push is for, loop by loop.
type plan struct {
	parts []part
	loops int // parts that are not empty
}

// stage makes the plan for a target, out of home's state and without touching what belongs to the loops.
func (h *Hub) stage(t *Target) (*plan, error) {
	var p *plan
	if n := len(h.plans); n > 0 {
		p, h.plans = h.plans[n-1], h.plans[:n-1]
	} else {
		p = &plan{parts: make([]part, len(h.rosters))}
	}
	if err := h.add(p, t); err != nil {
		h.unstage(p)
		return nil, err
	}
	for i := range p.parts {
		if !p.parts[i].empty() {
			p.loops++
		}
	}
	return p, nil
}

// unstage keeps the plan for the next push.
func (h *Hub) unstage(p *plan) {
	p.loops = 0
	for i := range p.parts {
		p.parts[i].clear()
	}
	h.plans = append(h.plans, p)
}

func (p *part) clear() {
	clear(p.members)
	clear(p.crowds)
	clear(p.except)
	p.all, p.members, p.crowds, p.except = false, p.members[:0], p.crowds[:0], p.except[:0]
}

// copied returns the part for a loop that reads it later.
func (p *part) copied() *part {
	c := &part{all: p.all, except: slices.Clone(p.except)}
	if !p.all {
		c.members, c.crowds = slices.Clone(p.members), slices.Clone(p.crowds)
	}
	return c
}

func (h *Hub) add(p *plan, t *Target) error {
	for _, uid := range t.except {
		for m := range h.devices(uid) {
			at := &p.parts[m.roster.index]
			at.except = append(at.except, m)
		}
	}
	switch t.kind {
	case toUID:
		return h.addUID(p, t.name)
	case toGroup:
		return h.addGroup(p, t.name)
	case toAll:
		for i, r := range h.rosters {
			p.parts[i].all = r.bound > 0
		}
	case toAny:
		for i := range t.list {
			if err := h.add(p, &t.list[i]); err != nil {
				return err
			}
		}
	}
	return nil
}

func (h *Hub) addUID(p *plan, uid string) error {
	if uid == "" {
		return ErrEmptyUID
	}
	if g := h.many[uid]; g != nil {
		p.addCrowds(g)
		return nil
	}
	for m := range h.devices(uid) {
		at := &p.parts[m.roster.index]
		at.members = append(at.members, m)
	}
	return nil
}

func (h *Hub) addGroup(p *plan, name string) error {
	if name == "" {
		return ErrEmptyGroup
	}
	if g := h.byGroup[name]; g != nil {
		p.addCrowds(g)
	}
	return nil
}

func (p *plan) addCrowds(g *group) {
	elsewhere := 0
	for i := range g.others {
		if s := &g.others[i]; s.members > 0 {
			p.parts[i].crowds = append(p.parts[i].crowds, s.crowd)
			elsewhere += s.members
		}
	}
	if g.members.len() > elsewhere {
		p.parts[0].crowds = append(p.parts[0].crowds, &g.atHome)
	}
}
