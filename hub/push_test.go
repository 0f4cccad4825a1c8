package hub

import (
	"fmt"
	"testing"
	"time"
)

func TestTargets(t *testing.T) {
	everyLoops(t, Options{}, func(t *testing.T, f *fakes) {
		a1, a2 := f.bound(0, "a", "g"), f.bound(f.far(), "a", "g", "h")
		b, c := f.bound(f.far(), "b", "h"), f.bound(0, "c")
		f.conn(0) // without a uid
		all := []*fakeConn{a1, a2, b, c}
		for i, row := range []struct {
			to   Target
			want []*fakeConn
		}{
			{UID("a"), []*fakeConn{a1, a2}},
			{UID("x"), nil},
			{Group("g"), []*fakeConn{a1, a2}},
			{Group("h"), []*fakeConn{a2, b}},
			{Group("x"), nil},
			{All, all},
			{Target{}, nil},
			{Any(), nil},
			{All.Except("a"), []*fakeConn{b, c}},
			{All.Except("a", "a", "x", ""), []*fakeConn{b, c}},
			{All.Except("a", "b", "c"), nil},
			{Group("h").Except("a"), []*fakeConn{b}},
			{Group("h").Except("a").Except("b"), []*fakeConn{a2}},
			{UID("a").Except("a"), nil},
			{Any(UID("a"), UID("b")), []*fakeConn{a1, a2, b}},
			{Any(UID("a"), Group("g"), Group("h"), UID("a")), []*fakeConn{a1, a2, b}},
			{Any(Group("g"), UID("c"), UID("x")), []*fakeConn{a1, a2, c}},
			{Any(Group("g"), All), all},
			{Any(All, All).Except("b"), []*fakeConn{a1, a2, c}},
			{Any(Group("g").Except("a"), UID("a"), UID("c")), []*fakeConn{c}},
			{Any(Any(UID("b")), Any(UID("b"), UID("c")).Except("c")), []*fakeConn{b}},
		} {
			text := fmt.Sprint(i)
			for caller := range f.loops {
				eq(t, text, f.push(caller, row.to, text), Verdict{Taken: len(row.want)})
				for _, c := range row.want {
					c.saw(t, text)
				}
				for _, c := range all {
					c.saw(t)
				}
			}
			f.home(func(x *Home) { eq(t, text+" counted", x.Count(row.to), len(row.want)) })
		}
	})
}

func TestInvalid(t *testing.T) {
	everyLoops(t, Options{MaxMessage: 4}, func(t *testing.T, f *fakes) {
		c := f.bound(f.far(), "u")
		c.full = true // the rules hold, whoever is slow
		for _, row := range []struct {
			to   Target
			m    *Message
			want Verdict
		}{
			{UID("u"), Text([]byte("12345")), Verdict{Err: ErrTooLarge}},
			{All, Binary([]byte("12345")), Verdict{Err: ErrTooLarge}},
			{UID("x"), Binary([]byte("12345")), Verdict{Err: ErrTooLarge}},
			{UID("u"), Text([]byte("\xe4\xbd")), Verdict{Err: ErrNotUTF8}},
			{UID(""), Text([]byte("m")), Verdict{Err: ErrEmptyUID}},
			{Group(""), Text([]byte("m")), Verdict{Err: ErrEmptyGroup}},
			{Any(UID("u"), Any(UID(""))), Text([]byte("m")), Verdict{Err: ErrEmptyUID}},
			{UID("u"), Binary([]byte("\xe4\xbd")), Verdict{Refused: 1}},
			{UID("u"), Text(nil), Verdict{Refused: 1}},
			{All, Text([]byte("1234")), Verdict{Refused: 1}},
		} {
			for caller := range f.loops {
				calls := 0
				f.do(caller, func(x *Home) {
					x.Push(row.to, row.m, nil)
					x.Push(row.to, row.m, func(v Verdict) { eq(t, "verdict", v, row.want); calls++ })
				})
				f.settle()
				eq(t, "verdicts", calls, 1)
			}
		}
		n := uint64(len(f.loops))
		eq(t, "invalid", f.hub.Stats().Invalid, 14*n)
		eq(t, "pushes", f.hub.Stats().Pushes, 6*n)
		eq(t, "refused", f.hub.Stats().Refused, 6*n)
	})
}

// What one caller does is seen in that order, whatever the kind of target.
func TestOrder(t *testing.T) {
	everyLoops(t, Options{}, func(t *testing.T, f *fakes) {
		for caller := range f.loops {
			c := f.conn(f.far())
			push := func(to Target, text string) {
				f.do(caller, func(x *Home) { x.Push(to, Text([]byte(text)), nil) })
			}
			push(UID("u"), "before")
			f.do(caller, func(x *Home) { must(t, x.Bind(c, "u")) })
			push(UID("u"), "1")
			push(Group("g"), "before")
			f.do(caller, func(x *Home) { must(t, x.Join(c, "g")) })
			push(Group("g"), "2")
			push(All, "3")
			push(UID("u"), "4")
			push(Any(Group("g"), UID("u")), "5")
			f.do(caller, func(x *Home) { x.Leave(c, "g") })
			push(Group("g"), "after")
			push(All, "6")
			f.do(caller, func(x *Home) { must(t, x.Kick(UID("u"), Text([]byte("7")), 4000, "bye")) })
			push(All, "after")
			f.settle()
			c.saw(t, "1", "2", "3", "4", "5", "6", "7", "4000 bye")
		}
	})
}

