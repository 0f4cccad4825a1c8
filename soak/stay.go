//go:build linux

package main

import (
	"fmt"
	"strings"
	"time"
)

// A stayer is a page that is there for the whole of a load, and gets everything.
type stayer struct {
	*account
	target *target
	group  *target
	kind   kind
	ear    ear
	end    *ending
	err    error
	done   chan struct{} // closed when it has ended
}

// openStayers opens n pages and waits until all are where they should be. One user in three has two pages.
func (s *soak) openStayers(c *crowd, d *desk, phase string, n int) []*stayer {
	r := s.rng()
	var all []*stayer
	for user := 0; len(all) < n; user++ {
		copies := 1
		if user%3 == 0 {
			copies = min(2, n-len(all))
		}
		t := newTarget("uid", fmt.Sprintf("%s-u%d", phase, user), copies, copies)
		for range copies {
			g := c.groups[len(all)%groupsOf]
			a := newAccount(fmt.Sprintf("page %d of %s", len(all), t.name), t, g, c.all)
			all = append(all, &stayer{account: a, target: t, group: g, kind: someKind(r), done: make(chan struct{})})
		}
		c.add(t)
	}
	var opening group
	turn := make(chan *stayer)
	opening.many(32, func(int) {
		for p := range turn {
			s.openStayer(p, d)
		}
	})
	for _, p := range all {
		turn <- p
	}
	close(turn)
	opening.Wait()
	s.awaitGroups(c, d)
	for _, p := range all {
		p.settled()
	}
	return all
}

func (s *soak) openStayer(p *stayer, d *desk) {
	uid := strings.TrimPrefix(p.target.name, "uid ")
	if s.failed() {
		close(p.done)
		return
	}
	var err error
	if p.ear, err = s.open(s.ctx, p.kind, uid, strings.TrimPrefix(p.group.name, "group ")); err == nil {
		err = s.bound(d, uid)
	}
	if err != nil {
		s.fail("%s: %w", p.who, err)
		close(p.done)
		return
	}
	go func() {
		defer close(p.done)
		if p.end, p.err = s.listen(p.ear, p.account); p.err != nil {
			s.lost(p)
		}
		p.ear.close()
	}()
}

// lost judges a stayer whose connection has failed, or who was sent what it should not have been.
func (s *soak) lost(p *stayer) {
	if _, bad := p.err.(*violation); !bad && p.leaving() {
		return
	}
	s.fail("%s over %s: %w", p.who, p.kind.protocol, p.err)
}

// awaitGroups waits until the groups have the pages that stay.
func (s *soak) awaitGroups(c *crowd, d *desk) {
	for _, g := range c.groups {
		want := fmt.Sprintf(`ok {"connections":%d}`, g.least)
		for deadline := time.Now().Add(patience); !s.failed(); {
			a, err := d.command(`{"$cmd":"count",%s}`, g.member)
			if err != nil || time.Now().After(deadline) {
				s.fail("%s has %q, want %q: %v", g.name, a.text, want, err)
			}
			if a.text == want {
				break
			}
			pause(s.ctx, 2*time.Millisecond)
		}
	}
}

// farewell waits until the stayers have what they should, and has them leave.
func (s *soak) farewell(all []*stayer) {
	for _, p := range all {
		due := p.due()
		for deadline := time.Now().Add(patience); !s.failed(); pause(s.ctx, 5*time.Millisecond) {
			err := p.whole(due)
			if err == nil {
				break
			}
			if time.Now().After(deadline) {
				s.fail("%w", err)
			}
		}
	}
	for _, p := range all {
		if !s.failed() {
			p.leave()
			_ = p.ear.leave() // what fails then shows at the other end
		}
	}
	for _, p := range all {
		s.awaitEnd(p)
	}
	for _, p := range all {
		if err := p.exact(p.target); err != nil && !s.failed() {
			s.fail("%w", err)
		}
	}
}

// awaitEnd waits for the end of a page that has left.
func (s *soak) awaitEnd(p *stayer) {
	select {
	case <-p.done:
	case <-s.ctx.Done():
		return
	case <-time.After(patience):
		s.fail("%s has said goodbye, and the server does not end", p.who)
		return
	}
	if p.ear.polite() && p.end == nil {
		s.fail("%s has said goodbye, and got no Close frame: %w", p.who, p.err)
	}
}
