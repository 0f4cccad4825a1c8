//go:build linux

package engine

import (
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// faultyAccept fails with err while it is set.
type faultyAccept struct{ err atomic.Pointer[unix.Errno] }

func (f *faultyAccept) accept(fd int) (int, unix.Sockaddr, error) {
	if errno := f.err.Load(); errno != nil {
		return -1, nil, *errno
	}
	return kernel.accept(fd)
}

func (f *faultyAccept) fail(errno unix.Errno) { f.err.Store(&errno) }
func (f *faultyAccept) heal()                 { f.err.Store(nil) }

// faultyEngine is an engine with a system whose calls can be made to fail.
func faultyEngine(t testing.TB, o Options, sys *syscalls) *Engine {
	t.Helper()
	if o.Logger == nil {
		o.Logger = textLogger(&testLog{t: t})
	}
	e, err := newEngine(o, sys)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { shutdown(t, e) })
	return e
}

func acceptingBadly(t testing.TB, o Options) (*Engine, *faultyAccept) {
	f, sys := &faultyAccept{}, kernel
	sys.accept = f.accept
	return faultyEngine(t, o, &sys), f
}

func TestAcceptPausesForWantOfDescriptors(t *testing.T) {
	for _, errno := range []unix.Errno{unix.EMFILE, unix.ENFILE, unix.ENOBUFS, unix.ENOMEM} {
		t.Run(unix.ErrnoName(errno), func(t *testing.T) {
			log := &testLog{t: t}
			e, system := acceptingBadly(t, Options{Logger: textLogger(log)})
			ln := listen(t, e, echo)
			first := dial(t, ln)
			send(t, first, "x")
			expect(t, first, "x")
			system.fail(errno)
			waiting := dial(t, ln)
			eventually(t, "three pauses", func() bool { return e.Stats().AcceptPauses >= 3 })
			send(t, first, "still here")
			expect(t, first, "still here")
			wantLogged(t, log, errno.Error())
			system.heal() // the backoff's timer finds out
			send(t, waiting, "hello")
			expect(t, waiting, "hello")
			on(t, e.Home(), func() {
				if ln.backoff != 0 || ln.paused != nil || e.paused.Load() != 0 {
					t.Errorf("backoff %v, timer %v, %d listeners paused", ln.backoff, ln.paused, e.paused.Load())
				}
			})
		})
	}
}

func TestAcceptBackoff(t *testing.T) {
	log := &testLog{t: t}
	e, system := acceptingBadly(t, Options{Logger: textLogger(log)})
	ln := listen(t, e, echo)
	system.fail(unix.EMFILE)
	on(t, e.Home(), func() {
		var got []time.Duration
		for range 10 {
			ln.accept()
			got = append(got, ln.backoff/time.Millisecond)
			if ln.watched || !ln.paused.waiting {
				t.Error("a paused listener is watched, or no timer runs")
			}
			ln.unpause()
			if !ln.watched {
				t.Error("a listener is not watched after its pause")
			}
		}
		if want := []time.Duration{5, 10, 20, 40, 80, 160, 320, 640, 1000, 1000}; !slices.Equal(got, want) {
			t.Errorf("backoff in ms: %v, want %v", got, want)
		}
		if n := countLines(log, "accepting pauses"); n != 1 {
			t.Errorf("%d lines in the log, want 1", n)
		}
	})
}

// A connection of ours that closes leaves a descriptor: no timer is waited for. Its loop need not be the accepting one.
func TestAcceptResumesWhenAConnectionCloses(t *testing.T) {
	for pins := range 4 {
		e, system := acceptingBadly(t, Options{Loops: 2})
		accepting := e.Loops()[pins/2]
		ln := listen(t, e, echo, ListenOptions{Loop: accepting})
		leaver := dial(t, listen(t, e, echo, ListenOptions{Loop: e.Loops()[pins%2]}))
		send(t, leaver, "x")
		expect(t, leaver, "x")
		system.fail(unix.EMFILE)
		waiting := dial(t, ln)
		eventually(t, "a pause", func() (stopped bool) {
			on(t, accepting, func() {
				// Nothing but the close can end the pause then.
				stopped = ln.paused != nil && ln.paused.Stop()
			})
			return stopped
		})
		system.heal()
		leaver.Close()
		send(t, waiting, "hello")
		expect(t, waiting, "hello")
	}
}

// A peer that is gone before it is accepted is nobody's business.
func TestAcceptIgnoresThoseWhoAreGone(t *testing.T) {
	for _, errno := range []unix.Errno{unix.ECONNABORTED, unix.EINTR, unix.EPROTO, unix.EPERM, unix.EAGAIN, unix.ENETDOWN} {
		t.Run(unix.ErrnoName(errno), func(t *testing.T) {
			fails, sys := atomic.Int64{}, kernel
			sys.accept = func(fd int) (int, unix.Sockaddr, error) {
				if fails.Add(1) <= 3*acceptsPerTurn {
					return -1, nil, errno
				}
				return kernel.accept(fd)
			}
			e := faultyEngine(t, Options{}, &sys)
			ln := listen(t, e, echo)
			wantEcho(t, ln)
			if s := e.Stats(); s.AcceptPauses != 0 || s.Accepted != 1 || ln.Accepted() != 1 {
				t.Errorf("%d pauses, %d accepted", s.AcceptPauses, s.Accepted)
			}
		})
	}
}

func TestListenerCloseWhilePaused(t *testing.T) {
	e, system := acceptingBadly(t, Options{})
	ln := listen(t, e, echo)
	system.fail(unix.EMFILE)
	dial(t, ln)
	eventually(t, "a pause", func() bool { return e.paused.Load() == 1 })
	before := descriptors()
	if err := ln.Close(); err != nil {
		t.Fatal(err)
	}
	on(t, e.Home(), func() {})
	if e.paused.Load() != 0 || descriptors() != before-1 {
		t.Errorf("%d listeners paused, %d descriptors (%d before)", e.paused.Load(), descriptors(), before)
	}
}
