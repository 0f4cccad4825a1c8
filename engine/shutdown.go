//go:build linux

package engine

import (
	"cmp"
	"context"
)

// Shutdown stops the engine: it closes the listeners, lets every connection say goodbye in its protocol and get what it is
// owed, runs the work that was offloaded before, and ends the loops. When ctx ends first, what is left is cut off, work
// that has not begun is dropped, and ctx's error is returned. No goroutine or descriptor is left, but for offloaded work
// that does not come to an end. Not to be called on a loop, which it waits for; a callback may start it in a goroutine. A
// second call waits for the first one's end and returns nil.
func (e *Engine) Shutdown(ctx context.Context) (err error) {
	e.stopOnce.Do(func() {
		err = e.shutdown(ctx)
		close(e.done)
	})
	return err
}

func (e *Engine) shutdown(ctx context.Context) error {
	e.mu.Lock()
	e.stopping = true
	e.mu.Unlock()
	for _, ln := range e.Listeners() {
		_ = ln.Close() // ErrClosed: somebody else just did
	}
	e.workers.close()
	err := e.drain(ctx)
	for _, l := range e.loops {
		_ = l.Post(l.stop) // ErrClosed: its poller failed and it has ended
	}
	e.running.Wait()
	return cmp.Or(err, e.workers.wait(ctx))
}

// drain lets all loops say goodbye at the same time and waits for each.
func (e *Engine) drain(ctx context.Context) error {
	var leaving []chan struct{}
	for _, l := range e.loops {
		gone := make(chan struct{})
		if l.Post(func() { l.leave(gone) }) == nil {
			leaving = append(leaving, gone)
		}
	}
	for _, gone := range leaving {
		select {
		case <-gone:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	return nil
}

// leave lets every connection say goodbye; gone is closed when the last one has gone.
func (l *Loop) leave(gone chan struct{}) {
	l.leaving = true
	if l.open.Load() == 0 {
		close(gone)
		return
	}
	l.gone = gone
	l.sayGoodbyes(0)
}

const (
	goodbyesPerTask = 32
	// looksPerTask is how many descriptors a task looks at for those who are still there.
	looksPerTask = 4096
)

// sayGoodbyes lets some of those whose descriptor is not below from say goodbye; another task goes on.
func (l *Loop) sayGoodbyes(from int) {
	end := min(from+looksPerTask, len(l.conns))
	for said := 0; from < end && said < goodbyesPerTask; from++ {
		c := l.conns[from]
		switch {
		case c == nil:
			continue
		case c.state == lingering:
			c.some.timer.Reset(c.lingerTime()) // it is less from now on
		default:
			l.callback(c, sayGoodbye)
		}
		said++
	}
	if from < len(l.conns) {
		_ = l.Post(func() { l.sayGoodbyes(from) }) // ErrClosed: abortAll sees to the rest
	}
}

func sayGoodbye(c *Conn) {
	if h, ok := c.handler.(ShutdownHandler); ok {
		h.OnShutdown(c)
		return
	}
	c.CloseWith(ErrShutdown)
}

// abortAll cuts off whoever is left when the loop ends.
func (l *Loop) abortAll() {
	l.leaving = true
	for _, c := range l.conns { // nobody else is served any more
		if c != nil {
			c.abort(ErrShutdown)
		}
	}
	l.settle()
}

// wait waits for the work that was accepted; when ctx ends first, what has not begun is dropped.
func (w *workers) wait(ctx context.Context) error {
	ended := make(chan struct{})
	go func() {
		w.idle.Wait()
		close(ended)
	}()
	select {
	case <-ended:
		return nil
	case <-ctx.Done():
		w.drop()
		return ctx.Err()
	}
}
