package hub

import (
	"iter"
	"slices"
)

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

// resolve visits every connection that a target names, once, out of home's state.
func (h *Hub) resolve(t *Target, visit func(*member)) {
	except := excepted(nil, t)
	seen := map[*member]bool(nil)
	if t.kind == toAny {
		seen = make(map[*member]bool)
	}
	h.every(t, func(m *member) {
		switch {
		case except[m.uid] || seen[m]:
			return
		case seen != nil:
			seen[m] = true
		}
		visit(m)
	})
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

// namesAll tells whether everybody is among those whom the target names.
func (t *Target) namesAll() bool {
	return t.kind == toAll || slices.ContainsFunc(t.list, func(t Target) bool { return t.namesAll() })
}
