package hub

import (
	"context"
	"fmt"
	"hash/maphash"
	"sync/atomic"
)

// A Hub knows which connections belong to which uid and group. Its state belongs to one loop, home; the methods of Hub
// itself may be called from any goroutine, unless they say otherwise.
type Hub struct {
	options Options
	home    *roster
	rosters []*roster // by loop

	// By the caller's loop, made once so that Do has nothing to allocate: for callbacks, for those who may not push, and for
	// those who always may.
	homes, busy, going []Home

	stats counters
	large int // largeCrowd

	// Home's own.
	members table[uint64] // by connection
	byUID   table[string] // the uid's first member, which leads to the others
	byGroup map[string]*group
	many    map[string]*group // of uids with very many connections, by uid
	uids    roll[*member]     // the uid's first members
	groups  roll[*group]
	plans   []*plan // to be used again
}

// New makes a hub for the connections of these loops, the first of which is its home. Loops have one hub: a second one's
// connections would get what the first has for everybody, too. It panics when there is none, or when
// a loop's Index is not its place.
func New[L Loop](loops []L, o Options) *Hub {
	h := &Hub{
		options: o.withDefaults(),
		large:   largeCrowd,
		homes:   make([]Home, len(loops)),
		busy:    make([]Home, len(loops)),
		going:   make([]Home, len(loops)),
		members: newTable[uint64](byID{}),
		byUID:   newTable[string](byUID{maphash.MakeSeed()}),
		byGroup: make(map[string]*group),
		many:    make(map[string]*group),
	}
	for i, l := range loops {
		if l.Index() != i {
			panic(fmt.Sprintf("hub: loop %d is at place %d", l.Index(), i))
		}
		r := &roster{hub: h, loop: l, index: i}
		h.rosters = append(h.rosters, r)
		h.homes[i] = Home{hub: h, caller: r}
		h.busy[i] = Home{hub: h, caller: r, busy: true}
		h.going[i] = Home{hub: h, caller: r, waits: true}
	}
	h.home = h.rosters[0]
	return h
}

// Home is the hub as seen on its home loop. It is valid inside the function that was given to Do or Wait, on the goroutine
// that runs that function.
type Home struct {
	hub    *Hub
	caller *roster
	busy   bool // no push: the caller's loops are behind and it cannot be held back
	waits  bool // any push: the caller waits until the loops keep up, or is bounded
}

// Do runs fn on home. from is the loop that the caller runs on: when that is home, fn has run when Do returns, otherwise it
// is posted, behind everything that the caller has posted before. When home has stopped, a posted fn does not run.
//
// While the loops are behind, the connection that publishes is held back: at home that is one whose callback pushes, on
// another loop, where fn is not known yet, one whose callback calls Do. What is no connection's callback, a timer or a posted
// task, cannot be held back: then a push's verdict is ErrBusy. Continue is for those that may go on.
func (h *Hub) Do(from Loop, fn func(x *Home)) { h.DoSized(from, 0, fn) }

// DoSized is Do for a function that holds size bytes, such as a message: while home has too many of them to run, publishers
// are held back.
func (h *Hub) DoSized(from Loop, size int, fn func(x *Home)) {
	x := &h.homes[from.Index()]
	if x.caller == h.home {
		fn(x)
		return
	}
	if !from.NotePublish() {
		x = &h.busy[from.Index()]
	}
	_ = h.home.loop.PostSized(func() { fn(x) }, size)
}

// Continue is DoSized for what a connection's callback has begun and something else goes on with, a posted task for one. No
// push is refused as busy: what a message causes must be bounded by the message.
func (h *Hub) Continue(from Loop, size int, fn func(x *Home)) {
	x := &h.going[from.Index()]
	if x.caller == h.home {
		fn(x)
		return
	}
	from.NotePublish()
	_ = h.home.loop.PostSized(func() { fn(x) }, size)
}

// Wait runs fn on home and waits for it. It is for ordinary goroutines: on a loop it would wait for itself. While the loops
// are behind it waits for them first. Callbacks of pushes run on home, some of them after Wait has returned.
//
// A nil error means that fn has run to its end; ErrPanicked that it panicked. Any other, the context's or that of a home
// that has stopped, means that fn has not run and will not.
func (h *Hub) Wait(ctx context.Context, fn func(x *Home)) error {
	if err := h.home.loop.AwaitBacklog(ctx); err != nil {
		return err
	}
	w := &waiting{done: make(chan struct{}), err: ErrPanicked}
	if err := h.home.loop.Post(func() { w.run(fn, &h.going[0]) }); err != nil {
		return err
	}
	select {
	case <-w.done:
	case <-ctx.Done():
		if w.claimed.CompareAndSwap(false, true) {
			return ctx.Err()
		}
		<-w.done
	}
	return w.err
}

// waiting is a call of Wait. Either home claims it, to run it, or the caller, to give it up.
type waiting struct {
	claimed atomic.Bool
	done    chan struct{}
	err     error
}

func (w *waiting) run(fn func(x *Home), x *Home) {
	if !w.claimed.CompareAndSwap(false, true) {
		return
	}
	defer close(w.done) // a panic goes on to the loop, which logs it
	fn(x)
	w.err = nil
}
