package hub

import (
	"context"
	"fmt"
	"runtime"
	"testing"
	"time"
)

// quietLoop and quietConn cost next to nothing, so that what is measured is the hub.
type quietLoop struct {
	index   int
	tasks   []func()
	hearing int
}

// quietAudience counts.
type quietAudience struct{ in int }

func (a *quietAudience) Add(Outlet)      { a.in++ }
func (a *quietAudience) Remove(Outlet)   { a.in-- }
func (a *quietAudience) Has(Outlet) bool { return true }

func (l *quietLoop) Index() int                         { return l.index }
func (l *quietLoop) Post(fn func()) error               { l.tasks = append(l.tasks, fn); return nil }
func (l *quietLoop) PostSized(fn func(), _ int) error   { return l.Post(fn) }
func (l *quietLoop) NotePublish() bool                  { return true }
func (l *quietLoop) AwaitBacklog(context.Context) error { return nil }
func (l *quietLoop) Now() time.Time                     { return time.Time{} }
func (l *quietLoop) NotePushed(time.Time)               {}
func (l *quietLoop) NewAudience() Audience              { return &quietAudience{} }

func (l *quietLoop) Broadcast(_ Encodable, ex []Outlet) (n, _ int) { return l.hearing - len(ex), 0 }

func (l *quietLoop) BroadcastTo(to []Audience, _ Encodable, ex []Outlet) (n, _ int) {
	return to[0].(*quietAudience).in - len(ex), 0
}

func (l *quietLoop) run() {
	for i, task := range l.tasks {
		task()
		l.tasks[i] = nil
	}
	l.tasks = l.tasks[:0]
}

type quietConn struct {
	id   uint64
	loop *quietLoop
	gone func()
}

func (c *quietConn) ID() uint64     { return c.id }
func (c *quietConn) LoopIndex() int { return c.loop.index }
func (c *quietConn) Attach(gone func()) (Outlet, bool) {
	c.gone = gone
	return c, true
}

func (c *quietConn) Push(Encodable) bool         { return true }
func (c *quietConn) Kick(Encodable, int, string) {}
func (c *quietConn) Hear(on bool) {
	if on {
		c.loop.hearing++
	} else {
		c.loop.hearing--
	}
}

type quiet struct {
	loops []*quietLoop
	hub   *Hub
	conns []*quietConn
}

// newQuiet binds connections to uids of their own, and all to the uid "many" or the group "g" besides.
func newQuiet(loops, conns int, bind func(x *Home, c *quietConn, i int)) *quiet {
	q := &quiet{}
	for i := range loops {
		q.loops = append(q.loops, &quietLoop{index: i})
	}
	q.hub = New(q.loops, Options{})
	for i := range conns {
		c := &quietConn{id: uint64(i + 1), loop: q.loops[i%loops]}
		q.conns = append(q.conns, c)
		q.hub.Do(q.loops[0], func(x *Home) { bind(x, c, i) })
	}
	q.run()
	return q
}

func (q *quiet) run() {
	for range 3 { // to the loops, to home, to the caller
		for _, l := range q.loops {
			l.run()
		}
	}
}

func ownUID(x *Home, c *quietConn, i int) {
	_ = x.Bind(c, fmt.Sprint("u", i))
	_ = x.Join(c, "g")
}

func sharedUID(x *Home, c *quietConn, _ int) { _ = x.Bind(c, "many") }

// At home a push allocates nothing at all, to however many; with other loops a few a loop, whatever the receivers.
func TestPushAllocates(t *testing.T) {
	const receivers = 10_000
	own := func(loops int) *quiet { return newQuiet(loops, receivers, ownUID) }
	for _, row := range []struct {
		name string
		q    *quiet
		to   Target
		want int
		most float64
	}{
		{"uid", own(1), UID("u1"), 1, 0},
		{"uid of 10,000", newQuiet(1, receivers, sharedUID), UID("many"), receivers, 0},
		{"group", own(1), Group("g"), receivers, 0},
		{"all", own(1), All, receivers, 0},
		{"all but two", own(1), All.Except("u1", "u2"), receivers - 2, 0},
		{"list", own(1), Any(Group("g"), UID("u1")), receivers, 0},
		{"uid, 4 loops", own(4), UID("u1"), 1, 6},
		{"uid of 10,000, 4 loops", newQuiet(4, receivers, sharedUID), UID("many"), receivers, 15},
		{"group, 4 loops", own(4), Group("g"), receivers, 15},
		{"all, 4 loops", own(4), All, receivers, 12},
	} {
		m := Text([]byte("hello"))
		var got Verdict
		done := func(v Verdict) { got = v }
		push := func(x *Home) { x.Push(row.to, m, done) }
		allocs := testing.AllocsPerRun(20, func() {
			row.q.hub.Do(row.q.loops[0], push)
			row.q.run()
		})
		if allocs > row.most {
			t.Errorf("%s: %v allocations, want at most %v", row.name, allocs, row.most)
		}
		eq(t, row.name, got, Verdict{Taken: row.want})
	}
}

// The documented figure for a bound connection, without what the connection and its uid's bytes take themselves.
func TestBytesAConnection(t *testing.T) {
	const conns = 100_000
	q := newQuiet(1, conns, func(*Home, *quietConn, int) {})
	uids := make([]string, conns)
	for i := range uids {
		uids[i] = fmt.Sprint("user-", i)
	}
	before := heap()
	q.hub.Do(q.loops[0], func(x *Home) {
		for i, c := range q.conns {
			must(t, x.Bind(c, uids[i]))
		}
	})
	bound := heap()
	q.hub.Do(q.loops[0], func(x *Home) {
		for _, c := range q.conns {
			must(t, x.Join(c, "g"))
		}
	})
	joined := heap()
	perConn, perGroup := float64(bound-before)/conns, float64(joined-bound)/conns
	t.Logf("%.0f bytes a bound connection, %.0f a membership", perConn, perGroup)
	if perConn > 320 || perGroup > 140 {
		t.Errorf("%.0f bytes a bound connection, %.0f a membership", perConn, perGroup)
	}
	runtime.KeepAlive(uids)
	runtime.KeepAlive(q)
}

func heap() uint64 {
	runtime.GC()
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}
