package hub

import "testing"

func TestKick(t *testing.T) {
	everyLoops(t, Options{MaxMessage: 4}, func(t *testing.T, f *fakes) {
		a1, a2, b := f.bound(0, "a", "g"), f.bound(f.far(), "a"), f.bound(f.far(), "b", "g")
		for _, m := range []*Message{Text([]byte("12345")), Text([]byte("\xff"))} {
			f.home(func(x *Home) { eq(t, "invalid", x.Kick(All, m, 4000, "bye") != nil, true) })
		}
		f.settle()
		f.push(0, All, "1")
		f.home(func(x *Home) {
			must(t, x.Kick(Any(UID("a"), Group("g")).Except("b"), Text([]byte("last")), 4000, "bye"))
			eq(t, "online", x.Online("a"), false)
			eq(t, "bound", x.Count(All), 1)
		})
		f.settle()
		a1.saw(t, "1", "last", "4000 bye")
		a2.saw(t, "1", "last", "4000 bye")
		b.saw(t, "1")
		f.home(func(x *Home) { must(t, x.Kick(All, nil, 4000, "")) })
		f.settle()
		b.saw(t, "4000 ")
		eq(t, "kicked", f.hub.Stats().Kicked, 3)
		eq(t, "members kept", int(f.hub.members.count), 0)
	})
}

// Who is kicked and bound again before it has closed does not stay.
func TestBindOfKicked(t *testing.T) {
	f := newFakes(t, 2, Options{})
	c := f.bound(1, "u")
	f.home(func(x *Home) {
		must(t, x.Kick(UID("u"), nil, 4000, ""))
		must(t, x.Bind(c, "v"))
	})
	f.settle()
	eq(t, "bound", f.hub.Stats().Bound, 0)
	eq(t, "v", f.push(0, UID("v"), "m"), Verdict{})
}

// Inside an Outlet's methods connections end and callbacks use the hub. Whoever was there when a push began gets it once.
func TestReentrancy(t *testing.T) {
	for _, to := range []Target{UID("u"), Group("g"), All, Any(Group("g"), UID("u"))} {
		f := newFakes(t, 2, Options{})
		var conns []*fakeConn
		for range 6 {
			conns = append(conns, f.bound(0, "u", "g"))
		}
		late := f.conn(0)
		conns[0].onPush = func() {
			conns[0].onPush = nil
			conns[0].end()
			conns[5].end()
			f.hub.Do(f.loops[0], func(x *Home) {
				x.Leave(conns[1], "g")
				must(t, x.Bind(late, "u"))
				must(t, x.Join(late, "g"))
				x.Push(Group("g"), Text([]byte("inner")), nil)
				eq(t, "devices", x.Count(UID("u")), 4) // conns[2] has left in the inner push
			})
		}
		conns[2].onPush = func() {
			conns[2].onPush = nil
			f.hub.Do(f.loops[0], func(x *Home) { x.Unbind(conns[2]) })
		}
		conns[3].onPush = func() {
			conns[3].onPush = nil
			f.hub.Do(f.loops[0], func(x *Home) { must(t, x.Kick(UID("nobody"), nil, 1, "")) })
		}
		eq(t, "verdict", f.push(0, to, "m"), Verdict{Taken: 4, Refused: 2})
		for i, c := range conns {
			n := 0
			for _, got := range c.got {
				if got == "m" {
					n++
				}
			}
			eq(t, "times", n, map[bool]int{true: 1, false: 0}[i != 0 && i != 5])
		}
		late.saw(t, "inner")
	}
}

func TestKickInsideKickAndPush(t *testing.T) {
	everyLoops(t, Options{}, func(t *testing.T, f *fakes) {
		a, b, c := f.bound(0, "a", "g"), f.bound(0, "b", "g"), f.bound(f.far(), "c", "g")
		a.onKick = func() {
			a.onKick = nil
			f.hub.Do(f.loops[0], func(x *Home) {
				must(t, x.Kick(All, nil, 1, "inner"))
				must(t, x.Bind(b, "again"))
			})
		}
		f.home(func(x *Home) { must(t, x.Kick(Group("g"), nil, 2, "outer")) })
		f.settle()
		for _, c := range []*fakeConn{a, b, c} {
			c.saw(t, "2 outer")
		}
		eq(t, "bound", f.hub.Stats().Bound, 0)
	})
}

func TestBindInsideVerdict(t *testing.T) {
	everyLoops(t, Options{}, func(t *testing.T, f *fakes) {
		f.bound(f.far(), "u")
		c := f.conn(f.far())
		for caller := range f.loops {
			uid := string(rune('a' + caller))
			f.do(caller, func(x *Home) {
				x.Push(UID("u"), Text([]byte("m")), func(Verdict) {
					f.hub.Do(f.loops[caller], func(x *Home) {
						must(t, x.Bind(c, uid))
						x.Push(UID(uid), Text([]byte(uid)), nil)
					})
				})
			})
			f.settle()
			c.saw(t, uid)
		}
	})
}

// Those of one Kick are out of everything before the first of them says goodbye: what is pushed then is not for them, and who of
// them is bound again has no second seat.
func TestKickedAreOutBeforeTheFirstGoodbye(t *testing.T) {
	f := newFakes(t, 1, Options{})
	f.hub.large = 2
	stays := f.bound(0, "s", "g")
	all := []*fakeConn{f.bound(0, "u", "g"), f.bound(0, "u", "g"), f.bound(0, "u", "g")}
	all[0].onKick = func() {
		for _, to := range []Target{All, Group("g")} {
			f.hub.Do(f.loops[0], func(x *Home) {
				x.Push(to, Text([]byte("m")), func(v Verdict) { eq(t, "verdict", v, Verdict{Taken: 1}) })
			})
		}
		f.hub.Do(f.loops[0], func(x *Home) {
			must(t, x.Bind(all[1], "u"))
			must(t, x.Join(all[1], "g"))
		})
	}
	f.home(func(x *Home) { must(t, x.Kick(UID("u"), nil, 4000, "x")) })
	stays.saw(t, "m", "m")
	for _, c := range all {
		c.saw(t, "4000 x")
	}
	eq(t, "bound", f.hub.Stats().Bound, 1)
}
