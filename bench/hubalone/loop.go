package hubalone

import (
	"context"
	"time"

	"fanloop/hub"
)

// A loop runs what is posted before Post returns, or, inside such a call, behind it.
type loop struct {
	queue   []func()
	running bool
}

func (l *loop) Index() int { return 0 }

// PostSized counts nothing here.
func (l *loop) PostSized(fn func(), _ int) error { return l.Post(fn) }

func (l *loop) Post(fn func()) error {
	l.queue = append(l.queue, fn)
	if l.running {
		return nil
	}
	l.running = true
	for i := 0; i < len(l.queue); i++ {
		l.queue[i]()
	}
	clear(l.queue)
	l.queue, l.running = l.queue[:0], false
	return nil
}

func (l *loop) Broadcast(hub.Encodable, []hub.Outlet) (taken, refused int) { return 0, 0 }
func (l *loop) NotePublish() bool                                          { return true }
func (l *loop) AwaitBacklog(context.Context) error                         { return nil }
func (l *loop) Now() time.Time                                             { return time.Time{} }
func (l *loop) NotePushed(time.Time)                                       {}

func (l *loop) BroadcastTo([]hub.Audience, hub.Encodable, []hub.Outlet) (taken, refused int) {
	return 0, 0
}

// NewAudience is for large groups, of which there are none here.
func (l *loop) NewAudience() hub.Audience { return nobody{} }

type nobody struct{}

func (nobody) Add(hub.Outlet)      {}
func (nobody) Remove(hub.Outlet)   {}
func (nobody) Has(hub.Outlet) bool { return false }

// A ref is a connection. It is nothing but its number: the outlets stand in one slice.
type ref struct {
	id      uint64
	outlets []outlet
}

func (r ref) ID() uint64     { return r.id }
func (r ref) LoopIndex() int { return 0 }

func (r ref) Attach(func()) (hub.Outlet, bool) { return &r.outlets[r.id-1], true }

// An outlet counts what it was given.
type outlet struct{ got uint32 }

func (o *outlet) Push(hub.Encodable) bool         { o.got++; return true }
func (o *outlet) Hear(bool)                       {}
func (o *outlet) Kick(hub.Encodable, int, string) {}
