package hub_test

import (
	"context"
	"fmt"
	"time"

	"fanloop/hub"
)

// loop and conn stand for an engine's: everything here runs on one goroutine.
type loop struct{ everybody []*conn }

func (l *loop) Index() int                         { return 0 }
func (l *loop) Post(fn func()) error               { fn(); return nil }
func (l *loop) PostSized(fn func(), _ int) error   { return l.Post(fn) }
func (l *loop) NotePublish() bool                  { return true }
func (l *loop) AwaitBacklog(context.Context) error { return nil }
func (l *loop) Now() time.Time                     { return time.Time{} }
func (l *loop) NotePushed(time.Time)               {}
func (l *loop) NewAudience() hub.Audience          { return nil } // for groups larger than any here
func (l *loop) BroadcastTo([]hub.Audience, hub.Encodable, []hub.Outlet) (taken, refused int) {
	return 0, 0
}

func (l *loop) Broadcast(m hub.Encodable, except []hub.Outlet) (taken, refused int) {
	for _, c := range l.everybody {
		if len(except) == 0 || c != except[0] {
			c.Push(m)
			taken++
		}
	}
	return taken, 0
}

type conn struct {
	id   uint64
	loop *loop
}

func (c *conn) ID() uint64                       { return c.id }
func (c *conn) LoopIndex() int                   { return 0 }
func (c *conn) Attach(func()) (hub.Outlet, bool) { return c, true }
func (c *conn) Hear(bool)                        { c.loop.everybody = append(c.loop.everybody, c) }
func (c *conn) Kick(hub.Encodable, int, string)  { fmt.Println(c.id, "is kicked") }
func line(dst, data []byte, _ bool) []byte       { return append(append(dst, data...), '\n') }
func (c *conn) Push(m hub.Encodable) (taken bool) {
	fmt.Printf("%d: %s", c.id, m.Encoded(0, line))
	return true
}

func Example() {
	l := new(loop)
	h := hub.New([]*loop{l}, hub.Options{})
	phone, laptop, other := &conn{1, l}, &conn{2, l}, &conn{3, l}
	h.Do(l, func(x *hub.Home) {
		_ = x.Bind(phone, "u1")
		_ = x.Bind(laptop, "u1")
		_ = x.Bind(other, "u2")
		_ = x.Join(laptop, "news")
		_ = x.Join(other, "news")

		verdict := func(v hub.Verdict) { fmt.Println("taken by", v.Taken) }
		x.Push(hub.UID("u1"), hub.Text([]byte("30%")), verdict)
		x.Push(hub.Group("news"), hub.Text([]byte("rain")), verdict)
		x.Push(hub.All.Except("u2"), hub.Text([]byte("hello")), verdict)
		x.Push(hub.UID("u3"), hub.Text([]byte("nobody")), verdict)
	})
	// Output:
	// 1: 30%
	// 2: 30%
	// taken by 2
	// 2: rain
	// 3: rain
	// taken by 2
	// 1: hello
	// 2: hello
	// taken by 2
	// taken by 0
}

// An ordinary goroutine waits for the hub, and, if it wants, for a verdict.
func ExampleHub_Wait() {
	l := new(loop)
	h := hub.New([]*loop{l}, hub.Options{})
	h.Do(l, func(x *hub.Home) { _ = x.Bind(&conn{1, l}, "u1") })

	verdict := make(chan hub.Verdict, 1)
	err := h.Wait(context.Background(), func(x *hub.Home) {
		x.Push(hub.UID("u1"), hub.Text([]byte("done")), func(v hub.Verdict) { verdict <- v })
	})
	fmt.Println(err, (<-verdict).Taken)
	// Output:
	// 1: done
	// <nil> 1
}

// A list that may be longer than a page.
func ExampleHome_UIDs() {
	l := new(loop)
	h := hub.New([]*loop{l}, hub.Options{})
	h.Do(l, func(x *hub.Home) {
		for i := range uint64(5) {
			_ = x.Bind(&conn{i, l}, fmt.Sprint("u", i))
		}
		page, next := x.UIDs(0, 2)
		for fmt.Println(page); next != 0; fmt.Println(page) {
			page, next = x.UIDs(next, 2)
		}
	})
	// Output:
	// [u0 u1]
	// [u2 u3]
	// [u4]
}
