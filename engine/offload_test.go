//go:build linux

package engine

import (
	"context"
	"io"
	"net"
	"sync/atomic"
	"testing"
	"time"
)

// opened connects and returns the client and its connection.
func opened(t testing.TB, e *Engine, h handler) (net.Conn, *Conn) {
	t.Helper()
	conns := make(chan *Conn, 1)
	h.open = func(c *Conn) { conns <- c }
	client := dial(t, listen(t, e, h))
	return client, await(t, "OnOpen", conns)
}

func TestOffload(t *testing.T) {
	e := testEngine(t, Options{Loops: 2})
	h := handler{traffic: func(c *Conn, p []byte) int {
		question := string(p)
		err := Offload(c, func() string { return question + "!" }, func(answer string) {
			if c.loop.current != c {
				t.Error("done is not a callback of the connection")
			}
			_, _ = io.WriteString(c, answer)
		})
		if err != nil {
			t.Error(err)
		}
		return len(p)
	}}
	for _, l := range e.Loops() {
		client := dial(t, listen(t, e, h, ListenOptions{Loop: l}))
		send(t, client, "how")
		expect(t, client, "how!")
	}
}

// jobs are pieces of work that wait until they are let go.
type jobs struct {
	begun, release chan struct{}
	running, most  atomic.Int64
	done           atomic.Int64
}

func newJobs() *jobs {
	return &jobs{begun: make(chan struct{}, 100), release: make(chan struct{})}
}

func (j *jobs) work() int {
	n := j.running.Add(1)
	for most := j.most.Load(); n > most && !j.most.CompareAndSwap(most, n); most = j.most.Load() {
	}
	j.begun <- struct{}{}
	<-j.release
	j.running.Add(-1)
	return 1
}

func (j *jobs) count(n int) { j.done.Add(int64(n)) }

func TestOffloadIsBounded(t *testing.T) {
	const workers, queue = 3, 5
	e := testEngine(t, Options{Workers: workers, OffloadQueue: queue})
	_, c := opened(t, e, echo)
	j := newJobs()
	for range workers + queue {
		if err := Offload(c, j.work, j.count); err != nil {
			t.Fatal(err)
		}
	}
	if err := Offload(c, j.work, j.count); err != ErrBusy {
		t.Errorf("one too many: %v, want ErrBusy", err)
	}
	if n := e.Stats().OffloadBusy; n != 1 {
		t.Errorf("counted %d", n)
	}
	for range workers {
		await(t, "work", j.begun)
	}
	close(j.release)
	eventually(t, "all of it done", func() bool { return j.done.Load() == workers+queue })
	if most := j.most.Load(); most != workers {
		t.Errorf("%d at the same time, want %d", most, workers)
	}
	eventually(t, "the workers have ended", func() bool {
		e.workers.mu.Lock()
		defer e.workers.mu.Unlock()
		return e.workers.running == 0
	})
	if err := Offload(c, j.work, j.count); err != nil {
		t.Errorf("after that: %v", err)
	}
	eventually(t, "new work done", func() bool { return j.done.Load() == workers+queue+1 })
}

func TestOffloadDoneIsNotCalledAfterClose(t *testing.T) {
	e := testEngine(t, Options{})
	closed := make(chan struct{})
	client, c := opened(t, e, handler{close: func(*Conn, error) { close(closed) }})
	j := newJobs()
	if err := Offload(c, j.work, func(int) { t.Error("done was called") }); err != nil {
		t.Fatal(err)
	}
	await(t, "work", j.begun)
	client.Close()
	await(t, "OnClose", closed)
	close(j.release)
	eventually(t, "the work's end", func() bool { return j.running.Load() == 0 })
	ended := make(chan struct{})
	if err := Offload(c, func() int { return 0 }, func(int) { t.Error("done was called") }); err != nil {
		t.Errorf("Offload for a connection that has closed: %v", err)
	}
	if err := Offload(c, func() int { close(ended); return 0 }, func(int) {}); err != nil {
		t.Errorf("Offload for a connection that has closed: %v", err)
	}
	await(t, "work for a connection that has closed", ended)
}

func TestOffloadPanic(t *testing.T) {
	for _, where := range []string{"work", "done", "work, after the close"} {
		t.Run(where, func(t *testing.T) {
			log := &testLog{t: t}
			e := testEngine(t, Options{Logger: textLogger(log)})
			closed := make(chan error, 1)
			client, c := opened(t, e, handler{close: func(_ *Conn, err error) { closed <- err }})
			want := ErrPanic
			if where == "work, after the close" {
				want = ErrAborted
				on(t, e.Home(), c.Abort)
			}
			err := Offload(c, func() string {
				if where != "done" {
					panic("in the work")
				}
				return "in the callback"
			}, func(s string) { panic(s) })
			if err != nil {
				t.Fatal(err)
			}
			if err := await(t, "OnClose", closed); err != want {
				t.Errorf("OnClose: %v, want %v", err, want)
			}
			if want == ErrPanic {
				expectEOF(t, client)
			}
			eventually(t, "the panic is counted", func() bool { return e.Stats().Panics == 1 })
			shutdownAfter(t, e, client)
			wantLogged(t, log, "panic", "offload_test.go")
		})
	}
}

func shutdownAfter(t testing.TB, e *Engine, client net.Conn) {
	t.Helper()
	client.Close()
	shutdown(t, e)
}

// Shutdown waits for work, what waited for a worker included, and lets nothing more in. A connection that is owed a result
// gets it before it goes.
func TestShutdownWaitsForOffloadedWork(t *testing.T) {
	e := testEngine(t, Options{Workers: 1})
	told, owed := make(chan struct{}), 3
	conns := make(chan *Conn, 1)
	client := dial(t, listen(t, e, polite{handler{open: func(c *Conn) { conns <- c }}, func(*Conn) { close(told) }}))
	c := await(t, "OnOpen", conns)
	j := newJobs()
	for range owed {
		err := Offload(c, j.work, func(int) {
			_, _ = io.WriteString(c, "result ")
			if owed--; owed == 0 {
				c.Close()
			}
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	await(t, "work", j.begun)
	result := stopping(t.Context(), e)
	await(t, "OnShutdown", told)
	if err := Offload(c, j.work, j.count); err != ErrClosed {
		t.Errorf("Offload while the engine stops: %v, want ErrClosed", err)
	}
	close(j.release)
	expect(t, client, "result result result ")
	expectEOF(t, client)
	client.Close()
	if err := await(t, "Shutdown", result); err != nil {
		t.Errorf("Shutdown: %v", err)
	}
	if err := Offload(c, j.work, j.count); err != ErrClosed {
		t.Errorf("Offload after the stop: %v, want ErrClosed", err)
	}
}

// When the context ends first, what has not begun never will.
func TestShutdownGivesOffloadedWorkUp(t *testing.T) {
	e := testEngine(t, Options{Workers: 1})
	_, c := opened(t, e, echo)
	j := newJobs()
	for range 3 {
		if err := Offload(c, j.work, j.count); err != nil {
			t.Fatal(err)
		}
	}
	await(t, "work", j.begun)
	on(t, e.Home(), c.Abort)
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Millisecond)
	defer cancel()
	if err := await(t, "Shutdown", stopping(ctx, e)); err != context.DeadlineExceeded {
		t.Errorf("Shutdown: %v, want %v", err, context.DeadlineExceeded)
	}
	close(j.release)
	e.workers.idle.Wait()
	if n := len(j.begun); n != 0 || j.done.Load() != 0 {
		t.Errorf("%d pieces of work began after the end, %d were done", n, j.done.Load())
	}
}
