package hub

import "iter"

// devices visits the connections of a uid. They must not change meanwhile.
func (h *Hub) devices(uid string) iter.Seq[*member] {
	return func(yield func(*member) bool) {
		first := h.byUID.get(uid)
		if first == nil {
			return
		}
		for m := first; yield(m); {
			if m = m.next; m == first {
				return
			}
		}
	}
}

// resolve lists every connection that a target names, once, out of home's state.
func (h *Hub) resolve(t *Target) []*member {
	var found []*member
	if t.plain() {
		h.every(t, func(m *member) { found = append(found, m) })
		return found
	}
	seen := make(map[*member]bool)
	h.excepted(t, func(m *member) { seen[m] = true })
	h.every(t, func(m *member) {
		if !seen[m] {
			seen[m] = true
			found = append(found, m)
		}
	})
	return found
}

func (h *Hub) every(t *Target, visit func(*member)) {
	switch t.kind {
	case toUID:
		for m := range h.devices(t.name) {
			visit(m)
		}
	case toGroup:
		if g := h.byGroup[t.name]; g != nil {
			for m := range g.members.all() {
				visit(m)
			}
		}
	case toAll:
		for first := range h.uids.all() {
			for m := range h.devices(first.uid) {
				visit(m)
			}
		}
	case toAny:
		for i := range t.list {
			h.every(&t.list[i], visit)
		}
	}
}

func (h *Hub) excepted(t *Target, visit func(*member)) {
	for _, uid := range t.except {
		for m := range h.devices(uid) {
			visit(m)
		}
	}
	for i := range t.list {
		h.excepted(&t.list[i], visit)
	}
}
