package hub

import (
	"slices"
	"strings"
	"testing"
)

func TestBind(t *testing.T) {
	everyLoops(t, Options{MaxName: 8}, func(t *testing.T, f *fakes) {
		for _, row := range []struct {
			uid string
			err error
		}{
			{"u1", nil},
			{"0", nil},
			{" ", nil},
			{"\xff\x00", nil},
			{strings.Repeat("u", 8), nil},
			{strings.Repeat("u", 9), ErrNameTooLong},
			{"", ErrEmptyUID},
		} {
			c := f.conn(f.far())
			f.home(func(x *Home) {
				eq(t, row.uid, x.Bind(c, row.uid), row.err)
				eq(t, row.uid+" online", x.Online(row.uid), row.err == nil)
			})
			f.settle()
			if row.err == nil {
				eq(t, row.uid, f.push(f.far(), UID(row.uid), "m"), Verdict{Taken: 1})
				c.saw(t, "m")
			}
			c.close()
			f.settle()
			f.home(func(x *Home) { eq(t, row.uid+" online after close", x.Online(row.uid), false) })
		}
		eq(t, "bound", f.hub.Stats().Bound, 0)
		eq(t, "members kept", int(f.hub.members.count), 0)
	})
}

func TestIdentity(t *testing.T) {
	everyLoops(t, Options{}, func(t *testing.T, f *fakes) {
		older, newer := f.bound(0, "u", "g"), f.bound(f.far(), "u", "g")
		eq(t, "both", f.push(0, UID("u"), "1"), Verdict{Taken: 2})
		older.close()
		f.settle()
		eq(t, "the newer", f.push(0, UID("u"), "2"), Verdict{Taken: 1})
		eq(t, "group", f.push(0, Group("g"), "3"), Verdict{Taken: 1})
		eq(t, "all", f.push(0, All, "4"), Verdict{Taken: 1})
		newer.saw(t, "1", "2", "3", "4")
		older.saw(t, "1")
		newer.close()
		f.settle()
		eq(t, "nobody", f.push(f.far(), UID("u"), "5"), Verdict{})
	})
}

func TestClosedTabIsOfflineAtOnce(t *testing.T) {
	f := newFakes(t, 2, Options{})
	c := f.bound(0, "u", "g")
	f.on(0, func() {
		c.end()
		f.home(func(x *Home) {
			eq(t, "online", x.Online("u"), false)
			eq(t, "in group", x.Count(Group("g")), 0)
		})
	})
}

func TestBindMoves(t *testing.T) {
	everyLoops(t, Options{}, func(t *testing.T, f *fakes) {
		stays, moves := f.bound(f.far(), "a", "g"), f.bound(f.far(), "a", "g")
		for _, c := range []*fakeConn{stays, moves} { // the uid's first and its second member
			f.home(func(x *Home) {
				must(t, x.Bind(c, "b"))
				must(t, x.Bind(c, "b"))
				eq(t, "of b", x.Count(UID("b")), 1)
				eq(t, "of a", x.Count(UID("a")), 1)
				eq(t, "uids", x.CountUIDs(), 2)
				must(t, x.Bind(c, "a"))
				eq(t, "of b", x.Count(UID("b")), 0)
			})
		}
		f.home(func(x *Home) { must(t, x.Bind(moves, "b")) })
		eq(t, "a", f.push(0, UID("a"), "1"), Verdict{Taken: 1})
		eq(t, "b", f.push(0, UID("b"), "2"), Verdict{Taken: 1})
		eq(t, "g", f.push(0, Group("g"), "3"), Verdict{Taken: 2})
		eq(t, "all", f.push(0, All, "4"), Verdict{Taken: 2})
		stays.saw(t, "1", "3", "4")
		moves.saw(t, "2", "3", "4")
	})
}

func TestUnbind(t *testing.T) {
	everyLoops(t, Options{}, func(t *testing.T, f *fakes) {
		c := f.bound(f.far(), "u", "g")
		f.home(func(x *Home) {
			x.Unbind(c)
			x.Unbind(c)
			eq(t, "online", x.Online("u"), false)
			eq(t, "all", x.Count(All), 0)
			eq(t, "join", x.Join(c, "g"), ErrNotBound)
			x.Leave(c, "g")
		})
		for _, to := range []Target{UID("u"), Group("g"), All} {
			eq(t, "nobody", f.push(f.far(), to, "lost"), Verdict{})
		}
		f.home(func(x *Home) {
			must(t, x.Bind(c, "v"))
			must(t, x.Join(c, "h"))
		})
		for i, to := range []Target{UID("v"), Group("h"), All} {
			eq(t, "again", f.push(f.far(), to, string(rune('1'+i))), Verdict{Taken: 1})
		}
		eq(t, "old group", f.push(f.far(), Group("g"), "lost"), Verdict{})
		c.saw(t, "1", "2", "3")
		f.home(func(x *Home) { x.Unbind(c) })
		f.settle()
		c.close()
		f.settle()
		eq(t, "members kept", int(f.hub.members.count), 0)
	})
}

