package hub

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
)

// unruly is a hub whose connections do at random what a program may, whenever one of their methods is called.
type unruly struct {
	*fakes
	rnd   *rand.Rand
	conns []*fakeConn
	depth int
	open  int // verdicts that have not come
}

func (u *unruly) enter() {
	c := u.conn(u.rnd.IntN(len(u.loops)))
	c.onPush = func() { u.nested(c.loop.index) }
	c.onKick = c.onPush
	c.full = u.rnd.IntN(10) == 0
	u.conns = append(u.conns, c)
}

func (u *unruly) nested(loop int) {
	if u.depth++; u.depth < 4 && u.rnd.IntN(3) == 0 {
		u.act(loop)
	}
	u.depth--
}

func (u *unruly) target(depth int) Target {
	uid := fmt.Sprint("u", u.rnd.IntN(4))
	switch n := u.rnd.IntN(8); {
	case n < 2:
		return UID(uid)
	case n < 5:
		return Group(fmt.Sprint("g", u.rnd.IntN(3)))
	case n < 6 || depth == 0:
		return All.Except(uid)
	default:
		return Any(u.target(depth-1), u.target(depth-1)).Except(uid)
	}
}

func (u *unruly) act(loop int) {
	c := u.conns[u.rnd.IntN(len(u.conns))]
	uid, group := fmt.Sprint("u", u.rnd.IntN(4)), fmt.Sprint("g", u.rnd.IntN(3))
	n := u.rnd.IntN(20)
	if n == 0 {
		c.close()
		return
	}
	u.do(loop, func(x *Home) {
		switch {
		case n < 5:
			_ = x.Bind(c, uid)
		case n < 6:
			x.Unbind(c)
		case n < 11:
			_ = x.Join(c, group)
		case n < 13:
			x.Leave(c, group)
		case n < 14:
			must(u.t, x.Kick(u.target(1), nil, 4000, "x"))
		default:
			u.open++
			x.Push(u.target(1), Text([]byte("m")), func(v Verdict) {
				u.open--
				if v.Taken < 0 || v.Refused < 0 || v.Taken+v.Refused > len(u.conns) || v.Err != nil {
					u.t.Errorf("verdict %+v", v)
				}
			})
		}
	})
}

// check holds the books of home and of the loops against each other, when nothing is on its way.
func (u *unruly) check() {
	u.t.Helper()
	h, bound, groups := u.hub, 0, map[string]int{}
	for _, c := range u.conns {
		m := h.members.get(c.id)
		is := m != nil && m.uid != ""
		if hears := slices.Contains(c.loop.hearing, c); is != hears || is && c.closed {
			u.t.Fatalf("connection %d: bound %v, hears %v, closed %v", c.id, is, hears, c.closed)
		}
		if !is {
			continue
		}
		bound++
		seats := 0
		for s := m.groups; s != nil; s = s.next {
			if !s.seated() || s.crowd != s.group.crowd(m) || s.crowd.audience != nil && !s.crowd.audience.Has(c) {
				u.t.Fatalf("connection %d is in %q, and not in its crowd", c.id, s.group.name)
			}
			groups[s.group.name]++
			seats++
		}
		for s := m.seats; s != nil; s = s.after {
			seats--
		}
		if seats != 0 {
			u.t.Fatalf("connection %d: %d seats are missing", c.id, seats)
		}
	}
	eq(u.t, "bound", h.Stats().Bound, bound)
	for _, list := range []map[string]*group{h.byGroup, h.many} {
		for name, g := range list {
			eq(u.t, name, g.members.len(), groups[name])
			delete(groups, name)
		}
	}
	eq(u.t, "groups that are not there", len(groups), 0)
	for _, r := range h.rosters {
		eq(u.t, "pushes under way", r.delivering, 0)
	}
}

// Whatever is done in the midst of whatever else, with any number of loops, home and the loops agree afterwards.
func TestUnrulyConnections(t *testing.T) {
	for seed := range uint64(200) {
		u := &unruly{fakes: newFakes(t, []int{1, 2, 4}[seed%3], Options{Single: seed%7 == 0}), rnd: rand.New(rand.NewPCG(seed, 3))}
		u.hub.large = 4
		for range 12 {
			u.enter()
		}
		for range 200 {
			u.act(u.rnd.IntN(len(u.loops)))
			if u.rnd.IntN(10) == 0 {
				u.enter()
			}
			for range u.rnd.IntN(4) { // the loops get on at different speeds
				u.loops[u.rnd.IntN(len(u.loops))].step()
			}
			if u.rnd.IntN(20) == 0 {
				u.settle()
				u.check()
			}
		}
		u.settle()
		u.check()
		for _, c := range u.conns {
			c.close()
		}
		u.settle()
		u.check()
		eq(t, "members kept", int(u.hub.members.count), 0)
		eq(t, "verdicts that have not come", u.open, 0)
		if t.Failed() {
			t.Fatalf("seed %d", seed)
		}
	}
}
