package hub

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
)

// The roll against a plain list, in random order.
func TestRoll(t *testing.T) {
	for seed := range uint64(10) {
		rnd := rand.New(rand.NewPCG(seed, 1))
		var r roll[int]
		var numbers []uint64
		var values []int
		for step := range 8 * maxPiece {
			switch grow := step < 5*maxPiece; {
			case len(values) == 0 || rnd.IntN(10) < 3 || grow && rnd.IntN(10) < 7:
				numbers = append(numbers, r.enter(step+1))
				values = append(values, step+1)
			case rnd.IntN(10) == 0:
				i := rnd.IntN(len(values))
				values[i] = -step
				r.replace(numbers[i], -step)
			default:
				i := rnd.IntN(len(values))
				r.leave(numbers[i])
				numbers, values = slices.Delete(numbers, i, i+1), slices.Delete(values, i, i+1)
			}
			if r.len() != len(values) {
				t.Fatalf("seed %d, step %d: len %d, want %d", seed, step, r.len(), len(values))
			}
			r.check(t)
		}
		if got := slices.Collect(r.all()); !slices.Equal(got, values) {
			t.Fatalf("seed %d: %v, want %v", seed, got, values)
		}
	}
}

// check looks at what the pieces promise.
func (r *roll[T]) check(t *testing.T) {
	t.Helper()
	for i := range r.pieces {
		if p := &r.pieces[i]; len(p.entries) == 0 || len(p.entries) > maxPiece || 2*p.gaps >= len(p.entries) {
			t.Fatalf("piece %d of %d: %d entries, %d gaps", i, len(r.pieces), len(p.entries), p.gaps)
		}
	}
}

func TestRollShrinks(t *testing.T) {
	var r roll[int]
	for i := range 100_000 {
		r.enter(i + 1)
	}
	for n := uint64(1); n < 100_000; n++ {
		r.leave(n)
	}
	eq(t, "left", r.len(), 1)
	if len(r.pieces) != 1 || cap(r.pieces[0].entries) > 8 {
		t.Errorf("one entry keeps %d pieces, the first of %d places", len(r.pieces), cap(r.pieces[0].entries))
	}
	r.leave(100_000)
	eq(t, "number", r.enter(1), 100_001) // a cursor from before stays good
}

// What is there during the whole listing is given once, in order, while the rest comes and goes.
func TestPagesUnderChurn(t *testing.T) {
	for seed := range uint64(20) {
		rnd := rand.New(rand.NewPCG(seed, 2))
		var r roll[int]
		passing := map[int]uint64{}
		next := 1
		for next <= 5000 {
			number := r.enter(next)
			if next%5 != 0 {
				passing[next] = number
			}
			next++
		}
		given := map[int]int{}
		last := 0
		for cursor, first := uint64(0), true; first || cursor != 0; first = false {
			n := 0
			cursor = r.page(cursor, 1+rnd.IntN(200), func(v int) {
				if v <= last {
					t.Fatalf("seed %d: %d after %d", seed, v, last)
				}
				last = v
				given[v]++
				n++
			})
			for v, number := range passing {
				if rnd.IntN(8) == 0 {
					r.leave(number)
					delete(passing, v)
				}
			}
			for range rnd.IntN(50) {
				passing[next] = r.enter(next)
				next++
			}
		}
		for v := 5; v <= 5000; v += 5 {
			if given[v] != 1 {
				t.Fatalf("seed %d: %d given %d times", seed, v, given[v])
			}
		}
	}
}

// A page goes over gaps, and over pieces that have only few entries left.
func TestPageOverGaps(t *testing.T) {
	var r roll[int]
	const many = 5 * maxPiece
	for i := range many {
		r.enter(i + 1)
	}
	for n := uint64(1); n <= many; n++ {
		if n%maxPiece != 5 && n != many {
			r.leave(n)
		}
	}
	var page []int
	give := func(v int) { page = append(page, v) }
	cursor := r.page(0, 2, give)
	eq(t, "cursor", cursor, maxPiece+5)
	cursor = r.page(cursor, 3, give)
	eq(t, "cursor", cursor, 4*maxPiece+5)
	cursor = r.page(cursor, 1000, give)
	eq(t, "cursor", cursor, 0)
	eq(t, "pages", fmt.Sprint(page), fmt.Sprint([]int{5, maxPiece + 5, 2*maxPiece + 5, 3*maxPiece + 5, 4*maxPiece + 5, many}))
}

func TestLists(t *testing.T) {
	everyLoops(t, Options{}, func(t *testing.T, f *fakes) {
		const many = 2500
		var conns []*fakeConn
		for i := range many {
			conns = append(conns, f.bound(i%len(f.loops), fmt.Sprint("u", i), "g", fmt.Sprint("g", i)))
		}
		second := f.bound(0, "u0", "g")
		f.home(func(x *Home) {
			uids, groups, members := listed(t, x)
			eq(t, "uids", len(uids), many)
			eq(t, "groups", len(groups), many+1)
			eq(t, "members", len(members), many+1)
			eq(t, "first uid", uids[0], "u0")
			eq(t, "last uid", uids[many-1], fmt.Sprint("u", many-1))
			eq(t, "a group", groups[1], "g0")
			eq(t, "a member", members[many], Member{second, "u0"})
			eq(t, "count", x.CountUIDs(), many)
			eq(t, "count", x.CountGroups(), many+1)
			eq(t, "count", x.Count(Group("g")), many+1)
			page, next := x.UIDs(0, 10)
			eq(t, "a page of ten", len(page), 10)
			page, _ = x.UIDs(next, 1)
			eq(t, "the eleventh", page[0], "u10")
			none, next := x.Members("nobody", 0, 0)
			eq(t, "nobody", len(none), 0)
			eq(t, "cursor", next, 0)
		})
		conns[0].close() // the uid's place is its second connection's now
		f.settle()
		f.home(func(x *Home) {
			uids, _, _ := listed(t, x)
			eq(t, "first uid", uids[0], "u0")
		})
	})
}

func listed(t *testing.T, x *Home) (uids, groups []string, members []Member) {
	pages := func(list func(after Cursor) (int, Cursor)) {
		for after, more := Cursor(0), true; more; more = after != 0 {
			var n int
			if n, after = list(after); n > maxPage {
				t.Errorf("a page of %d", n)
			}
		}
	}
	pages(func(after Cursor) (int, Cursor) {
		page, next := x.UIDs(after, 0)
		uids = append(uids, page...)
		return len(page), next
	})
	pages(func(after Cursor) (int, Cursor) {
		page, next := x.Groups(after, 5000)
		groups = append(groups, page...)
		return len(page), next
	})
	pages(func(after Cursor) (int, Cursor) {
		page, next := x.Members("g", after, -1)
		members = append(members, page...)
		return len(page), next
	})
	return uids, groups, members
}
