package hub

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
)

// model is the hub said simply: who has which uid and is in which groups, and what each connection must get. It changes
// when home does, so it says what must come out however the loops' queues are interleaved.
type model struct {
	f      *fakes
	rnd    *rand.Rand
	conns  []*modelConn
	pushes int
	open   int // verdicts that have not come
}

type modelConn struct {
	*fakeConn
	uid    string
	groups map[string]bool
	left   bool // closed, or kicked
	quit   bool // closed by itself: may have missed the end of want
	want   []string
}

func (m *model) uid() string   { return fmt.Sprint("u", m.rnd.IntN(6)) }
func (m *model) group() string { return fmt.Sprint("g", m.rnd.IntN(3)) }

func (m *model) target(depth int) Target {
	var t Target
	switch n := m.rnd.IntN(10); {
	case n < 3:
		t = UID(m.uid())
	case n < 6:
		t = Group(m.group())
	case n < 8 || depth == 0:
		t = All
	default:
		t = Any(m.target(depth-1), m.target(depth-1))
	}
	for m.rnd.IntN(4) == 0 {
		t = t.Except(append(t.except, m.uid())...)
	}
	return t
}

func (c *modelConn) namedBy(t Target) bool {
	switch t.kind {
	case toUID:
		return c.uid == t.name
	case toGroup:
		return c.groups[t.name]
	case toAny:
		return slices.ContainsFunc(t.list, c.namedBy)
	}
	return t.kind == toAll
}

func (c *modelConn) exceptedBy(t Target) bool {
	return slices.Contains(t.except, c.uid) || slices.ContainsFunc(t.list, c.exceptedBy)
}

func (m *model) receivers(t Target) (list []*modelConn) {
	for _, c := range m.conns {
		if c.uid != "" && c.namedBy(t) && !c.exceptedBy(t) {
			list = append(list, c)
		}
	}
	return list
}

func (c *modelConn) unbind() { c.uid, c.groups = "", map[string]bool{} }

// act does one random thing, from a random loop, to the hub and to the model.
func (m *model) act() {
	caller := m.rnd.IntN(len(m.f.loops))
	c := m.conns[m.rnd.IntN(len(m.conns))]
	do := func(fn func(x *Home)) { m.f.do(caller, fn) }
	uid, group := m.uid(), m.group()
	switch n := m.rnd.IntN(100); {
	case n < 15:
		do(func(x *Home) {
			if x.Bind(c, uid) == nil && !c.left {
				c.uid = uid
			}
		})
	case n < 20:
		do(func(x *Home) { x.Unbind(c); c.unbind() })
	case n < 35:
		do(func(x *Home) {
			if x.Join(c, group) == nil && !c.left {
				c.groups[group] = true
			}
		})
	case n < 45:
		do(func(x *Home) { x.Leave(c, group); delete(c.groups, group) })
	case n < 90:
		m.push(do, caller, m.target(2))
	case n < 92:
		m.kick(do, UID(uid))
	case n < 95:
		if !c.closed {
			c.quit = true
		}
		c.close()
		c.left = true
		c.unbind()
	default:
		m.enter()
	}
}

func (m *model) enter() {
	c := &modelConn{fakeConn: m.f.conn(m.rnd.IntN(len(m.f.loops)))}
	c.unbind()
	m.conns = append(m.conns, c)
}

func (m *model) push(do func(func(*Home)), caller int, to Target) {
	m.pushes++
	text := fmt.Sprint("m", m.pushes)
	m.open++
	do(func(x *Home) {
		want := m.receivers(to)
		for _, c := range want {
			c.want = append(c.want, text)
		}
		x.Push(to, Text([]byte(text)), func(v Verdict) {
			m.open--
			eq(m.f.t, "loop of the verdict", m.f.current, m.f.loops[caller])
			took := 0
			for _, c := range m.conns {
				if slices.Contains(c.got, text) {
					took++
				}
			}
			eq(m.f.t, "taken of "+text, v.Taken, took)
			// One that has left may be refused: on another loop, before home has heard of it.
			left := 0
			for _, c := range m.conns {
				if c.left {
					left++
				}
			}
			if !slices.ContainsFunc(want, func(c *modelConn) bool { return c.quit }) {
				eq(m.f.t, "taken of "+text, v.Taken, len(want))
			}
			eq(m.f.t, "refused only by those who left, "+text, v.Refused <= left, true)
		})
	})
}

func (m *model) kick(do func(func(*Home)), to Target) {
	do(func(x *Home) {
		for _, c := range m.receivers(to) {
			c.want = append(c.want, "last", "4000 bye")
			c.unbind()
			c.left = true
		}
		must(m.f.t, x.Kick(to, Text([]byte("last")), 4000, "bye"))
	})
}

// check compares the hub with the model when nothing is on its way.
func (m *model) check(t *testing.T) {
	m.f.settle()
	eq(t, "verdicts that have not come", m.open, 0)
	for _, c := range m.conns {
		switch {
		case c.quit && len(c.got) <= len(c.want) && slices.Equal(c.got, c.want[:len(c.got)]):
		case !slices.Equal(c.got, c.want):
			t.Errorf("connection %d (loop %d) got %v\nwant %v", c.id, c.loop.index, c.got, c.want)
		}
	}
	m.f.home(func(x *Home) {
		for i := range 6 {
			uid := fmt.Sprint("u", i)
			eq(t, uid, x.Count(UID(uid)), len(m.receivers(UID(uid))))
			eq(t, uid, x.Online(uid), len(m.receivers(UID(uid))) > 0)
			m.checkMany(t, uid, len(m.receivers(UID(uid))))
		}
		for i := range 3 {
			g := fmt.Sprint("g", i)
			eq(t, g, x.Count(Group(g)), len(m.receivers(Group(g))))
			page, _ := x.Members(g, 0, 0)
			eq(t, g+" listed", len(page), len(m.receivers(Group(g))))
		}
		eq(t, "all", x.Count(All), len(m.receivers(All)))
	})
}

// checkMany checks how many the uid's last member says they are, and that its group has all of them or none.
func (m *model) checkMany(t *testing.T, uid string, n int) {
	h := m.f.hub
	if n > 1 {
		eq(t, uid+" counted by its last", int(h.byUID.get(uid).prev.place), n)
	}
	if g := h.many[uid]; g != nil {
		eq(t, uid+" as a group", g.members.len(), n)
	} else {
		eq(t, uid+" is no group", n <= h.large, true)
	}
}

func TestRandomly(t *testing.T) {
	for seed := range uint64(60) {
		everyLoops(t, Options{}, func(t *testing.T, f *fakes) {
			f.hub.large = 1 + int(seed%5)
			m := &model{f: f, rnd: rand.New(rand.NewPCG(seed, 3))}
			for range 10 {
				m.enter()
			}
			for range 400 {
				m.act()
				for m.rnd.IntN(3) > 0 {
					f.loops[m.rnd.IntN(len(f.loops))].step()
				}
				if m.rnd.IntN(100) == 0 {
					m.check(t)
				}
			}
			m.check(t)
			for _, c := range m.conns {
				c.close()
			}
			f.settle()
			eq(t, "members kept", int(f.hub.members.count), 0)
			eq(t, "stats", f.hub.Stats().Bound+f.hub.Stats().UIDs+f.hub.Stats().Groups, 0)
			if t.Failed() {
				t.Fatalf("seed %d", seed)
			}
		})
	}
}
