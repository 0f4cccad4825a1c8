//go:build linux

package main

import (
	"context"
	"fmt"
	"syscall"
	"time"
)

// stops is how often the server is told to end in the midst of pushes.
const stops = 3

// deploy has pages listen, and the server end while they are pushed to. What was taken comes before the goodbye.
func (s *soak) deploy(round int) {
	if s.failed() {
		return
	}
	if round > 0 {
		s.keys.replace() // what was last may have been spoiled
		err := s.keys.configure()
		var next *server
		if err == nil {
			next, err = s.start()
		}
		if err != nil {
			s.fail("round %d: %w", round, err)
			return
		}
		s.server = next
	}
	phase := fmt.Sprintf("d%d", round)
	stay := s.crew().stay
	c := newCrowd(phase, stay)
	front := s.openDesk()
	stayers := s.openStayers(c, front, phase, stay)
	front.close()
	before := numbers(s.credit)
	var publishers group
	ctx, cancel := context.WithCancel(s.ctx)
	defer cancel()
	publishers.many(len(ways), func(i int) { s.publish(ctx, c, i, &s.numbered[i]) })
	pause(s.ctx, between(s.rng(), 500*time.Millisecond, 3*time.Second))
	s.stopping.Store(true)
	s.server.signal(syscall.SIGTERM)
	for _, p := range stayers {
		s.awaitGoodbye(p)
	}
	publishers.Wait()
	for _, p := range stayers {
		if err := p.whole(p.due()); err != nil {
			s.fail("a stop: %w", err)
		}
	}
	s.checkCredit(stayers, before)
	if err := s.server.end(s.ctx); err != nil {
		s.fail("a stop: %w", err)
	}
	s.stopping.Store(false)
	s.counts.stops.Add(1)
	s.say("stopped in the midst of pushes: %d pages were told so, behind all that was taken", len(stayers))
}

// checkCredit: all that the answers say was taken has come. More may have come, of pushes that were not answered any more.
func (s *soak) checkCredit(all []*stayer, before []int64) {
	for i, credit := range numbers(s.credit) {
		came := int64(0)
		for _, p := range all {
			came += p.count[i]
		}
		if taken := credit - before[i]; came < taken {
			s.fail("a stop: of publisher %d %d messages came, and %d were taken by the answers", i, came, taken)
		}
	}
}

// awaitGoodbye waits for the server's.
func (s *soak) awaitGoodbye(p *stayer) {
	select {
	case <-p.done:
	case <-s.ctx.Done():
		return
	case <-time.After(patience):
		s.fail("a stop: %s is told nothing", p.who)
		return
	}
	switch {
	case p.end == nil:
		s.fail("a stop: %s over %s got no goodbye: %w", p.who, p.kind.protocol, p.err)
	case p.ear.polite() && p.end.code != 1001 && p.end.code != 1012:
		s.fail("a stop: %s got code %d", p.who, p.end.code)
	}
}
