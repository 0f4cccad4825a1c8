//go:build linux

package main

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"syscall"
	"testing"
)

// judge holds what the pages got against what the back ends were answered: for every page, whatever its end, it is in order, without
// a gap, and with everything that was acknowledged.
func (c *throng) judge(wantCode int) {
	c.t.Helper()
	c.ended.Wait()
	takers := make([][]int, len(c.backEnds)) // of each line: how many pages got it
	for i, b := range c.backEnds {
		takers[i] = make([]int, len(b.to))
	}
	cutOff := 0
	for i, p := range c.pages {
		if p.code == 0 {
			cutOff++
			c.t.Logf("page %d: %v", i, p.err)
			continue
		}
		if p.code != wantCode || p.err != nil {
			c.t.Errorf("page %d is closed with %d, %v", i, p.code, p.err)
		}
		c.inOrder(i, p, takers)
	}
	if cutOff > 0 {
		c.t.Errorf("%d pages ended without a Close frame", cutOff)
	}
	for i, b := range c.backEnds {
		b.accounted(c.t, takers[i])
	}
}

// inOrder looks through what one page got.
func (c *throng) inOrder(page int, p *throngPage, takers [][]int) {
	c.t.Helper()
	last := make([]int, len(c.backEnds))
	next := make([]int, len(c.backEnds)) // the next broadcast
	for i := range last {
		last[i] = -1
	}
	for _, n := range p.got {
		to := c.backEnds[n.B].to[n.I]
		if n.I <= last[n.B] || to != page && to != toEverybody {
			c.t.Errorf("page %d got line %d of back end %d, for %d, behind %d", page, n.I, n.B, to, last[n.B])
		}
		last[n.B] = n.I
		takers[n.B][n.I]++
		if to == toEverybody {
			if n.I != next[n.B] {
				c.t.Errorf("page %d got broadcast %d of back end %d, want %d", page, n.I, n.B, next[n.B])
			}
			next[n.B] = n.I + broadcastEvery
		}
	}
}

// accounted compares the answers with who got the lines. What was not answered may have arrived or not.
func (b *throngBackEnd) accounted(t *testing.T, takers []int) {
	t.Helper()
	for i, answer := range b.answers {
		taken := 0
		switch {
		case b.to[i] != toEverybody && answer == "ok":
			taken = 1
		case b.to[i] == toEverybody && !strings.HasPrefix(answer, "fail "):
			if n, err := fmt.Sscanf(answer, `ok {"taken":%d,`, &taken); n != 1 {
				t.Errorf("answer %q: %v", answer, err)
			}
		}
		if takers[i] != taken {
			t.Errorf("back end %d: line %d, for %d, was answered %q, and %d got it", b.number, i, b.to[i], answer, takers[i])
		}
	}
}

// patient are limits that no page of a throng runs into because the machine has other things to do.
var patient = []string{"-drain-timeout", throngTime.String(), "-close-timeout", throngTime.String(), "-linger", throngTime.String(), "-max-outbox", "256MiB"}

// A server that 5,000 pages listen to is told to stop in the midst of pushes.
func TestDrainUnderLoad(t *testing.T) {
	pages := 5000
	if testing.Short() {
		pages = 500
	}
	p := launch(t, append([]string{"start", "-loops", "2", "-listen", "websocket://127.0.0.1:0", "-listen", "text://127.0.0.1:0", "-restart-spread", "10s"}, patient...)...)
	p.stdout.Await(t, "listens on", 1)
	c := gather(t, p.opened("websocket"), "", p.opened("text"), pages, 3, 1)
	c.begin()
	c.await(60)
	p.signal(syscall.SIGTERM)
	p.wantExitWithin(0, throngTime)
	c.judge(1012)
	t.Logf("%d pages, %d lines answered", pages, c.answered.Load())
	if strings.Contains(p.stderr.String(), "cut off") {
		t.Error("the drain time did not suffice")
	}
}

func (p *process) opened(protocol string) string {
	return strings.TrimPrefix(p.stdout.Holding("  " + protocol + "://")[0], "  "+protocol+"://")
}

// A server is told to stop at any moment, many times.
func TestDrainAtAnyMoment(t *testing.T) {
	for seed := range uint64(20) {
		rng := rand.New(rand.NewPCG(seed, 3))
		flags, code := append([]string{"-loops", fmt.Sprint(1 + rng.IntN(3))}, patient...), 1001
		if rng.IntN(2) == 0 {
			flags, code = append(flags, "-restart-spread", "1s"), 1012
		}
		if rng.IntN(3) == 0 {
			flags = append(flags, "-listen", "wss://127.0.0.1:0", "-listen", "text://127.0.0.1:0", "-tls-self-signed")
		}
		d := start(t, flags...)
		c := gather(t, d.websocket, d.opened("wss"), d.text, 1+rng.IntN(60), 1+rng.IntN(3), seed)
		for _, b := range c.backEnds {
			b.long = rng.IntN(1 << rng.IntN(17))
		}
		c.begin()
		c.await(int64(rng.IntN(300)))
		if err := d.stop(); err != nil {
			t.Error(err)
		}
		c.judge(code)
		if t.Failed() {
			t.Fatalf("seed %d, %v", seed, flags)
		}
	}
}
