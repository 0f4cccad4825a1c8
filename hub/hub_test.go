package hub

import (
	"context"
	"errors"
	"testing"
)

func TestNewPanics(t *testing.T) {
	for name, loops := range map[string][]*fakeLoop{"no loop": {}, "wrong place": {{index: 1}}} {
		func() {
			defer func() { eq(t, name+" panics", recover() != nil, true) }()
			New(loops, Options{})
		}()
	}
}

func TestDo(t *testing.T) {
	f := newFakes(t, 2, Options{})
	var order []int
	f.do(1, func(*Home) { order = append(order, 1) })
	f.do(1, func(*Home) { order = append(order, 2) })
	eq(t, "posted", len(order), 0)
	f.do(0, func(*Home) { order = append(order, 0) })
	eq(t, "at once", len(order), 1)
	f.settle()
	eq(t, "in order", order[1]*10+order[2], 12)
	eq(t, "published", f.loops[1].published*10+f.loops[0].published, 20)
	f.do(0, func(x *Home) { x.Push(All, Text(nil), nil) })
	f.do(1, func(x *Home) { x.Push(All, Text(nil), nil) })
	f.settle()
	eq(t, "published", f.loops[1].published*10+f.loops[0].published, 31)
	f.loops[0].stopped = true
	f.do(1, func(*Home) { t.Error("ran on a loop that has stopped") })
}

// waiter calls Wait on a goroutine of its own; the test steps home.
func waiter(f *fakes, ctx context.Context, fn func(*Home)) chan error {
	result := make(chan error, 1)
	go func() { result <- f.hub.Wait(ctx, fn) }()
	return result
}

func TestWait(t *testing.T) {
	f := newFakes(t, 1, Options{})
	l := &goLoop{}
	f.hub = New([]*goLoop{l}, Options{})
	l.start()
	defer l.stop()

	ran := false
	must(t, f.hub.Wait(t.Context(), func(x *Home) { ran = !x.Online("u") }))
	eq(t, "ran", ran, true)

	eq(t, "panic", f.hub.Wait(t.Context(), func(*Home) { panic("in a callback") }), ErrPanicked)

	// Given up while home is busy: it never runs.
	busy, free := make(chan struct{}), make(chan struct{})
	must(t, l.Post(func() { close(busy); <-free }))
	<-busy
	ctx, cancel := context.WithCancel(t.Context())
	result := waiter(f, ctx, func(*Home) { t.Error("ran after Wait gave up") })
	cancel()
	err := <-result
	eq(t, "given up", errors.Is(err, context.Canceled), true)
	close(free)

	// The context ends while fn runs: Wait stays until its end.
	ctx, cancel = context.WithCancel(t.Context())
	begun, end := make(chan struct{}), make(chan struct{})
	result = waiter(f, ctx, func(*Home) { close(begun); <-end })
	<-begun
	cancel()
	close(end)
	must(t, <-result)
}

func TestWaitRefused(t *testing.T) {
	f := newFakes(t, 1, Options{})
	f.loops[0].backlog = context.DeadlineExceeded
	never := func(*Home) { t.Error("ran") }
	eq(t, "behind", f.hub.Wait(t.Context(), never), context.DeadlineExceeded)
	f.loops[0].backlog, f.loops[0].stopped = nil, true
	eq(t, "stopped", f.hub.Wait(t.Context(), never), errStopped)
}
