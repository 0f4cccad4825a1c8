package hub

import (
	"strconv"
	"testing"
)

// busyLoop counts what its connections and audiences are asked to do.
type busyLoop struct {
	quietLoop
	calls int
}

func (l *busyLoop) NewAudience() Audience { l.calls++; return &busyAudience{loop: l} }

func (l *busyLoop) Broadcast(_ Encodable, except []Outlet) (taken, refused int) {
	l.calls++
	return l.hearing - len(except), 0
}

func (l *busyLoop) BroadcastTo(to []Audience, _ Encodable, except []Outlet) (taken, refused int) {
	l.calls++
	for _, a := range to {
		taken += a.(*busyAudience).in
	}
	return taken - len(except), 0
}

type busyAudience struct {
	quietAudience
	loop *busyLoop
}

func (a *busyAudience) Add(o Outlet)    { a.loop.calls++; a.quietAudience.Add(o) }
func (a *busyAudience) Remove(o Outlet) { a.loop.calls++; a.quietAudience.Remove(o) }

// Has is asked by lists only, of which this says nobody.
func (a *busyAudience) Has(Outlet) bool { return false }

type busyConn struct {
	id   uint64
	loop *busyLoop
	gone func()
}

func (c *busyConn) ID() uint64     { return c.id }
func (c *busyConn) LoopIndex() int { return c.loop.index }
func (c *busyConn) Attach(gone func()) (Outlet, bool) {
	c.gone = gone
	return c, true
}
func (c *busyConn) Push(Encodable) bool { c.loop.calls++; return true }
func (c *busyConn) Hear(on bool) {
	c.loop.calls++
	if on {
		c.loop.hearing++
	} else {
		c.loop.hearing--
	}
}
func (c *busyConn) Kick(Encodable, int, string) { c.loop.calls++; c.gone() }

// What one task does, on home or on another loop, does not grow with the connections: with a million of them, a push to all, to
// all but some, to large groups and to a uid of very many, and a kick of a group and of all.
func TestTasksOfAMillion(t *testing.T) {
	const most = 4 * kickStep // kicks, each with its ends
	n := 1_000_000
	if testing.Short() || raced {
		n = 50_000
	}
	loops := []*busyLoop{{}, {quietLoop: quietLoop{index: 1}}}
	h := New(loops, Options{})
	conns := make([]busyConn, n)
	step := func(task func()) {
		t.Helper()
		calls, bound := loops[0].calls+loops[1].calls, h.Stats().Bound
		task()
		calls, bound = loops[0].calls+loops[1].calls-calls, bound-h.Stats().Bound
		if calls > most || bound > most {
			t.Fatalf("one task: %d calls, %d connections unbound; want at most %d", calls, bound, most)
		}
	}
	settle := func() {
		t.Helper()
		for len(loops[0].tasks)+len(loops[1].tasks) > 0 {
			for _, l := range loops {
				tasks := l.tasks
				l.tasks = nil
				for _, task := range tasks {
					step(task)
				}
			}
		}
	}
	do := func(fn func(x *Home)) {
		t.Helper()
		step(func() { h.Do(loops[0], fn) })
		settle()
	}
	for i := range conns {
		c := &conns[i]
		c.id, c.loop = uint64(i+1), loops[i%2]
		do(func(x *Home) {
			uid := "u" + strconv.Itoa(i)
			if i%4 == 1 {
				uid = "many"
			}
			must(t, x.Bind(c, uid))
			if i%10 == 0 {
				must(t, x.Join(c, "tenth"))
			}
			if i%20 == 0 {
				must(t, x.Join(c, "other"))
			}
		})
	}
	var got Verdict
	push := func(to Target, want int) {
		t.Helper()
		do(func(x *Home) { x.Push(to, Text([]byte("m")), func(v Verdict) { got = v }) })
		eq(t, "taken", got, Verdict{Taken: want})
	}
	push(All, n)
	push(All.Except("u0", "u2"), n-2)
	push(Group("tenth"), n/10)
	push(UID("many"), n/4)
	push(Any(Group("tenth"), UID("u2")), n/10+1)
	do(func(x *Home) {
		eq(t, "count", x.Count(All.Except("u0")), n-1)
		must(t, x.Kick(Group("tenth").Except("u0"), nil, 4000, ""))
	})
	do(func(x *Home) {
		eq(t, "left of the group", x.Count(Group("tenth")), 1)
		eq(t, "left", x.Count(All), n-n/10+1)
		must(t, x.Kick(All, nil, 4000, ""))
	})
	eq(t, "left", h.Stats().Bound, 0)
	eq(t, "kicked", int(h.Stats().Kicked), n)
	eq(t, "members kept", int(h.members.count), 0)
}
