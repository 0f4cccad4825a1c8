//go:build linux

package engine

import (
	"context"
	"errors"
	"net"
	"reflect"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

func TestRunEndsWithItsContext(t *testing.T) {
	for _, withListener := range []bool{false, true} { // no listener at all is fine
		e := testEngine(t, Options{Loops: 2})
		if withListener {
			wantEcho(t, listen(t, e, echo))
		}
		ctx, cancel := context.WithCancel(t.Context())
		result := make(chan error, 1)
		go func() { result <- e.Run(ctx) }()
		on(t, e.Home(), func() {})
		cancel()
		if err := await(t, "Run", result); err != nil {
			t.Errorf("Run: %v", err)
		}
		if err := e.Run(t.Context()); err != ErrRunning {
			t.Errorf("Run again: %v, want ErrRunning", err)
		}
	}
}

func TestRunTwice(t *testing.T) {
	started := make(chan struct{}, 1)
	e := testEngine(t, Options{OnStart: func(*Loop) error { started <- struct{}{}; return nil }})
	stop := running(t, e)
	await(t, "OnStart", started)
	if err := e.Run(t.Context()); err != ErrRunning {
		t.Errorf("second Run: %v, want ErrRunning", err)
	}
	if err := stop(); err != nil {
		t.Errorf("first Run: %v", err)
	}
	if len(started) != 0 {
		t.Error("OnStart was called again")
	}
}

func TestRunAfterShutdown(t *testing.T) {
	for name, onStart := range map[string]func(*Loop) error{
		"no OnStart": nil,
		"OnStart":    func(*Loop) error { t.Error("OnStart was called"); return nil },
	} {
		e := testEngine(t, Options{OnStart: onStart})
		shutdown(t, e)
		if err := e.Run(t.Context()); err != ErrClosed {
			t.Errorf("%s: %v, want ErrClosed", name, err)
		}
	}
}

func TestRunEndsWithShutdown(t *testing.T) {
	started := make(chan struct{})
	e := testEngine(t, Options{OnStart: func(*Loop) error { close(started); return nil }})
	result := make(chan error, 1)
	go func() { result <- e.Run(context.Background()) }()
	await(t, "OnStart", started)
	shutdown(t, e)
	if err := await(t, "Run", result); err != nil {
		t.Errorf("Run: %v", err)
	}
}

func TestOnStartError(t *testing.T) {
	broken := errors.New("no configuration")
	var starts atomicCounts
	e := testEngine(t, Options{Loops: 3, OnStart: func(l *Loop) error {
		starts.add(l.Index())
		if l.Index() == 1 {
			return broken
		}
		return nil
	}})
	ln := listen(t, e, echo)
	if err := e.Run(t.Context()); err != broken {
		t.Errorf("Run: %v, want %v", err, broken)
	}
	if !starts.is(1, 1) {
		t.Errorf("OnStart calls: %v, want one on loop 0, one on loop 1 and none after the error", &starts)
	}
	wantStopped(t, e, ln)
}

func TestOnStartPanic(t *testing.T) {
	log := &testLog{t: t}
	e := testEngine(t, Options{Logger: textLogger(log), OnStart: func(*Loop) error { panic("bad start") }})
	if err := e.Run(t.Context()); !errors.Is(err, ErrPanic) {
		t.Errorf("Run: %v, want ErrPanic", err)
	}
	wantLogged(t, log, "bad start", "run_test.go")
	if n := e.Stats().Panics; n != 1 {
		t.Errorf("%d panics counted", n)
	}
	wantStopped(t, e)
}

// wantStopped checks that an engine takes nothing any more.
func wantStopped(t testing.TB, e *Engine, closed ...*Listener) {
	t.Helper()
	if ln, err := e.Listen("127.0.0.1:0", echo); err != ErrClosed {
		t.Errorf("Listen: %v, %v; want ErrClosed", ln, err)
	}
	for _, l := range e.Loops() {
		if err := l.Post(func() { t.Error("a task ran after the stop") }); err != ErrClosed {
			t.Errorf("Post: %v, want ErrClosed", err)
		}
	}
	for _, ln := range closed {
		if err := ln.Close(); err != ErrClosed {
			t.Errorf("Close of a listener: %v, want ErrClosed", err)
		}
	}
	if n := len(e.Listeners()); n != 0 {
		t.Errorf("%d listeners left", n)
	}
	if s := e.Stats(); s.Connections != 0 || s.Stalled != 0 {
		t.Errorf("%d connections left, %d stalled", s.Connections, s.Stalled)
	}
}

// breakPoller makes the loop's next epoll_wait fail, once it has come back from the present one. A file that cannot be polled
// takes the place of the epoll's: closing that would leave its number to somebody else.
func breakPoller(t testing.TB, l *Loop) {
	t.Helper()
	epoll := int(reflect.ValueOf(l.poller).Elem().FieldByName("fd").Int())
	other, err := unix.Eventfd(0, unix.EFD_CLOEXEC)
	if err != nil {
		t.Error(err)
		return
	}
	defer unix.Close(other)
	if err := unix.Dup3(other, epoll, unix.O_CLOEXEC); err != nil {
		t.Error(err)
	}
}

func TestPollerFailureEndsRun(t *testing.T) {
	before := descriptors()
	closed := make(chan error, 2)
	started := make(chan struct{}, 2)
	e := testEngine(t, Options{Loops: 2, OnStart: func(*Loop) error { started <- struct{}{}; return nil }})
	h := handler{close: func(_ *Conn, err error) { closed <- err }, traffic: echo.traffic}
	ln := listen(t, e, h)
	clients := []net.Conn{dial(t, ln), dial(t, ln)}
	wantServed(t, clients)
	result := make(chan error, 1)
	go func() { result <- e.Run(context.Background()) }()
	await(t, "OnStart", started)
	await(t, "OnStart", started)
	failing := e.Loops()[1]
	if err := failing.Post(func() { breakPoller(t, failing) }); err != nil {
		t.Fatal(err)
	}
	for range 2 { // one is cut off, the other one told to go: both close
		if err := await(t, "OnClose", closed); err != ErrShutdown {
			t.Errorf("OnClose: %v, want ErrShutdown", err)
		}
	}
	for _, c := range clients {
		c.Close()
	}
	if err := await(t, "Run", result); !errors.Is(err, unix.EINVAL) {
		t.Errorf("Run: %v, want what epoll_wait said", err)
	}
	wantStopped(t, e, ln)
	if now := descriptors(); now != before {
		t.Errorf("%d descriptors, %d before", now, before)
	}
}

// A poller that fails while Run does not run, and with a connection that was counted but never came: Shutdown does not wait.
func TestShutdownAfterPollerFailure(t *testing.T) {
	e := testEngine(t, Options{Loops: 2})
	l := e.Loops()[1]
	release, held := make(chan struct{}), make(chan struct{})
	if err := l.Post(func() {
		breakPoller(t, l)
		close(held)
		<-release
	}); err != nil {
		t.Fatal(err)
	}
	await(t, "the loop", held)
	l.open.Add(1) // as hand does before it finds out that the loop has stopped
	gone := make(chan struct{})
	if err := l.Post(func() { l.leave(gone) }); err != nil {
		t.Fatal(err)
	}
	close(release)
	await(t, "the loop's end", gone)
	l.open.Add(-1)
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	if err := e.Shutdown(ctx); err != nil {
		t.Errorf("Shutdown: %v", err)
	}
}
