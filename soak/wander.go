//go:build linux

package main

import (
	"context"
	"fmt"
	"strings"
	"time"
)

// wander has a back end put its page into a group and out of it again, and push behind each: what one connection asks for takes effect in
// that order.
func (s *soak) wander(ctx context.Context, c *crowd, d *desk, uid string) {
	r, a := s.rng(), newAccount(uid, c.all)
	p, err := s.openPage(s.ctx, s.server.doors["websocket"], "/", false)
	if err == nil {
		defer p.close()
		if err = p.say(uid); err == nil {
			err = s.bound(d, uid)
		}
	}
	l, lineErr := s.openLines(s.ctx, "text", true)
	if err != nil || lineErr != nil {
		s.fail("%s: %w, %w", uid, err, lineErr)
		return
	}
	defer l.close()
	heard := make(chan string, 64)
	go s.overhear(p, a, heard)
	for n := 0; pause(ctx, between(r, 0, 100*time.Millisecond)); n++ {
		if err := s.roundTrip(l, uid, 1+r.IntN(8), n, heard); err != nil {
			s.fail("%s: %w", uid, err)
			return
		}
	}
}

// overhear takes what everybody gets into the account, and passes the rest on.
func (s *soak) overhear(p *page, a *account, heard chan<- string) {
	for {
		m, end, err := p.next()
		switch {
		case err != nil || end != nil:
			close(heard)
			return
		case strings.HasPrefix(string(m), "step "):
			heard <- string(m)
			continue
		}
		if err := a.take(m); err != nil {
			s.fail("%w", err)
		}
	}
}

// roundTrip asks for everything at once.
func (s *soak) roundTrip(l *lines, uid string, times, n int, heard <-chan string) error {
	var out []byte
	for i := range times {
		join := fmt.Sprintf(`"uid":"%s","group":"%s"`, uid, uid)
		out = fmt.Appendf(out, `{"$cmd":"join",%s}`+"\n", join)
		out = fmt.Appendf(out, `{"$cmd":"push","group":"%s","text":"step %d %d"}`+"\n", uid, n, i)
		out = fmt.Appendf(out, `{"$cmd":"leave",%s}`+"\n", join)
		out = fmt.Appendf(out, `{"$cmd":"push","group":"%s","text":"step too far"}`+"\n", uid)
	}
	answers, err := l.ask(out, 4*times)
	if err != nil {
		return err
	}
	for i := range times {
		for k, want := range []string{`ok {"connections":1}`, `ok {"taken":1,"refused":0}`, `ok {"connections":1}`, `fail {"error":"nobody there","taken":0,"refused":0}`} {
			if got := answers[4*i+k].text; got != want {
				return fmt.Errorf("step %d: %q, want %q", k, got, want)
			}
		}
		want := fmt.Sprintf("step %d %d", n, i)
		select {
		case got := <-heard:
			if got != want {
				return fmt.Errorf("got %q, want %q", got, want)
			}
		case <-time.After(patience):
			return fmt.Errorf("%q was answered ok, and does not come", want)
		case <-s.ctx.Done():
			return nil
		}
	}
	s.counts.steps.Add(uint64(4 * times))
	return nil
}
