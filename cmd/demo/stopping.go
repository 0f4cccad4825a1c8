//go:build linux

package main

import (
	"context"
	"time"
)

// untilDrained returns a context for serving, which ends when ctx has: at once, or -drain-delay later. Until then everybody is served, new
// ones too, and those who send them here can learn from /readyz that they should not.
func (s *server) untilDrained(ctx context.Context) (serving context.Context, end func()) {
	serving, cancel := context.WithCancel(context.WithoutCancel(ctx))
	stop := context.AfterFunc(ctx, func() {
		s.stopping.Store(true)
		wasReady := s.ready.Swap(false)
		s.supervisor.tell("STOPPING=1")
		if delay := s.options.leaving.delay; delay > 0 && wasReady {
			s.log.Info("serving on until load balancers have noticed", "for", delay)
			time.AfterFunc(delay, cancel)
			return
		}
		cancel()
	})
	return serving, func() {
		stop()
		cancel()
	}
}

// becomeReady is for the end of the start, which may come behind the signal to stop.
func (s *server) becomeReady() {
	s.ready.Store(true)
	if s.stopping.Load() {
		s.ready.Store(false)
	}
}
