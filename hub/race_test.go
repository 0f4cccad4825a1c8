package hub

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// goLoop is a loop with a goroutine of its own.
type goLoop struct {
	index   int
	mu      sync.Mutex
	wake    sync.Cond
	tasks   []func()
	stopped bool
	ended   chan struct{}
	hearing []*goConn
}

func (l *goLoop) start() {
	l.wake.L = &l.mu
	l.ended = make(chan struct{})
	go func() {
		defer close(l.ended)
		for task := l.next(); task != nil; task = l.next() {
			guarded(task)
		}
	}()
}

func guarded(task func()) {
	defer func() { _ = recover() }()
	task()
}

func (l *goLoop) next() func() {
	l.mu.Lock()
	defer l.mu.Unlock()
	for len(l.tasks) == 0 && !l.stopped {
		l.wake.Wait()
	}
	if len(l.tasks) == 0 {
		return nil
	}
	task := l.tasks[0]
	l.tasks = l.tasks[1:]
	return task
}

func (l *goLoop) stop() {
	l.mu.Lock()
	l.stopped = true
	l.wake.Signal()
	l.mu.Unlock()
	<-l.ended
}

func (l *goLoop) Index() int                         { return l.index }
func (l *goLoop) NotePublish() bool                  { return true }
func (l *goLoop) AwaitBacklog(context.Context) error { return nil }
func (l *goLoop) Now() time.Time                     { return time.Time{} }
func (l *goLoop) NotePushed(time.Time)               {}
func (l *goLoop) PostSized(fn func(), _ int) error   { return l.Post(fn) }

func (l *goLoop) Post(fn func()) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.stopped {
		return errStopped
	}
	l.tasks = append(l.tasks, fn)
	l.wake.Signal()
	return nil
}

func (l *goLoop) Broadcast(m Encodable, except []Outlet) (taken, refused int) {
	return broadcastTo(l.hearing, m, except)
}

func (l *goLoop) BroadcastTo(to []Audience, m Encodable, except []Outlet) (taken, refused int) {
	return broadcastTo(to[0].(*goAudience).in, m, except) // nobody names more than one here
}

func (l *goLoop) NewAudience() Audience { return &goAudience{} }

type goAudience struct{ in []*goConn }

func (a *goAudience) Add(o Outlet)      { a.in = append(a.in, o.(*goConn)) }
func (a *goAudience) Has(o Outlet) bool { return slices.Contains(a.in, o.(*goConn)) }
func (a *goAudience) Remove(o Outlet) {
	a.in = slices.DeleteFunc(a.in, func(c *goConn) bool { return o == Outlet(c) })
}

func broadcastTo(to []*goConn, m Encodable, except []Outlet) (taken, refused int) {
	for _, c := range to {
		switch {
		case slices.Contains(except, Outlet(c)):
		case c.Push(m):
			taken++
		default:
			refused++
		}
	}
	return taken, refused
}

type goConn struct {
	id     uint64
	loop   *goLoop
	gone   func()
	closed bool
	frames int
}

func (c *goConn) ID() uint64     { return c.id }
func (c *goConn) LoopIndex() int { return c.loop.index }
func (c *goConn) Attach(gone func()) (Outlet, bool) {
	c.gone = gone
	return c, !c.closed
}

func (c *goConn) Push(m Encodable) bool {
	if c.closed {
		return false
	}
	c.frames += len(m.Encoded(0, raw))
	return true
}

func (c *goConn) Hear(on bool) {
	if on {
		c.loop.hearing = append(c.loop.hearing, c)
		return
	}
	i := slices.Index(c.loop.hearing, c)
	c.loop.hearing = slices.Delete(c.loop.hearing, i, i+1)
}

func (c *goConn) Kick(Encodable, int, string) { c.end() }

func (c *goConn) end() {
	if !c.closed {
		c.closed = true
		if c.gone != nil {
			c.gone()
		}
	}
}

// Loops that run at the same time, connections that come and go on each, pushes from each and from outside: for -race.
func TestGoroutines(t *testing.T) {
	const loops, rounds = 3, 300
	var all []*goLoop
	for i := range loops {
		all = append(all, &goLoop{index: i})
	}
	h := New(all, Options{})
	h.large = 2 // that few make an audience
	for _, l := range all {
		l.start()
	}
	var ids, verdicts atomic.Uint64
	var work, told sync.WaitGroup
	for _, l := range all {
		for round := range rounds {
			told.Add(3)
			must(t, l.Post(func() { h.client(l, ids.Add(1), round, func(Verdict) { verdicts.Add(1); told.Done() }) }))
		}
	}
	for range 2 {
		work.Go(func() {
			for i := range rounds {
				must(t, h.Wait(t.Context(), func(x *Home) {
					told.Add(1)
					x.Push(All.Except("u1"), Text([]byte("m")), func(Verdict) { verdicts.Add(1); told.Done() })
					_, _ = x.Members("g", 0, 0)
					_ = h.Stats()
					if i%50 == 0 {
						must(t, x.Kick(Group("g2"), Text([]byte("bye")), 4000, "bye"))
					}
				}))
			}
		})
	}
	work.Wait()
	told.Wait()
	eq(t, "verdicts", verdicts.Load(), loops*rounds*3+2*rounds)
	must(t, h.Wait(t.Context(), func(x *Home) { must(t, x.Kick(All, nil, 4000, "")) }))
	for range 2 { // kicks reach the loops; what they post reaches home
		for _, l := range all {
			done := make(chan struct{})
			must(t, l.Post(func() { close(done) }))
			<-done
		}
	}
	must(t, h.Wait(t.Context(), func(*Home) { eq(t, "members kept", int(h.members.count), 0) }))
	for _, l := range slices.Backward(all) {
		l.stop()
	}
}

// client is what a connection does on its loop; two in three stay.
func (h *Hub) client(l *goLoop, id uint64, round int, done func(Verdict)) {
	c := &goConn{id: id, loop: l}
	uid, g := fmt.Sprint("u", round%20), fmt.Sprint("g", round%3)
	h.Do(l, func(x *Home) {
		_ = x.Bind(c, uid)
		_ = x.Join(c, g)
		_ = x.Join(c, "g")
		x.Push(UID(uid), Text([]byte("1")), done)
	})
	h.Do(l, func(x *Home) {
		x.Push(Group("g"), Text([]byte("2")), done)
		x.Leave(c, g)
		x.Push(Any(Group("g0"), UID(uid)).Except("u3"), Text([]byte("3")), done)
	})
	if round%3 == 0 {
		_ = l.Post(c.end)
	}
}
