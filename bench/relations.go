//go:build linux

package main

import (
	"fmt"
	"strings"

	"fanloop/bench/client"
)

// relations tell what only two rows together show: growth against the floor, and stuck against not stuck.
func (r *Results) relations(b *strings.Builder, sum *summary) {
	switch {
	case strings.HasPrefix(sum.Scenario, "growth"):
		r.aboveFloor(b, sum)
	case strings.HasPrefix(sum.Scenario, "stuck") && sum.Scenario != notStuck:
		r.afterStuck(b, sum)
	}
}

const (
	notStuck  = "stuck 0"
	floorName = "floor"
)

// aboveFloor is what a server's CPU time a message is more than the floor's: what the server is to blame for.
func (r *Results) aboveFloor(b *strings.Builder, sum *summary) {
	floor := valuesOf(r.runsOf(sum.Scenario, floorName), client.CPU)
	var parts []string
	for _, st := range sum.Servers {
		var list []float64
		for round, v := range valuesOf(r.runsOf(sum.Scenario, st.Server), client.CPU) {
			if f, ok := floor[round]; ok && st.Server != floorName {
				list = append(list, v-f)
			}
		}
		if len(list) > 0 {
			parts = append(parts, fmt.Sprintf("%s %+.2f us", st.Server, spreadOf(list).Median))
		}
	}
	if len(parts) > 0 {
		fmt.Fprintf(b, "\nCPU each, compared with the floor's in the same round: %s\n", strings.Join(parts, ", "))
	}
}

// afterStuck is how much later the others are because of the stuck ones.
func (r *Results) afterStuck(b *strings.Builder, sum *summary) {
	var parts []string
	for _, st := range sum.Servers {
		list := ratios(valuesOf(r.runsOf(sum.Scenario, st.Server), client.P99), valuesOf(r.runsOf(notStuck, st.Server), client.P99))
		if len(list) > 0 {
			i := intervalOf(list)
			parts = append(parts, fmt.Sprintf("%s %.2f%s", st.Server, i.Median, sureness(i)))
		}
	}
	if len(parts) > 0 {
		fmt.Fprintf(b, "\np99 of the others, as a multiple of that without stuck clients: %s\n", strings.Join(parts, ", "))
	}
}

func (r *Results) hubTable(b *strings.Builder) {
	if len(r.Hubs) == 0 {
		return
	}
	b.WriteString("\n## hub: the hub alone, without a network\n\n")
	row(b, "uids", "bind, us", "push, us", "unbind, us", "longest single call", "CPU of the collector", "longest pause", "bytes a uid")
	row(b, "---:", "---:", "---:", "---:", "---:", "---:", "---:", "---:")
	for _, h := range r.Hubs {
		row(b, thousands(float64(h.UIDs)), plain(h.Bind), plain(h.Push), plain(h.Unbind), duration(h.Longest),
			fmt.Sprintf("%.1f s of %.1f s", h.CollectorCPU, h.CPU), duration(h.LongestPause), thousands(h.BytesPerUID))
	}
}
