package hub

import (
	"slices"
	"testing"
)

func TestConnections(t *testing.T) {
	everyLoops(t, Options{}, func(t *testing.T, f *fakes) {
		first, second, other := f.bound(0, "u"), f.bound(f.far(), "u"), f.bound(0, "other")
		f.home(func(x *Home) {
			eq(t, "nobody", len(x.Connections("nobody")), 0)
			eq(t, "empty uid", len(x.Connections("")), 0)
			eq(t, "u", slices.Equal(x.Connections("u"), []Ref{first, second}), true)
			eq(t, "other", slices.Equal(x.Connections("other"), []Ref{other}), true)
		})
		first.close()
		f.settle()
		f.home(func(x *Home) { eq(t, "u", slices.Equal(x.Connections("u"), []Ref{second}), true) })
	})
}

// What is done to the connections while they are listed does not change the list.
func TestConnectionsWhileTheyLeave(t *testing.T) {
	everyLoops(t, Options{}, func(t *testing.T, f *fakes) {
		for i := range 5 {
			f.bound(i%len(f.loops), "u")
		}
		seen := 0
		f.home(func(x *Home) {
			for _, ref := range x.Connections("u") {
				must(t, x.Join(ref, "g"))
				x.Unbind(ref)
				seen++
			}
			eq(t, "online", x.Online("u"), false)
			eq(t, "group", x.Count(Group("g")), 0)
		})
		eq(t, "seen", seen, 5)
		f.settle()
		eq(t, "push", f.push(0, All, "m"), Verdict{})
	})
}
