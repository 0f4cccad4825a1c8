package hubapi

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"fanloop/hub"
)

// world is a hub on fake loops, with pages on them, for tests of commands without sockets.
type world struct {
	t     testing.TB
	loops []*fakeLoop
	hub   *hub.Hub
	pages []*fakePage
}

func newWorld(t testing.TB, loops int) *world {
	w := &world{t: t}
	for i := range loops {
		w.loops = append(w.loops, &fakeLoop{index: i})
	}
	w.hub = hub.New(w.loops, hub.Options{})
	return w
}

// page makes a page, on the loops in turn, and binds and joins it.
func (w *world) page(uid string, groups ...string) *fakePage {
	w.t.Helper()
	p := &fakePage{uid: uid, id: uint64(len(w.pages) + 1), loop: w.loops[len(w.pages)%len(w.loops)]}
	w.pages = append(w.pages, p)
	w.hub.Do(w.loops[0], func(x *hub.Home) {
		if err := x.Bind(p, uid); err != nil {
			w.t.Fatal(err)
		}
		for _, g := range groups {
			if err := x.Join(p, g); err != nil {
				w.t.Fatal(err)
			}
		}
	})
	w.settle()
	return p
}

func (w *world) settle() {
	for again := true; again; {
		again = false
		for _, l := range w.loops {
			for ; len(l.queue) > 0; again = true {
				task := l.queue[0]
				l.queue = l.queue[1:]
				task()
			}
		}
	}
}

// run runs a line that comes from a loop, and wants exactly one answer. It overwrites the line as soon as it may.
func (w *world) run(loop int, line string) string {
	w.t.Helper()
	var answers []string
	bytes := []byte(line)
	runCommand(w.hub, w.loops[loop], bytes, func(a []byte) { answers = append(answers, string(a)) })
	for i := range bytes {
		bytes[i] = 'x'
	}
	w.settle()
	if len(answers) != 1 {
		w.t.Fatalf("%.200s: %d answers: %q", line, len(answers), answers)
	}
	return answers[0]
}

// got is what every page got, "uid: message" for each, in order of the pages.
func (w *world) got() (all []string) {
	for _, p := range w.pages {
		for _, m := range p.got {
			all = append(all, p.uid+": "+m)
		}
	}
	return all
}

type fakeLoop struct {
	index   int
	queue   []func()
	hearing []*fakePage
}

func (l *fakeLoop) Index() int                         { return l.index }
func (l *fakeLoop) Post(fn func()) error               { l.queue = append(l.queue, fn); return nil }
func (l *fakeLoop) PostSized(fn func(), _ int) error   { return l.Post(fn) }
func (l *fakeLoop) NotePublish() bool                  { return true }
func (l *fakeLoop) AwaitBacklog(context.Context) error { return nil }
func (l *fakeLoop) Now() time.Time                     { return time.Time{} }
func (l *fakeLoop) NotePushed(time.Time)               {}

func (l *fakeLoop) Broadcast(m hub.Encodable, except []hub.Outlet) (taken, refused int) {
	return l.BroadcastTo([]hub.Audience{&fakeAudience{l.hearing}}, m, except)
}

func (l *fakeLoop) NewAudience() hub.Audience { return &fakeAudience{} }

func (l *fakeLoop) BroadcastTo(to []hub.Audience, m hub.Encodable, except []hub.Outlet) (taken, refused int) {
	for _, p := range to[0].(*fakeAudience).in { // there is no other
		switch {
		case slices.Contains(except, hub.Outlet(p)):
		case p.Push(m):
			taken++
		default:
			refused++
		}
	}
	return taken, refused
}

type fakeAudience struct{ in []*fakePage }

func (a *fakeAudience) Add(o hub.Outlet)      { a.in = append(a.in, o.(*fakePage)) }
func (a *fakeAudience) Has(o hub.Outlet) bool { return slices.Contains(a.in, o.(*fakePage)) }
func (a *fakeAudience) Remove(o hub.Outlet) {
	a.in = slices.DeleteFunc(a.in, func(p *fakePage) bool { return o == hub.Outlet(p) })
}

// fakePage is a connection. full: it refuses what is pushed.
type fakePage struct {
	uid  string
	id   uint64
	loop *fakeLoop
	gone func()
	full bool
	got  []string
}

func (p *fakePage) ID() uint64     { return p.id }
func (p *fakePage) LoopIndex() int { return p.loop.index }

func (p *fakePage) Attach(gone func()) (hub.Outlet, bool) {
	p.gone = gone
	return p, true
}

func (p *fakePage) Push(m hub.Encodable) bool {
	if p.full {
		return false
	}
	got := string(m.Encoded(0, func(dst, data []byte, binary bool) []byte {
		if binary {
			return fmt.Appendf(dst, "binary %x", data)
		}
		return append(dst, data...)
	}))
	if m.Key() != "" {
		got += " (" + m.Key() + ")"
	}
	p.got = append(p.got, got)
	return true
}

func (p *fakePage) Hear(on bool) {
	if on {
		p.loop.hearing = append(p.loop.hearing, p)
	} else {
		p.loop.hearing = slices.DeleteFunc(p.loop.hearing, func(other *fakePage) bool { return other == p })
	}
}

func (p *fakePage) Kick(last hub.Encodable, code int, reason string) {
	if last != nil {
		p.Push(last)
	}
	p.got = append(p.got, strings.TrimSpace(fmt.Sprint("kicked ", code, " ", reason)))
	p.gone()
}
