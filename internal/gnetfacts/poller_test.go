//go:build linux

package gnetfacts

import (
	"errors"
	"fmt"
	"testing"

	gneterrors "github.com/panjf2000/gnet/v2/pkg/errors"
	"github.com/panjf2000/gnet/v2/pkg/netpoll"
	"golang.org/x/sys/unix"
)

// What a loop stops with, and why it handles every other error itself.
func TestPollingDropsErrors(t *testing.T) {
	for _, end := range []error{gneterrors.ErrEngineShutdown, gneterrors.ErrAcceptSocket} {
		w := newWatch(t)
		calls := 0
		w.handle = func(int, netpoll.IOEvent, netpoll.IOFlags) error {
			switch calls++; calls {
			case 1:
				return errors.New("an error")
			case 2:
				return unix.EBADF
			default:
				return fmt.Errorf("wrapped: %w", end)
			}
		}
		if err := polling(w.Poller, w.event); !errors.Is(err, end) || calls != 3 {
			t.Errorf("Polling ended with %v after %d calls, want %v after 3", err, calls, end)
		}
	}
}

func TestPollingEndsWhenEpollFails(t *testing.T) {
	p, err := netpoll.OpenPoller()
	if err != nil {
		t.Fatal(err)
	}
	if err := p.Close(); err != nil {
		t.Fatal(err)
	}
	if err := polling(p, nil); err == nil {
		t.Error("Polling a closed poller: no error")
	}
}

// epoll goes on reporting what a descriptor was opened on while a copy of it lives, under the number of the closed one.
func TestClosedDescriptorWithADupIsReported(t *testing.T) {
	for _, deleted := range []bool{false, true} {
		w := newWatch(t)
		fd := signalled(t)
		w.do(w.AddRead, fd, false)
		dup, err := unix.FcntlInt(uintptr(fd), unix.F_DUPFD_CLOEXEC, 0)
		if err != nil {
			t.Fatal(err)
		}
		defer unix.Close(dup)
		if deleted {
			w.delete(fd)
		}
		unix.Close(fd)
		switch n, _ := w.rounds(stillness, fd); {
		case deleted && n != 0:
			t.Errorf("deleted first: %d events, want none", n)
		case !deleted && n < stillness:
			t.Errorf("closed only: %d events in %d rounds, want one each", n, stillness)
		}
	}
}

// An event that has been fetched is delivered although its descriptor is closed by then: it is a hint, a read decides.
func TestFetchedEventsOutliveTheirDescriptor(t *testing.T) {
	w := newWatch(t)
	a, b := signalled(t), signalled(t)
	w.do(w.AddRead, a, false)
	w.do(w.AddRead, b, false)
	var got []int
	w.each(1, func(fd int, _ netpoll.IOEvent) {
		if got = append(got, fd); len(got) == 1 {
			w.delete(a + b - fd)
			unix.Close(a + b - fd)
		}
	})
	if len(got) < 2 || got[1] != a+b-got[0] {
		t.Errorf("events of %v, want the closed one's second", got)
	}
	unix.Close(got[0])
}
