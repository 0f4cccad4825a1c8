package hub

import (
	"fmt"
	"strings"
	"testing"
)

func TestJoin(t *testing.T) {
	everyLoops(t, Options{MaxName: 8, MaxGroups: 3}, func(t *testing.T, f *fakes) {
		c := f.bound(f.far(), "u")
		f.home(func(x *Home) {
			eq(t, "empty", x.Join(c, ""), ErrEmptyGroup)
			eq(t, "long", x.Join(c, strings.Repeat("g", 9)), ErrNameTooLong)
			for _, g := range []string{"1", "2", "3", "3", "1"} {
				must(t, x.Join(c, g))
			}
			eq(t, "too many", x.Join(c, "4"), ErrTooManyGroups)
			x.Leave(c, "2")
			x.Leave(c, "2")
			x.Leave(c, "unknown")
			must(t, x.Join(c, "4"))
			eq(t, "groups", x.CountGroups(), 3)
		})
		for g, want := range map[string]int{"1": 1, "2": 0, "3": 1, "4": 1} {
			eq(t, g, f.push(f.far(), Group(g), g), Verdict{Taken: want})
		}
		c.close()
		f.settle()
		f.home(func(x *Home) { eq(t, "groups", x.CountGroups(), 0) })
	})
}

// Members leave from the beginning, the middle and the end of a crowd, each also while in other groups.
func TestCrowdsShrink(t *testing.T) {
	everyLoops(t, Options{}, func(t *testing.T, f *fakes) {
		const many = 300
		var conns []*fakeConn
		for i := range many {
			conns = append(conns, f.bound(i%len(f.loops), fmt.Sprint(i), "g", "h", fmt.Sprint("own", i)))
		}
		left := many
		for i := 0; i < many; i += 3 {
			f.home(func(x *Home) { x.Leave(conns[i], "g") })
			conns[(i*7+1)%many].close()
			f.settle()
		}
		left = 0
		for i, c := range conns {
			if !c.closed && i%3 != 0 {
				left++
			}
			c.got = nil
		}
		eq(t, "g", f.push(0, Group("g"), "m"), Verdict{Taken: left})
		for i, c := range conns {
			eq(t, fmt.Sprint(i), len(c.got) == 1, !c.closed && i%3 != 0)
		}
		for _, c := range conns {
			c.close()
		}
		f.settle()
		eq(t, "stats", f.hub.Stats().Groups, 0)
	})
}

// A name of MaxName bytes, and MaxGroups groups, are taken; one more is refused, counted, and nobody else's business.
func TestNameAndGroupLimits(t *testing.T) {
	everyLoops(t, Options{MaxName: 8, MaxGroups: 2}, func(t *testing.T, f *fakes) {
		c, other := f.bound(f.far(), strings.Repeat("u", 8)), f.bound(f.far(), "other", "g1")
		f.home(func(x *Home) {
			must(t, x.Join(c, strings.Repeat("g", 8)))
			must(t, x.Join(c, "g1"))
			eq(t, "names", f.hub.Stats().NamesTooLong, uint64(0))
			eq(t, "groups", f.hub.Stats().TooManyGroups, uint64(0))
			eq(t, "a long uid", x.Bind(c, strings.Repeat("u", 9)), ErrNameTooLong)
			eq(t, "a long group", x.Join(c, strings.Repeat("g", 9)), ErrNameTooLong)
			eq(t, "a third group", x.Join(c, "g2"), ErrTooManyGroups)
			must(t, x.Join(other, "g2"))
			eq(t, "names", f.hub.Stats().NamesTooLong, uint64(2))
			eq(t, "groups", f.hub.Stats().TooManyGroups, uint64(1))
		})
		eq(t, "its uid", f.push(f.far(), UID(strings.Repeat("u", 8)), "m"), Verdict{Taken: 1})
		eq(t, "its group", f.push(f.far(), Group("g1"), "m"), Verdict{Taken: 2})
		eq(t, "the other's", f.push(f.far(), Group("g2"), "m"), Verdict{Taken: 1})
	})
}
