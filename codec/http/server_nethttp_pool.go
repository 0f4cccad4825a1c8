//go:build linux

package http

import (
	"sync"
	"time"
)

// pool is the goroutines that run handlers of net/http. They are started when there is work for them; one that has had none
// for a while ends.
type pool struct {
	mu      sync.Mutex
	waiting []*call // in order; a ring would be no better: it is mostly empty
	idle    []*worker
	running int // workers, idle ones included
}

type worker struct {
	next  chan *call
	clock *time.Timer
}

// idleWorker is how long a worker waits for work.
const idleWorker = time.Second

// submit gives c to a worker, or has it wait. false: too many wait already.
func (s *Server) submit(c *call) bool {
	p := &s.pool
	p.mu.Lock()
	defer p.mu.Unlock()
	switch n := len(p.idle); {
	case n > 0:
		w := p.idle[n-1]
		p.idle[n-1] = nil
		p.idle = p.idle[:n-1]
		w.next <- c // it has room
	case p.running < s.workers():
		p.running++
		w := &worker{next: make(chan *call, 1)}
		go p.work(w, c)
	case len(p.waiting) >= s.queueLength():
		return false
	default:
		p.waiting = append(p.waiting, c)
	}
	return true
}

func (s *Server) workers() int     { return orElse(s.Workers, 16) }
func (s *Server) queueLength() int { return orElse(s.QueueLength, 1024) }

// work is a worker's goroutine.
func (p *pool) work(w *worker, c *call) {
	defer p.ended(&c)
	for c != nil {
		c.serve()
		c = p.next(w)
	}
}

// ended also comes after a handler that has called runtime.Goexit: then another worker takes its place.
func (p *pool) ended(c **call) {
	if *c == nil {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(p.waiting) == 0 {
		p.running--
		return
	}
	go p.work(&worker{next: make(chan *call, 1)}, p.pop())
}

func (p *pool) pop() *call {
	c := p.waiting[0]
	p.waiting[0] = nil
	if p.waiting = p.waiting[1:]; len(p.waiting) == 0 {
		p.waiting = nil
	}
	return c
}

// next is the worker's next call, nil when it has waited long enough.
func (p *pool) next(w *worker) *call {
	p.mu.Lock()
	if len(p.waiting) > 0 {
		defer p.mu.Unlock()
		return p.pop()
	}
	p.idle = append(p.idle, w)
	p.mu.Unlock()
	if w.clock == nil {
		w.clock = time.NewTimer(idleWorker)
	} else {
		w.clock.Reset(idleWorker)
	}
	select {
	case c := <-w.next:
		w.clock.Stop()
		return c
	case <-w.clock.C:
	}
	return p.retire(w)
}

// retire ends w, unless it has been given work at the last moment.
func (p *pool) retire(w *worker) *call {
	p.mu.Lock()
	defer p.mu.Unlock()
	for i := range p.idle {
		if p.idle[i] == w {
			p.idle = append(p.idle[:i], p.idle[i+1:]...)
			p.running--
			return nil
		}
	}
	return <-w.next
}

// load is how many calls wait and how many run.
func (p *pool) load() (waiting, running int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return len(p.waiting), p.running - len(p.idle)
}