func TestOnePostALoop(t *testing.T) {
	f := newFakes(t, 4, Options{})
	for i := range 40 {
		f.bound(1+i%2, "u", "g") // nobody at home, nobody on loop 3
	}
	for _, to := range []Target{UID("u"), Group("g"), All, Any(UID("u"), Group("g")), All.Except("x")} {
		before := [4]int{}
		for i, l := range f.loops {
			before[i] = l.posts
		}
		f.home(func(x *Home) { x.Push(to, Text([]byte("m")), nil) })
		for i, want := range []int{0, 1, 1, 0} {
			eq(t, fmt.Sprint("posts to loop ", i), f.loops[i].posts-before[i], want)
		}
		f.settle()
	}
}

func TestVerdictAtOnce(t *testing.T) {
	f := newFakes(t, 2, Options{})
	f.bound(0, "here")
	f.bound(1, "there")
	for _, row := range []struct {
		caller int
		to     string
		atOnce bool
	}{{0, "here", true}, {0, "nobody", true}, {0, "there", false}, {1, "here", false}, {1, "nobody", false}, {1, "there", false}} {
		f.do(row.caller, func(x *Home) {
			came, inside := false, true
			x.Push(UID(row.to), Text([]byte("m")), func(Verdict) { came = inside })
			inside = false
			eq(t, fmt.Sprint(row), came, row.atOnce)
		})
		f.settle()
	}
}

// A loop that has stopped refuses for everybody there, and no verdict waits.
func TestStoppedLoopRefuses(t *testing.T) {
	for _, row := range []struct {
		to   Target
		want Verdict
	}{
		{UID("u"), Verdict{Taken: 2, Refused: 1}},
		{Group("g"), Verdict{Taken: 2, Refused: 2}},
		{All, Verdict{Taken: 2, Refused: 3}},
		{All.Except("w"), Verdict{Taken: 2, Refused: 2}},
		{Any(UID("u"), Group("g"), UID("w")), Verdict{Taken: 2, Refused: 3}},
		{UID("w"), Verdict{Refused: 1}},
	} {
		f := newFakes(t, 3, Options{})
		f.bound(0, "u", "g")
		f.bound(1, "u", "g")
		f.bound(2, "u", "g")
		f.bound(2, "v", "g")
		w := f.bound(2, "w")
		f.loops[2].stopped = true
		for caller := range 2 {
			eq(t, fmt.Sprint(row.to), f.push(caller, row.to, "m"), row.want)
		}
		f.home(func(x *Home) {
			must(t, x.Join(w, "g"))
			x.Leave(w, "g")
			x.Unbind(w)
			must(t, x.Kick(All, nil, 4000, ""))
			eq(t, "all", x.Count(All), 0)
			x.Push(UID("u"), Text([]byte("m")), func(v Verdict) { eq(t, "after", v, Verdict{}) })
		})
	}
}

func TestStats(t *testing.T) {
	everyLoops(t, Options{}, func(t *testing.T, f *fakes) {
		f.bound(0, "a", "g")
		f.bound(f.far(), "a", "g").full = true
		f.bound(f.far(), "b")
		f.push(0, All, "m")
		f.push(f.far(), UID("x"), "m")
		f.push(0, UID(""), "m")
		want := Stats{Pushes: 2, Invalid: 1, Offline: 1, Taken: 2, Refused: 1, Bound: 3, UIDs: 2, Groups: 1}
		eq(t, "stats", f.hub.Stats(), want)
	})
}

// Whoever asks only whether anybody took it need not wait for the loops that have not seen it yet.
func TestReach(t *testing.T) {
	everyLoops(t, Options{}, func(t *testing.T, f *fakes) {
		near, far := f.bound(0, "u"), f.bound(f.far(), "u")
		for _, row := range []struct {
			to        Target
			near, far bool // full
			taken     bool
			refused   int
			known     bool
		}{
			{to: All, taken: true, known: true},
			{to: UID("u"), far: true, taken: true, known: true},
			{to: All, near: true, taken: true},
			{to: UID("u"), near: true, far: true, refused: 2},
			{to: UID("x"), known: true},
		} {
			near.full, far.full = row.near, row.far
			for caller := range f.loops {
				var calls []Verdict
				f.do(caller, func(x *Home) {
					x.Reach(row.to, Text([]byte("m")), func(v Verdict) {
						eq(t, "loop of the verdict", f.current, f.loops[caller])
						calls = append(calls, v)
					})
				})
				if caller == 0 && f.far() > 0 {
					eq(t, "known at once", len(calls) == 1, row.known)
				}
				f.settle()
				if len(calls) != 1 || (calls[0].Taken > 0) != row.taken || !row.taken && calls[0].Refused != row.refused {
					t.Errorf("%+v, from %d: %+v", row, caller, calls)
				}
			}
		}
	})
}

// Each loop that has connections which took a push is told when home had it.
func TestLoopsAreToldOfPushes(t *testing.T) {
	f := newFakes(t, 3, Options{})
	for loop, uid := range []string{"a", "b"} {
		c := f.conn(loop)
		f.home(func(x *Home) { _ = x.Bind(c, uid) })
	}
	f.settle()
	began := time.Unix(1000, 0)
	f.loops[0].now = began
	f.home(func(x *Home) {
		x.Push(All, Text([]byte("m")), nil)
		x.Push(UID("nobody"), Text([]byte("m")), nil)
	})
	f.loops[0].now = began.Add(time.Second) // before the other loop comes to it
	f.settle()
	for loop, want := range []int{1, 1, 0} {
		if got := f.loops[loop].pushed; len(got) != want || want > 0 && !got[0].Equal(began) {
			t.Errorf("loop %d was told of %v", loop, got)
		}
	}
}
