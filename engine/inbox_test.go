//go:build linux

package engine

import (
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// What posted tasks hold is counted until they have run: too much of it holds publishers back.
func TestInboxCountsBytes(t *testing.T) {
	s := newStillLoop(t, ListenOptions{})
	ran := 0
	post := func(size int) {
		t.Helper()
		if err := s.PostSized(func() { ran++ }, size); err != nil {
			t.Fatal(err)
		}
	}
	behind := func(want int32) {
		t.Helper()
		if n := s.engine.behind.Load(); n != want {
			t.Fatalf("after %d tasks: %d reasons to hold publishers back, want %d", ran, n, want)
		}
	}
	post(backlogHigh)
	behind(0)
	post(1)
	behind(1)
	post(backlogHigh) // said already
	behind(1)
	for s.runInbox() {
	}
	behind(0)
	if ran != 3 {
		t.Errorf("%d of 3 tasks have run", ran)
	}
}

func TestInboxCountsTasks(t *testing.T) {
	s := newStillLoop(t, ListenOptions{})
	for range inboxHigh + 1 {
		_ = s.Post(func() {})
	}
	for left := inboxHigh + 1; s.runInbox(); {
		before := left
		left = s.inbox.waiting
		held := s.engine.behind.Load() > 0
		if most := inboxLow + 1; left > most && !held || before <= inboxLow && held { // to let them go on is one task more
			t.Fatalf("held %v with %d tasks left", held, left)
		}
	}
	if n := s.engine.behind.Load(); n != 0 || s.inbox.waiting != 0 {
		t.Errorf("behind %d, %d waiting", n, s.inbox.waiting)
	}
}

// A task that has taken a slice's time is the last of its turn, whether it is the first or the seventh.
func TestLongTasksShareTheLoop(t *testing.T) {
	s := newStillLoop(t, ListenOptions{})
	ran := 0
	for range 3 {
		_ = s.Post(func() {
			ran++
			for start := time.Now(); time.Since(start) <= sliceTime; {
			}
		})
	}
	for want := 1; want <= 3; want++ {
		_ = s.handle(s.inbox.eventfd, unix.EPOLLIN, 0)
		if ran != want {
			t.Fatalf("%d tasks have run in %d turns", ran, want)
		}
	}
}
