package hub

import (
	"fmt"
	"testing"
)

func BenchmarkPush(b *testing.B) {
	for _, loops := range []int{1, 4} {
		q := newQuiet(loops, 10_000, ownUID)
		for _, row := range []struct {
			name string
			to   Target
		}{
			{"uid", UID("u1")},
			{"group of 10,000", Group("g")},
			{"all 10,000", All},
			{"all 10,000 but one", All.Except("u1")},
		} {
			b.Run(fmt.Sprintf("%s/%d loops", row.name, loops), func(b *testing.B) {
				m := Text([]byte(`{"uid":"u1","percent":"30%"}`))
				done := func(Verdict) {}
				push := func(x *Home) { x.Push(row.to, m, done) }
				b.ReportAllocs()
				for b.Loop() {
					q.hub.Do(q.loops[0], push)
					q.run()
				}
			})
		}
	}
}

// A million connections are bound; one more comes and goes.
func BenchmarkBindUnbind(b *testing.B) {
	q := newQuiet(1, 1_000_000, func(x *Home, c *quietConn, i int) { _ = x.Bind(c, fmt.Sprint("u", i)) })
	next := 0
	turn := func(x *Home) {
		c := q.conns[next%len(q.conns)]
		x.Unbind(c)
		_ = x.Bind(c, "again")
		x.Unbind(c)
		_ = x.Bind(c, fmt.Sprint("u", next%len(q.conns)))
		next += 7919
	}
	b.ReportAllocs()
	for b.Loop() {
		q.hub.Do(q.loops[0], turn)
	}
}

// A million connections are bound; old ones close and new ones are bound.
func BenchmarkConnectClose(b *testing.B) {
	q := newQuiet(1, 1_000_000, func(x *Home, c *quietConn, i int) { _ = x.Bind(c, fmt.Sprint("u", i)) })
	next, id := 0, uint64(len(q.conns))
	turn := func(x *Home) {
		i := next % len(q.conns)
		next += 7919
		q.conns[i].gone()
		id++
		q.conns[i] = &quietConn{id: id, loop: q.loops[0]}
		_ = x.Bind(q.conns[i], "user")
	}
	b.ReportAllocs()
	for b.Loop() {
		q.hub.Do(q.loops[0], turn)
	}
}
