package hub

import "testing"

// While the loops are behind, a push from where nobody can be held back is not tried.
func TestBusy(t *testing.T) {
	everyLoops(t, Options{}, func(t *testing.T, f *fakes) {
		var all []*fakeConn
		for i := range f.loops {
			all = append(all, f.bound(i, "u"))
		}
		for i, l := range f.loops {
			l.busy = true
			if v := f.push(i, All, "m"); v.Err != ErrBusy || v.Taken+v.Refused != 0 {
				t.Errorf("from loop %d: %+v", i, v)
			}
			l.busy = false
			if v := f.push(i, All, "m"); v.Err != nil || v.Taken != len(f.loops) {
				t.Errorf("from loop %d when it is over: %+v", i, v)
			}
		}
		if s := f.hub.Stats(); s.Busy != uint64(len(f.loops)) || s.Invalid != 0 || s.Pushes != uint64(len(f.loops)) {
			t.Errorf("%+v", s)
		}
		for _, c := range all {
			if len(c.got) != len(f.loops) {
				t.Errorf("connection %d got %q", c.id, c.got)
			}
		}
	})
}

// Those who are bounded in another way are not told to try again: who goes on with what a message began, and goroutines,
// which have waited.
func TestNotBusy(t *testing.T) {
	everyLoops(t, Options{}, func(t *testing.T, f *fakes) {
		c := f.bound(f.far(), "u")
		for i, l := range f.loops {
			l.busy = true
			f.on(i, func() {
				f.hub.Continue(l, 1, func(x *Home) {
					x.Push(UID("u"), Text([]byte("m")), func(v Verdict) {
						if v.Taken != 1 || v.Err != nil {
							t.Errorf("from loop %d: %+v", i, v)
						}
					})
				})
			})
			f.settle()
		}
		x := &f.hub.going[0] // what Wait gives its function
		f.on(0, func() { x.Push(UID("u"), Text([]byte("m")), nil) })
		f.settle()
		if want := len(f.loops) + 1; len(c.got) != want || f.hub.Stats().Busy != 0 {
			t.Errorf("got %q, busy %d", c.got, f.hub.Stats().Busy)
		}
	})
}

// What home is given by other loops counts by its bytes.
func TestDoSized(t *testing.T) {
	f := newFakes(t, 2, Options{})
	f.on(1, func() {
		f.hub.DoSized(f.loops[1], 1000, func(*Home) {})
		f.hub.Do(f.loops[1], func(*Home) {})
		f.hub.Continue(f.loops[1], 234, func(*Home) {})
	})
	eq(t, "bytes posted to home", f.loops[0].posted, 1234)
	f.settle()
	ran := false
	f.on(0, func() { f.hub.DoSized(f.loops[0], 1, func(*Home) { ran = true }) })
	eq(t, "ran at once at home", ran, true)
}
