//go:build linux

package engine

import (
	"bytes"
	"context"
	"errors"
	"io"
	"math"
	"net"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// polite is a server that says goodbye.
type polite struct {
	handler
	goodbye func(c *Conn)
}

func (p polite) Serve(*Conn) Handler { return p }

func (p polite) OnShutdown(c *Conn) { p.goodbye(c) }

// stopping begins a Shutdown in the background.
func stopping(ctx context.Context, e *Engine) <-chan error {
	result := make(chan error, 1)
	go func() { result <- e.Shutdown(ctx) }()
	return result
}

func TestShutdownOfAnEngineThatNeverRan(t *testing.T) {
	before, goroutines := descriptors(), runtime.NumGoroutine()
	e, err := New(Options{Loops: 3})
	if err != nil {
		t.Fatal(err)
	}
	ln := listen(t, e, echo)
	if err := e.Shutdown(t.Context()); err != nil {
		t.Errorf("Shutdown: %v", err)
	}
	wantStopped(t, e, ln)
	if now := descriptors(); now != before {
		t.Errorf("%d descriptors, %d before", now, before)
	}
	eventually(t, "the loops' goroutines are gone", func() bool { return runtime.NumGoroutine() <= goroutines })
}

func TestShutdownTwiceAndAtOnce(t *testing.T) {
	sys, unsent := kernel, atomic.Int32{}
	unsent.Store(math.MaxInt32)
	sys.unsent = func(int) int32 { return unsent.Add(-1) } // the peer reads on and on: there is no end to lingering but its own
	e := faultyEngine(t, Options{}, &sys)
	closed := make(chan struct{})
	c := dial(t, listen(t, e, handler{close: func(*Conn, error) { close(closed) }, traffic: echo.traffic}))
	send(t, c, "x")
	expect(t, c, "x")
	first := stopping(t.Context(), e)
	await(t, "OnClose", closed) // it waits for our end of the connection
	var others []<-chan error
	for range 3 {
		others = append(others, stopping(t.Context(), e))
	}
	expectEOF(t, c)
	if len(first)+len(others[0])+len(others[1])+len(others[2]) > 0 {
		t.Error("a Shutdown has returned before the last connection has gone")
	}
	c.Close()
	for _, result := range append(others, first, stopping(t.Context(), e)) {
		if err := await(t, "Shutdown", result); err != nil {
			t.Errorf("Shutdown: %v", err)
		}
	}
	wantStopped(t, e)
}

func TestShutdownBegunInACallback(t *testing.T) {
	e := testEngine(t, Options{Loops: 2})
	result := make(chan error, 1)
	ln := listen(t, e, handler{traffic: func(c *Conn, p []byte) int {
		go func() { result <- c.Loop().Engine().Shutdown(context.Background()) }()
		return len(p)
	}})
	c := dial(t, ln)
	send(t, c, "stop")
	expectEOF(t, c)
	c.Close()
	if err := await(t, "Shutdown", result); err != nil {
		t.Errorf("Shutdown: %v", err)
	}
	wantStopped(t, e, ln)
}

// Each connection is told once, gets what it is owed, and closes; the polite say goodbye in their own words.
func TestShutdownDrains(t *testing.T) {
	const loops, owed = 2, 4 << 20
	e := testEngine(t, Options{Loops: loops})
	goodbyes, closed := make(chan uint64, 10), make(chan error, 10)
	much := bytes.Repeat([]byte("much "), owed/5)
	h := handler{
		traffic: func(c *Conn, p []byte) int { _ = c.Send(much); return len(p) },
		close:   func(_ *Conn, err error) { closed <- err },
	}
	farewell := polite{h, func(c *Conn) {
		goodbyes <- c.ID()
		if ln, err := e.Listen("127.0.0.1:0", h); err != ErrClosed {
			t.Errorf("Listen while the engine stops: %v, %v; want ErrClosed", ln, err)
		}
		_ = c.Send([]byte("goodbye"))
		c.Close()
	}}
	var clients []net.Conn
	want := map[net.Conn][]byte{}
	for range loops {
		o := ListenOptions{Linger: patience}
		plain, told := dial(t, listen(t, e, h, o)), dial(t, listen(t, e, farewell, o))
		clients = append(clients, plain, told)
		want[plain], want[told] = much, append(bytes.Clone(much), "goodbye"...)
	}
	for _, c := range clients {
		send(t, c, "x")
		expect(t, c, "m") // it is owed the rest
	}
	result := stopping(t.Context(), e)
	var readers sync.WaitGroup
	for _, c := range clients {
		readers.Go(func() {
			got, err := io.ReadAll(c)
			c.Close()
			if !bytes.Equal(got, want[c][1:]) || err != nil {
				t.Errorf("a client got %d bytes, %v; want %d", len(got), err, len(want[c])-1)
			}
		})
	}
	readers.Wait()
	if err := await(t, "Shutdown", result); err != nil {
		t.Errorf("Shutdown: %v", err)
	}
	if len(goodbyes) != loops {
		t.Fatalf("OnShutdown was called %d times", len(goodbyes))
	}
	if a, b := <-goodbyes, <-goodbyes; a == b {
		t.Errorf("OnShutdown was not called once for each")
	}
	wantReasons(t, closed, map[error]int{ErrShutdown: loops, ErrClosed: loops})
}

func wantReasons(t testing.TB, closed chan error, want map[error]int) {
	t.Helper()
	for len(closed) > 0 {
		want[<-closed]--
	}
	for reason, missing := range want {
		if missing != 0 {
			t.Errorf("OnClose with %v: %d missing", reason, missing)
		}
	}
}

// Who does not go, or does not read, is cut off when the context ends.
func TestShutdownCutsOff(t *testing.T) {
	e := testEngine(t, Options{Loops: 2})
	told, closed := make(chan struct{}, 3), make(chan error, 3)
	much := make([]byte, 32<<20)
	h := polite{
		handler{open: func(c *Conn) { _ = c.Send(much) }, close: func(_ *Conn, err error) { closed <- err }},
		func(*Conn) { told <- struct{}{} }, // and stays
	}
	ln := listen(t, e, h)
	clients := []net.Conn{dial(t, ln), dial(t, ln), dial(t, ln)}
	eventually(t, "nobody takes more", func() bool { return e.Stats().Stalled == 3 })
	ctx, cancel := context.WithCancelCause(t.Context())
	result := stopping(ctx, e)
	for range clients {
		await(t, "OnShutdown", told)
	}
	if len(result) > 0 {
		t.Error("Shutdown did not wait")
	}
	cancel(errors.New("out of patience"))
	if err := await(t, "Shutdown", result); err != context.Canceled {
		t.Errorf("Shutdown: %v, want the context's error", err)
	}
	wantReasons(t, closed, map[error]int{ErrShutdown: 3})
	for _, c := range clients {
		if n, err := io.Copy(io.Discard, c); err == nil {
			t.Errorf("a client read %d bytes and EOF, want a reset", n)
		}
	}
	wantStopped(t, e, ln)
}

func TestRunDrainTimeout(t *testing.T) {
	e := testEngine(t, Options{DrainTimeout: time.Millisecond})
	opened := make(chan struct{})
	dial(t, listen(t, e, polite{handler{open: func(*Conn) { close(opened) }}, func(*Conn) {}}))
	await(t, "OnOpen", opened)
	if err := running(t, e)(); err != context.DeadlineExceeded {
		t.Errorf("Run: %v, want %v", err, context.DeadlineExceeded)
	}
}

// Every task whose Post returned nil runs, and no other, whatever happens at the same time.
func TestPostAgainstShutdown(t *testing.T) {
	for range 20 {
		e := testEngine(t, Options{Loops: 3})
		var posted, ran atomic.Int64
		var posters sync.WaitGroup
		for i := range 9 {
			l := e.Loops()[i%3]
			posters.Go(func() {
				for l.Post(func() { ran.Add(1) }) == nil {
					posted.Add(1)
					runtime.Gosched() // busy goroutines starve the loops
				}
			})
		}
		eventually(t, "some tasks", func() bool { return posted.Load() > 1000 })
		shutdown(t, e)
		posters.Wait()
		if posted.Load() != ran.Load() {
			t.Fatalf("%d tasks were posted and %d ran", posted.Load(), ran.Load())
		}
	}
}

// Listening and connecting while the engine stops: nothing is left (TestMain looks), and everything accepted is closed.
func TestListenAndConnectAgainstShutdown(t *testing.T) {
	for range 20 {
		e := testEngine(t, Options{Loops: 2})
		var opened, closed atomic.Int64
		h := handler{open: func(*Conn) { opened.Add(1) }, close: func(*Conn, error) { closed.Add(1) }}
		var clients sync.WaitGroup
		for range 3 {
			clients.Go(func() {
				for connectOnce(t, e, h) {
				}
			})
		}
		eventually(t, "some connections", func() bool { return opened.Load() > 10 })
		shutdown(t, e)
		clients.Wait()
		if opened.Load() != closed.Load() {
			t.Fatalf("%d connections opened, %d closed", opened.Load(), closed.Load())
		}
	}
}

// connectOnce opens a port, connects to it and closes it, and tells whether the engine still took it.
func connectOnce(t testing.TB, e *Engine, s Server) bool {
	ln, err := e.Listen("127.0.0.1:0", s)
	if err != nil {
		if err != ErrClosed {
			t.Errorf("Listen: %v", err)
		}
		return false
	}
	if c, err := net.Dial("tcp", ln.Addr().String()); err == nil {
		c.Close()
	}
	_ = ln.Close() // ErrClosed when Shutdown was faster
	return true
}

// A handler that takes a connection over when its former one has been told of the stop already, as behind an answer that was still owed,
// is told too.
func TestShutdownTellsALateHandler(t *testing.T) {
	s := newStillLoop(t, ListenOptions{})
	k := s.connect(polite{goodbye: func(*Conn) {}})
	gone := make(chan struct{})
	s.leave(gone)
	s.pump()
	s.in(k, func(c *Conn) {
		c.SetHandler(polite{goodbye: func(c *Conn) {
			_ = c.Send([]byte("bye"))
			c.CloseWith(ErrShutdown)
		}})
		_ = c.Send([]byte("hello, "))
	})
	s.pump()
	if string(k.got) != "hello, bye" || !k.shut {
		t.Errorf("got %q, shut %v", k.got, k.shut)
	}
	k.eof = true
	s.pump()
	await(t, "the last has gone", gone)
}
