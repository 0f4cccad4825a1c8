package hub

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"
)

var errStopped = errors.New("stopped")

// fakes is a set of fake loops, stepped by hand. It finds out when something runs on the wrong one.
type fakes struct {
	t       testing.TB
	loops   []*fakeLoop
	hub     *Hub
	current *fakeLoop
	lastID  uint64
}

func newFakes(t testing.TB, loops int, o Options) *fakes {
	f := &fakes{t: t}
	for i := range loops {
		f.loops = append(f.loops, &fakeLoop{fakes: f, index: i})
	}
	f.hub = New(f.loops, o)
	return f
}

// on runs fn as a callback of a loop.
func (f *fakes) on(loop int, fn func()) {
	before := f.current
	f.current = f.loops[loop]
	fn()
	f.current = before
}

// do is a caller on a loop. When that is not home, fn waits in home's queue.
func (f *fakes) do(loop int, fn func(x *Home)) {
	f.on(loop, func() { f.hub.Do(f.loops[loop], fn) })
}

// home is do on home.
func (f *fakes) home(fn func(x *Home)) { f.do(0, fn) }

// settle runs everything that is posted, and what that posts.
func (f *fakes) settle() {
	for again := true; again; {
		again = false
		for _, l := range f.loops {
			for l.step() {
				again = true
			}
		}
	}
}

func (f *fakes) conn(loop int) *fakeConn {
	f.lastID++
	return &fakeConn{id: f.lastID, loop: f.loops[loop]}
}

// bound makes a connection and binds it.
func (f *fakes) bound(loop int, uid string, groups ...string) *fakeConn {
	f.t.Helper()
	c := f.conn(loop)
	f.home(func(x *Home) {
		must(f.t, x.Bind(c, uid))
		for _, g := range groups {
			must(f.t, x.Join(c, g))
		}
	})
	f.settle()
	return c
}

// push pushes text from a loop, runs everything, and returns the verdict.
func (f *fakes) push(loop int, to Target, text string) (v Verdict) {
	f.t.Helper()
	calls := 0
	f.do(loop, func(x *Home) {
		x.Push(to, Text([]byte(text)), func(got Verdict) {
			if f.current != f.loops[loop] {
				f.t.Errorf("verdict of %q came on another loop than the caller's", text)
			}
			v = got
			calls++
		})
	})
	f.settle()
	if calls != 1 {
		f.t.Errorf("verdict of %q came %d times", text, calls)
	}
	return v
}

type fakeLoop struct {
	now       time.Time
	pushed    []time.Time // as NotePushed got them
	fakes     *fakes
	index     int
	tasks     []func()
	stopped   bool
	hearing   []*fakeConn
	posts     int
	posted    int // bytes
	published int
	busy      bool
	audiences int // ever made
	backlog   error
}

func (l *fakeLoop) Index() int { return l.index }
func (l *fakeLoop) PostSized(fn func(), size int) error {
	l.posted += size
	return l.Post(fn)
}

func (l *fakeLoop) Post(fn func()) error {
	if l.stopped {
		return errStopped
	}
	l.posts++
	l.tasks = append(l.tasks, fn)
	return nil
}

func (l *fakeLoop) Broadcast(m Encodable, except []Outlet) (taken, refused int) {
	return l.broadcast(l.hearing, m, except)
}

func (l *fakeLoop) BroadcastTo(to []Audience, m Encodable, except []Outlet) (taken, refused int) {
	var all []*fakeConn
	for _, a := range to {
		for _, c := range a.(*fakeAudience).in {
			if !slices.Contains(all, c) {
				all = append(all, c)
			}
		}
	}
	return l.broadcast(all, m, except)
}

func (l *fakeLoop) broadcast(to []*fakeConn, m Encodable, except []Outlet) (taken, refused int) {
	l.mustRun("Broadcast")
	for i, o := range except {
		if !slices.Contains(l.hearing, o.(*fakeConn)) || slices.Contains(except[:i], o) {
			l.fakes.t.Errorf("Broadcast except %v: one does not hear, or is listed twice", except)
		}
	}
	for _, c := range slices.Clone(to) {
		switch {
		case slices.Contains(except, Outlet(c)):
		case c.take(m):
			taken++
		default:
			refused++
		}
	}
	return taken, refused
}

func (l *fakeLoop) NewAudience() Audience {
	l.mustRun("NewAudience")
	l.audiences++
	return &fakeAudience{loop: l}
}

// fakeAudience holds who hears; whoever ends or hears no longer must have left.
type fakeAudience struct {
	loop *fakeLoop
	in   []*fakeConn
}

func (a *fakeAudience) Has(o Outlet) bool { return slices.Contains(a.in, o.(*fakeConn)) }

