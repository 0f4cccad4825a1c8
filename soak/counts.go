//go:build linux

package main

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
)

// counts are what was thrown at the server and what came of it.
type counts struct {
	opened, visits, kicked, steps, slow, stuck, silent, reloads, stops atomic.Uint64
	pushes, taken, nobody, delivered                                   atomic.Uint64
	known, unknown, fast                                               atomic.Uint64

	mu       sync.Mutex
	rudeness map[string]int
}

func (c *counts) rude(name string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.rudeness == nil {
		c.rudeness = map[string]int{}
	}
	c.rudeness[name]++
}

func (c *counts) rudes() (sum int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, n := range c.rudeness {
		sum += n
	}
	return sum
}

// table is what the run has shown.
func (s *soak) table() string {
	c := &s.counts
	var b strings.Builder
	row := func(what string, n any) { fmt.Fprintf(&b, "  %-52s %12v\n", what, n) }
	b.WriteString("\nNothing was lost. Seed ")
	fmt.Fprintf(&b, "%d, %v, %d clients at a time.\n\n", s.seed, s.duration, s.clients)
	row("connections opened", c.opened.Load())
	row("pushes answered", c.pushes.Load())
	row("  of them ok", c.taken.Load())
	row("  of them fail: the page had gone", c.nobody.Load())
	row("messages that pages got, in order and without a gap", c.delivered.Load())
	row("pages that came and went, each held against its answers", c.visits.Load())
	row("  of them kicked", c.kicked.Load())
	row("joins, leaves and pushes in one breath", c.steps.Load())
	row("slow pages, each held against its port's policy", c.slow.Load())
	row("stuck pages", c.stuck.Load())
	row("  of both closed by the server for it", s.peak.slowConsumers)
	row("silent connections", c.silent.Load())
	row("pages with a token, behind a PROXY header", c.known.Load())
	row("pages, back ends and proxies without a right one", c.unknown.Load())
	row("pages past their message rate, closed for it", c.fast.Load())
	row("certificates and configuration replaced, or tried to", c.reloads.Load())
	row("stops in the midst of pushes", c.stops.Load())
	row("peak resident memory", fmt.Sprintf("%d MiB", s.peak.rss>>20))
	row("peak connections", s.peak.connections)
	row("rude peers", c.rudes())
	c.writeRudes(&b)
	return b.String()
}

// writeRudes writes how many there were of each kind, in lines of some width.
func (c *counts) writeRudes(b *strings.Builder) {
	c.mu.Lock()
	defer c.mu.Unlock()
	line := "   "
	for _, name := range slices.Sorted(maps.Keys(c.rudeness)) {
		part := fmt.Sprintf(" %s %d,", name, c.rudeness[name])
		if len(line)+len(part) > 110 {
			fmt.Fprintln(b, line)
			line = "   "
		}
		line += part
	}
	fmt.Fprintln(b, strings.TrimSuffix(line, ","))
}
