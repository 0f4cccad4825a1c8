//go:build linux

package engine

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"
)

// Who is taken out of a ring is not in it any more, keeps no place at its ends, and changes nobody's turn.
func TestRingRemoves(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	r := ring{first: math.MaxUint32 - 100} // positions go round
	var want []*Conn
	at := map[*Conn]uint32{}
	for range 100_000 {
		switch n := len(want); rng.IntN(5) {
		case 0, 1:
			c := &Conn{}
			at[c] = r.push(c)
			want = append(want, c)
		case 2:
			if n > 0 {
				if c := r.pop(); c != want[0] {
					t.Fatal("not the first")
				}
				want = want[1:]
			}
		case 3:
			if n > 0 {
				i := rng.IntN(n)
				r.remove(at[want[i]])
				want = slices.Delete(slices.Clone(want), i, i+1)
			}
		case 4:
			if rng.IntN(100) == 0 {
				for _, c := range want {
					r.remove(at[c])
				}
				want = nil
			}
		}
		if r.n < len(want) || (r.n == 0) != (len(want) == 0) {
			t.Fatalf("%d places for %d", r.n, len(want))
		}
	}
	for _, c := range want {
		if r.pop() != c {
			t.Fatal("not the next")
		}
	}
	if slices.ContainsFunc(r.conns, func(c *Conn) bool { return c != nil }) {
		t.Error("somebody is kept")
	}
}