func TestUnknownConnection(t *testing.T) {
	f := newFakes(t, 1, Options{})
	c := f.conn(0)
	f.home(func(x *Home) {
		x.Unbind(c)
		x.Leave(c, "g")
		eq(t, "join", x.Join(c, "g"), ErrNotBound)
	})
}

func TestBindGone(t *testing.T) {
	f := newFakes(t, 2, Options{})
	here, there := f.conn(0), f.conn(1)
	here.close()
	there.close()
	f.home(func(x *Home) {
		eq(t, "at home it is known at once", x.Bind(here, "u"), ErrGone)
		eq(t, "online", x.Online("u"), false)
		must(t, x.Bind(there, "u"))
		must(t, x.Join(there, "g"))
	})
	f.settle()
	f.home(func(x *Home) { eq(t, "online in the end", x.Online("u"), false) })
	eq(t, "members kept", int(f.hub.members.count), 0)

	open := f.conn(1)
	f.loops[1].stopped = true
	f.home(func(x *Home) {
		eq(t, "stopped loop", x.Bind(open, "u"), ErrGone)
		eq(t, "online", x.Online("u"), false)
	})
}

// A connection may close while tasks for it are on their way.
func TestCloseCrossesTasks(t *testing.T) {
	f := newFakes(t, 2, Options{})
	c := f.bound(1, "u", "g")
	var refused Verdict
	f.home(func(x *Home) {
		x.Push(UID("u"), Text([]byte("late")), func(v Verdict) { refused = v })
		x.Leave(c, "g")
		must(t, x.Join(c, "h"))
		x.Unbind(c)
		must(t, x.Bind(c, "v"))
	})
	c.close()
	f.settle()
	c.saw(t)
	eq(t, "verdict", refused, Verdict{Refused: 1})
	f.home(func(x *Home) { eq(t, "online", x.Online("v"), false) })
	eq(t, "bound", f.hub.Stats().Bound, 0)
	eq(t, "groups", f.hub.Stats().Groups, 0)
}

func TestSingle(t *testing.T) {
	everyLoops(t, Options{Single: true, SingleReason: "elsewhere"}, func(t *testing.T, f *fakes) {
		older, newer := f.bound(f.far(), "u", "g"), f.conn(0)
		eq(t, "before", f.push(0, UID("u"), "1"), Verdict{Taken: 1})
		f.home(func(x *Home) {
			must(t, x.Bind(newer, "u"))
			eq(t, "devices", x.Count(UID("u")), 1)
			eq(t, "group", x.Count(Group("g")), 0)
			x.Push(UID("u"), Text([]byte("2")), nil)
		})
		f.settle()
		older.saw(t, "1", "4001 elsewhere")
		newer.saw(t, "2")
		eq(t, "closed", older.closed, true)
		eq(t, "kicked", f.hub.Stats().Kicked, 1)

		third := f.bound(f.far(), "v")
		f.home(func(x *Home) { must(t, x.Bind(third, "u")) }) // moves, and takes over
		f.settle()
		newer.saw(t, "4001 elsewhere")
		eq(t, "the third", f.push(0, UID("u"), "3"), Verdict{Taken: 1})
		third.saw(t, "3")
		f.home(func(x *Home) { must(t, x.Bind(third, "u")) })
		f.settle()
		eq(t, "it does not kick itself", third.closed, false)
	})
}

// SetSingle counts for who is bound later.
func TestSetSingle(t *testing.T) {
	everyLoops(t, Options{}, func(t *testing.T, f *fakes) {
		older, newer := f.bound(0, "u"), f.bound(f.far(), "u")
		f.home(func(x *Home) { x.SetSingle(true) })
		eq(t, "both stay", f.push(0, UID("u"), "1"), Verdict{Taken: 2})
		third := f.bound(0, "v")
		f.bound(f.far(), "v")
		f.settle()
		eq(t, "kicked", third.closed, true)
		f.home(func(x *Home) { x.SetSingle(false) })
		f.bound(0, "v")
		eq(t, "both of v", f.push(0, UID("v"), "2"), Verdict{Taken: 2})
		eq(t, "closed", older.closed || newer.closed, false)
	})
}

func TestManyDevicesOfOneUID(t *testing.T) {
	everyLoops(t, Options{}, func(t *testing.T, f *fakes) {
		var conns []*fakeConn
		for i := range 20 {
			conns = append(conns, f.bound(i%len(f.loops), "u"))
		}
		order := []int{0, 19, 7, 1, 2, 18, 8, 9, 3, 4, 5, 6, 10, 17, 16, 15, 11, 14, 12, 13}
		for i, who := range order {
			conns[who].close()
			f.settle()
			want := len(conns) - i - 1
			eq(t, "left", f.push(0, UID("u"), "m"), Verdict{Taken: want})
			f.home(func(x *Home) {
				page, _ := x.UIDs(0, 0)
				eq(t, "listed", slices.Equal(page, []string{"u"}), want > 0)
			})
		}
	})
}
