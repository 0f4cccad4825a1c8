//go:build linux

package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"sync"
	"sync/atomic"
	"time"
)

// A soak is one run.
type soak struct {
	options
	out      io.Writer
	folder   string // temporary
	keys     *keys
	server   *server
	guarded  *guarded
	counts   counts
	began    time.Time
	peak     vitals
	stopping atomic.Bool // the server has been told to end: pushes may fail
	rngs     atomic.Uint64
	numbered []int64        // by publisher: what its last push was
	credit   []atomic.Int64 // by publisher: how many pages its answers say took something

	ctx    context.Context // ends with the first failure
	cancel context.CancelCauseFunc
}

// patience is how long anything may take that has to happen.
const patience = 60 * time.Second

func newSoak(ctx context.Context, o options, out io.Writer) (*soak, error) {
	s := &soak{options: o, out: out, began: time.Now(), numbered: make([]int64, len(ways)), credit: make([]atomic.Int64, len(ways))}
	s.ctx, s.cancel = context.WithCancelCause(ctx)
	var err error
	if s.folder, err = os.MkdirTemp("", "soak"); err != nil {
		return nil, err
	}
	s.say("seed %d, %d clients, %v", o.seed, o.clients, o.duration)
	if s.keys, err = newKeys(s.folder); err == nil {
		s.program, err = s.build()
	}
	if err == nil {
		s.server, err = s.start()
	}
	if err == nil {
		s.guarded, err = s.startGuarded()
	}
	if err != nil {
		s.close()
		return nil, err
	}
	s.say("process %d, %s", s.server.cmd.Process.Pid, s.server.admin)
	return s, nil
}

func (s *soak) close() {
	s.cancel(context.Canceled)
	if s.server != nil {
		s.server.kill()
	}
	if s.guarded != nil {
		s.guarded.server.kill()
	}
	_ = os.RemoveAll(s.folder)
}

func (s *soak) say(format string, args ...any) {
	fmt.Fprintf(s.out, "%6.1fs  %s\n", time.Since(s.began).Seconds(), fmt.Sprintf(format, args...))
}

// rng is random numbers of their own for one role: what one does with them changes nothing for the others.
func (s *soak) rng() *rand.Rand { return rand.New(rand.NewPCG(s.seed, s.rngs.Add(1))) }

// fail ends the run; the first reason counts.
func (s *soak) fail(format string, args ...any) { s.cancel(fmt.Errorf(format, args...)) }

func (s *soak) failed() bool { return s.ctx.Err() != nil }

// verdict is what the run has shown.
func (s *soak) verdict() error {
	if cause := context.Cause(s.ctx); cause != nil {
		if errors.Is(cause, context.Canceled) {
			cause = errors.New("interrupted")
		}
		status, _ := s.server.status(5 * time.Second) // it may have ended
		return fmt.Errorf("%w\nThe server's last words:\n%s\nIts status: %s\nThe guarded server's last words:\n%s\nAgain with: -seed %d",
			cause, s.server.log.tail(), status, s.guarded.server.log.tail(), s.seed)
	}
	fmt.Fprint(s.out, s.table())
	return nil
}

// play is the whole run.
func (s *soak) play() {
	warm := min(s.duration/4, time.Minute)
	s.load("a", warm)
	before := s.rest()
	s.say("at rest: %v", before)
	s.load("b", s.duration-warm)
	after := s.rest()
	s.say("at rest: %v", after)
	if !s.failed() {
		s.compare(before, after)
	}
	s.guarded.finish()
	for round := range stops {
		s.deploy(round)
	}
}

// group runs what belongs together.
type group struct{ sync.WaitGroup }

// many runs n of the same.
func (g *group) many(n int, fn func(i int)) {
	for i := range n {
		g.Go(func() { fn(i) })
	}
}

// pause waits for d or the end of ctx, and tells whether it was d.
func pause(ctx context.Context, d time.Duration) bool {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return true
	case <-ctx.Done():
		return false
	}
}

// between is a time from least to most.
func between(r *rand.Rand, least, most time.Duration) time.Duration {
	return least + time.Duration(r.Int64N(int64(most-least)))
}
