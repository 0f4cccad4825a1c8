//go:build linux

package engine

import (
	"fmt"
	"runtime/debug"
	"sync"
)

// Offload runs blocking work on a goroutine of the engine's pool, and done with its result on c's loop, as a callback of the
// connection; done is not called when the connection's end has begun by then. c is a Conn, or a protocol's connection.
// It may be called from any goroutine that may use c. A nil error means that work will run, also when the connection closes
// or the engine stops meanwhile, unless the context of Shutdown ends before its turn. ErrBusy when Options.OffloadQueue
// calls wait already; ErrClosed when the engine stops. A panic in work closes the connection.
func Offload[T any](c interface{ Ref() Ref }, work func() T, done func(result T)) error {
	ref := c.Ref()
	err := ref.Loop().engine.workers.submit(func() {
		result, err := recovering(work)
		if err != nil {
			ref.Loop().offloadPanicked(ref, err)
		}
		_ = ref.reply(func(c *Conn) { // after the stop there is nobody to tell
			if err != nil {
				c.panicked = true
				return
			}
			done(result)
		})
	})
	if err == ErrBusy {
		ref.Loop().stats.offloadBusy.Add(1)
	}
	return err
}

func recovering[T any](work func() T) (result T, err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("%v\n%s", r, debug.Stack())
		}
	}()
	return work(), nil
}

// offloadPanicked is called where the work ran: the connection may be gone by now, and with it its callbacks.
func (l *Loop) offloadPanicked(ref Ref, err error) {
	l.stats.panics.Add(1)
	l.log.Error("engine: offloaded work panicked", ref.Log(), "panic", err)
}

// workers is the pool: up to max goroutines, started when there is work for them and ended when there is none.
type workers struct {
	mu      sync.Mutex
	queue   []func()
	running int
	max     int
	maxWait int
	closed  bool
	idle    sync.WaitGroup
}

func (w *workers) submit(work func()) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	switch {
	case w.closed:
		return ErrClosed
	case w.running < w.max:
		w.running++
		w.idle.Go(func() { w.run(work) })
	case len(w.queue) >= w.maxWait:
		return ErrBusy
	default:
		w.queue = append(w.queue, work)
	}
	return nil
}

// run does work, and then what waits, until nothing does.
func (w *workers) run(work func()) {
	for ; work != nil; work = w.next() {
		work()
	}
}

func (w *workers) next() func() {
	w.mu.Lock()
	defer w.mu.Unlock()
	if len(w.queue) == 0 {
		w.running--
		return nil
	}
	work := w.queue[0]
	w.queue[0] = nil
	w.queue = w.queue[1:]
	return work
}

// close lets no more work in. What is in is done: connections that drain may owe its result to their peer.
func (w *workers) close() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.closed = true
}

// drop forgets the work that has not begun.
func (w *workers) drop() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.queue = nil
}
