//go:build linux

package main

import (
	"context"
	"fmt"
	"math/rand/v2"
	"strings"
	"time"
)

const slowKeys = 3

// A burden is what is pushed to a page that does not read: far past the mark and what the kernel takes.
type burden struct {
	size, count int
}

// The kernel takes up to 5 MiB for a peer over TCP, and 200 KiB over a unix socket, where the mark is 256 KiB too. Most are pressed there:
// under the race detector each byte is dear.
var heavy, light = burden{64 << 10, 100}, burden{16 << 10, 50}

// someDoor is where a slow page connects.
func (s *soak) someDoor(r *rand.Rand, policy string) (door, burden) {
	if r.IntN(8) == 0 {
		return s.server.slow[policy], heavy
	}
	return s.server.near[policy], light
}

// beSlow has one page after the other not read while it is pushed to, then read everything, and holds what comes against what the policy of
// its port promises.
func (s *soak) beSlow(ctx context.Context, policy, name string) {
	r := s.rng()
	for n := 0; pause(ctx, between(r, 0, 3*time.Second)); n++ {
		p := &slowPage{soak: s, policy: policy, uid: fmt.Sprintf("%s-%d", name, n)}
		p.door, p.burden = s.someDoor(r, policy)
		if err := p.play(); err != nil && !s.failed() {
			s.fail("%s, slow under %s: %w", p.uid, policy, err)
			return
		}
	}
}

// A slowPage is one of them.
type slowPage struct {
	*soak
	policy string
	uid    string
	door   door
	burden
	page  *page
	taken []int // the numbers of its messages that were answered ok
	heard []int
	end   *ending
}

func (p *slowPage) play() (err error) {
	back, err := p.openLines(p.ctx, "text", true)
	if err != nil {
		return err
	}
	defer back.close()
	if p.page, err = p.openPage(p.ctx, p.door, "/", true); err != nil {
		return err
	}
	defer p.page.close()
	if err := p.page.say(p.uid); err != nil {
		return err
	}
	if err := p.bound(&desk{lines: back}, p.uid); err != nil {
		return err
	}
	if err := p.press(back); err != nil {
		return err
	}
	if p.policy != "close" {
		if err := p.last(back); err != nil {
			return err
		}
	}
	if err := p.hear(); err != nil {
		return err
	}
	p.counts.slow.Add(1)
	return p.judge()
}

// press pushes while the page does not read, some at once.
func (p *slowPage) press(back *lines) error {
	const atOnce = 10
	pad := strings.Repeat("slow ", p.size/5)
	for n := 1; n <= p.count; n += atOnce {
		var out []byte
		for k := n; k < n+atOnce; k++ {
			out = fmt.Appendf(out, `{"$cmd":"push","uid":"%s","key":"k%d","text":"slow %d %s"}`+"\n", p.uid, k%slowKeys, k, pad)
		}
		answers, err := back.ask(out, atOnce)
		if err != nil {
			return err
		}
		for k, a := range answers {
			if a.ok {
				p.taken = append(p.taken, n+k)
			}
		}
	}
	return nil
}

// last says goodbye behind everything that waits: who is kicked is sent that first.
func (p *slowPage) last(back *lines) error {
	a, err := back.ask(fmt.Appendf(nil, `{"$cmd":"kick","uid":"%s","code":4444}`+"\n", p.uid), 1)
	if err == nil && !a[0].ok {
		err = fmt.Errorf("kick: %q", a[0].text)
	}
	return err
}

// hear reads to the end. What is for everybody is not of interest: the others see to that.
func (p *slowPage) hear() error {
	for {
		m, end, err := p.page.next()
		if err != nil && p.policy == "close" {
			return nil // a page that is cut off need not get its Close frame
		}
		if end != nil || err != nil {
			p.end = end
			return err
		}
		text, mine := strings.CutPrefix(string(m), "slow ")
		if !mine {
			continue
		}
		number, pad, _ := strings.Cut(text, " ")
		var n int
		if _, err := fmt.Sscan(number, &n); err != nil || len(pad) != p.size/5*5 {
			return &violation{fmt.Errorf("got %d bytes, %.40q", len(m), m)}
		}
		p.heard = append(p.heard, n)
	}
}

// judge holds what came against what was taken.
func (p *slowPage) judge() error {
	taken, heard := p.taken, p.heard
	for i := 1; i < len(heard); i++ {
		if heard[i] <= heard[i-1] {
			return fmt.Errorf("got %d behind %d", heard[i], heard[i-1])
		}
	}
	if p.policy == "close" {
		return p.judgeClosed()
	}
	if p.end == nil || p.end.code != 4444 {
		return fmt.Errorf("the goodbye is %+v", p.end)
	}
	switch p.policy {
	case "drop-newest":
		if fmt.Sprint(heard) != fmt.Sprint(taken) || len(taken) == p.count {
			return fmt.Errorf("got %v, and %v were answered ok", heard, taken)
		}
	case "drop-oldest":
		if len(taken) != p.count || len(heard) == p.count || heard[len(heard)-1] != p.count {
			return fmt.Errorf("got %v, and %d were answered ok", heard, len(taken))
		}
	case "conflate":
		if len(taken) != p.count || len(heard) == p.count || len(heard) < slowKeys || heard[len(heard)-slowKeys] != p.count-slowKeys+1 {
			return fmt.Errorf("got %v, and %d were answered ok", heard, len(taken))
		}
	}
	return nil
}

// judgeClosed: what comes is the beginning of what was taken, and no more is taken behind the end.
func (p *slowPage) judgeClosed() error {
	for i, n := range p.heard {
		if n != i+1 {
			return fmt.Errorf("got %v, which has a gap", p.heard)
		}
	}
	if len(p.taken) == p.count || len(p.heard) > len(p.taken) {
		return fmt.Errorf("%d were answered ok, %d came", len(p.taken), len(p.heard))
	}
	if p.end != nil && p.end.code != 1013 {
		return fmt.Errorf("the code is %d", p.end.code)
	}
	return nil
}

// beStuck has pages say who they are and never read. Some are pushed to until the server has enough of them.
func (s *soak) beStuck(ctx context.Context, name string) {
	r := s.rng()
	for n := 0; pause(ctx, between(r, 0, time.Second)); n++ {
		policy := policies[r.IntN(len(policies))]
		p := &slowPage{soak: s, policy: policy, uid: fmt.Sprintf("%s-%d", name, n)}
		p.door, p.burden = s.someDoor(r, policy)
		if err := p.stick(ctx, between(r, 0, 8*time.Second), r.IntN(2) == 0); err != nil && !s.failed() {
			s.fail("%s, stuck under %s: %w", p.uid, policy, err)
			return
		}
	}
}

func (p *slowPage) stick(ctx context.Context, d time.Duration, pressed bool) (err error) {
	if p.page, err = p.openPage(p.ctx, p.door, "/", true); err != nil {
		return err
	}
	defer p.page.cut()
	if err := p.page.say(p.uid); err != nil {
		return err
	}
	if pressed {
		back, err := p.openLines(p.ctx, "text", true)
		if err != nil {
			return err
		}
		defer back.close()
		if err = p.bound(&desk{lines: back}, p.uid); err == nil {
			err = p.press(back)
		}
		if err != nil {
			return err
		}
	}
	pause(ctx, d)
	p.counts.stuck.Add(1)
	return nil
}
