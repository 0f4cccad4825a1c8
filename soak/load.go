//go:build linux

package main

import (
	"context"
	"fmt"
	"time"
)

// groupsOf is how many groups the pages are in.
const groupsOf = 12

// newCrowd is groups and everybody, of so many pages that stay.
func newCrowd(phase string, stay int) *crowd {
	c := &crowd{all: newTarget("all", "", stay, 0)}
	for g := range groupsOf {
		members := (stay + groupsOf - 1 - g) / groupsOf
		c.groups = append(c.groups, newTarget("group", fmt.Sprintf("%s-g%d", phase, g), members, 0))
	}
	return c
}

// load is everything at once, for a while. Its phase is part of every name in it.
func (s *soak) load(phase string, d time.Duration) {
	if s.failed() {
		return
	}
	crew := s.crew()
	s.say("load for %v", d.Round(time.Second))
	c := newCrowd(phase, crew.stay)
	front := s.openDesk()
	stayers := s.openStayers(c, front, phase, crew.stay)
	ctx, end := context.WithTimeout(s.ctx, d)
	defer end()
	pushing, endPushing := context.WithCancel(s.ctx)
	defer endPushing()

	var publishers, others group
	publishers.many(len(ways), func(i int) { s.publish(pushing, c, i, &s.numbered[i]) })
	others.many(crew.come, func(i int) { s.come(ctx, c, front, fmt.Sprintf("%s-c%d", phase, i)) })
	others.many(crew.wander, func(i int) { s.wander(ctx, c, front, fmt.Sprintf("%s-w%d", phase, i)) })
	others.many(crew.slow, func(i int) { s.beSlow(ctx, policies[i%len(policies)], fmt.Sprintf("%s-s%d", phase, i)) })
	others.many(crew.stuck, func(i int) { s.beStuck(ctx, fmt.Sprintf("%s-k%d", phase, i)) })
	others.many(crew.silent, func(int) { s.beSilent(ctx) })
	others.many(crew.rude, func(int) { s.beRude(ctx) })
	others.many(crew.known, func(i int) { s.guarded.beKnown(ctx, fmt.Sprintf("%s-t%d", phase, i)) })
	others.many(crew.unknown, func(int) { s.guarded.beUnknown(ctx) })
	others.many(crew.fast, func(i int) { s.guarded.beFast(ctx, fmt.Sprintf("%s-f%d", phase, i)) })
	others.Go(func() { s.reload(ctx) })
	others.Go(func() { s.watch(ctx) })
	others.Wait()
	endPushing()
	publishers.Wait()
	s.farewell(stayers)
	front.close()
}

// openDesk is the back end of those who need one now and then.
func (s *soak) openDesk() *desk {
	l, err := s.openLines(s.ctx, "text", true)
	if err != nil {
		s.fail("the back end: %w", err)
		return &desk{}
	}
	return &desk{lines: l}
}

// close hangs up.
func (d *desk) close() {
	if d.lines != nil {
		d.lines.close()
	}
}

// bound waits until a page's uid is known.
func (s *soak) bound(d *desk, uid string) error {
	for deadline := time.Now().Add(patience); time.Now().Before(deadline); {
		a, err := d.command(`{"$cmd":"online","uid":%q}`, uid)
		if err != nil {
			return err
		}
		if a.text == `ok {"online":true}` {
			return nil
		}
		if !pause(s.ctx, 2*time.Millisecond) {
			return s.ctx.Err()
		}
	}
	return fmt.Errorf("%s has said its uid, and is not online", uid)
}
