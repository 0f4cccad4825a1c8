//go:build linux

package engine

import (
	"log/slog"
	"runtime"
	"testing"

	"golang.org/x/sys/unix"
)

// With OwnThreads a loop stays on one thread, on which nothing else runs.
func TestOwnThreads(t *testing.T) {
	e, err := New(Options{OwnThreads: true, Loops: 2, Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	defer shutdown(t, e)
	threads := map[int]bool{}
	for _, l := range e.Loops() {
		var first int
		for range 100 {
			thread := make(chan int)
			if err := l.Post(func() { thread <- unix.Gettid() }); err != nil {
				t.Fatal(err)
			}
			id := <-thread
			if first == 0 {
				first = id
			}
			if id != first {
				t.Fatalf("a loop was on thread %d and is on %d", first, id)
			}
			runtime.Gosched()
		}
		if threads[first] || first == unix.Gettid() {
			t.Error("two share a thread")
		}
		threads[first] = true
	}
}

// The kernel knows the slice, from Linux 6.12 on; before it has none of its own for a thread.
func TestOwnThreadsSlice(t *testing.T) {
	e, err := New(Options{OwnThreads: true, Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	defer shutdown(t, e)
	var attr *unix.SchedAttr
	on(t, e.Home(), func() {
		// A sandbox may forbid it; then there is nothing to see.
		if attr, err = unix.SchedGetAttr(0, 0); err == nil {
			err = unix.SchedSetAttr(0, attr, 0)
		}
	})
	if err != nil {
		t.Skip("the kernel does not let a thread ask for its slice: ", err)
	}
	if attr.Runtime != uint64(threadSlice) && attr.Runtime != 0 {
		t.Errorf("%d ns", attr.Runtime)
	}
}