func (a *fakeAudience) Add(o Outlet) {
	a.loop.mustRun("Add")
	c := o.(*fakeConn)
	if a.Has(o) || c.loop != a.loop || !slices.Contains(a.loop.hearing, c) {
		a.loop.fakes.t.Errorf("connection %d is in the audience already, on another loop, or does not hear", c.id)
	}
	a.in = append(a.in, c)
	c.audiences++
}

func (a *fakeAudience) Remove(o Outlet) {
	a.loop.mustRun("Remove")
	i := slices.Index(a.in, o.(*fakeConn))
	if i < 0 {
		a.loop.fakes.t.Error("removed who is not in the audience")
		return
	}
	a.in[i].audiences--
	a.in = slices.Delete(a.in, i, i+1)
}

func (l *fakeLoop) NotePublish() bool {
	l.mustRun("NotePublish")
	l.published++
	return !l.busy
}

func (l *fakeLoop) AwaitBacklog(context.Context) error { return l.backlog }
func (l *fakeLoop) Now() time.Time                     { return l.now }
func (l *fakeLoop) NotePushed(taken time.Time)         { l.pushed = append(l.pushed, taken) }

func (l *fakeLoop) mustRun(what string) {
	if l.fakes.current != l {
		l.fakes.t.Errorf("%s of loop %d on another loop", what, l.index)
	}
}

// step runs the oldest task.
func (l *fakeLoop) step() bool {
	if len(l.tasks) == 0 {
		return false
	}
	task := l.tasks[0]
	l.tasks = l.tasks[1:]
	l.fakes.on(l.index, task)
	return true
}

// fakeConn is a Ref and its Outlet.
type fakeConn struct {
	id        uint64
	loop      *fakeLoop
	gone      func()
	closed    bool
	full      bool // refuses
	audiences int
	got       []string // messages, and goodbyes
	onPush    func()
	onKick    func()
}

func (c *fakeConn) ID() uint64     { return c.id }
func (c *fakeConn) LoopIndex() int { return c.loop.index }

func (c *fakeConn) Attach(gone func()) (Outlet, bool) {
	c.loop.mustRun("Attach")
	if c.closed {
		return nil, false
	}
	if c.gone != nil {
		c.loop.fakes.t.Error("attached twice")
	}
	c.gone = gone
	return c, true
}

func (c *fakeConn) Push(m Encodable) bool {
	c.loop.mustRun("Push")
	return c.take(m)
}

// take is what Push and a broadcast do to a connection.
func (c *fakeConn) take(m Encodable) bool {
	if c.onPush != nil {
		c.onPush()
	}
	if c.closed || c.full {
		return false
	}
	c.got = append(c.got, string(m.Encoded(0, raw)))
	return true
}

func raw(dst, data []byte, _ bool) []byte { return append(dst, data...) }

func (c *fakeConn) Hear(on bool) {
	l := c.loop
	l.mustRun("Hear")
	i := slices.Index(l.hearing, c)
	switch {
	case on == (i >= 0):
		l.fakes.t.Errorf("Hear(%v) twice", on)
	case c.audiences > 0:
		l.fakes.t.Errorf("Hear(%v) of connection %d, which is in an audience", on, c.id)
	case on:
		l.hearing = append(l.hearing, c)
	default:
		l.hearing = slices.Delete(l.hearing, i, i+1)
	}
}

func (c *fakeConn) Kick(last Encodable, code int, reason string) {
	c.loop.mustRun("Kick")
	if c.onKick != nil {
		c.onKick()
	}
	if c.closed {
		return
	}
	if last != nil {
		c.take(last)
	}
	c.got = append(c.got, fmt.Sprint(code, " ", reason))
	c.end()
}

// close is the peer's doing.
func (c *fakeConn) close() { c.loop.fakes.on(c.loop.index, c.end) }

func (c *fakeConn) end() {
	if c.closed {
		return
	}
	c.closed = true
	if c.gone != nil {
		c.gone()
	}
}

func (c *fakeConn) saw(t testing.TB, want ...string) {
	t.Helper()
	if !slices.Equal(c.got, want) {
		t.Errorf("connection %d got %q, want %q", c.id, c.got, want)
	}
	c.got = nil
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Error(err)
	}
}

func eq[T comparable](t testing.TB, what string, got, want T) {
	t.Helper()
	if got != want {
		t.Errorf("%s: got %v, want %v", what, got, want)
	}
}

// everyLoops runs a test with 1, 2 and 4 loops.
func everyLoops(t *testing.T, o Options, run func(t *testing.T, f *fakes)) {
	for _, n := range []int{1, 2, 4} {
		t.Run(fmt.Sprintf("%d loops", n), func(t *testing.T) { run(t, newFakes(t, n, o)) })
	}
}

// far is the last loop: home, or as far from it as there is.
func (f *fakes) far() int { return len(f.loops) - 1 }
