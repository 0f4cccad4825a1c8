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
		r.growing(b, sum)
	case strings.HasPrefix(sum.Scenario, "stuck") && sum.Scenario != notStuck:
		r.afterStuck(b, sum)
	case sum.Scenario == "sse":
		r.besideWebSocket(b, sum)
	}
}

const (
	notStuck  = "stuck 0"
	floorName = "floor"
)

// aboveFloor is what a server's CPU time a message is more than the floor's: what the server is to blame for.
func (r *Results) aboveFloor(b *strings.Builder, sum *summary) {
	var parts []string
	for _, st := range sum.Servers {
		if more, ok := r.moreThanFloor(sum.Scenario, st.Server); ok {
			parts = append(parts, fmt.Sprintf("%s %+.2f us", st.Server, more))
		}
	}
	if len(parts) > 0 {
		fmt.Fprintf(b, "\nCPU each, compared with the floor's in the same round: %s\n", strings.Join(parts, ", "))
	}
}

func (r *Results) moreThanFloor(scenario, server string) (median float64, ok bool) {
	floor := valuesOf(r.runsOf(scenario, floorName), client.CPU)
	var list []float64
	for round, v := range valuesOf(r.runsOf(scenario, server), client.CPU) {
		if f, ok := floor[round]; ok && server != floorName {
			list = append(list, v-f)
		}
	}
	if len(list) == 0 {
		return 0, false
	}
	return spreadOf(list).Median, true
}

// growing stands below the last of the growth scenarios: how flat ours is over all of them, compared with the floor.
func (r *Results) growing(b *strings.Builder, sum *summary) {
	var list []float64
	last := ""
	for i := range r.Plan {
		if s := &r.Plan[i]; s.Flag == "growth" {
			last = s.Name
			if more, ok := r.moreThanFloor(s.Name, ourName); ok {
				list = append(list, more)
			}
		}
	}
	if sum.Scenario == last && len(list) > 1 {
		span := spreadOf(list)
		fmt.Fprintf(b, "\nWhat %s's is more than the floor's differs by %.2f us over these numbers of connections.\n", ourName, span.Max-span.Min)
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

// besideWebSocket is what Server-Sent Events are to the same broadcasts by WebSocket.
func (r *Results) besideWebSocket(b *strings.Builder, sum *summary) {
	var parts []string
	for _, m := range []metric{metricOf(client.Rate), metricOf(client.CPU), metricOf(client.P99)} {
		list := ratios(valuesOf(r.runsOf(sum.Scenario, ourName), m.name), valuesOf(r.runsOf(sum.Scenario, ourWebSocket), m.name))
		if len(list) > 0 {
			i := intervalOf(list)
			parts = append(parts, fmt.Sprintf("%s %.2f%s", m.label, i.Median, sureness(i)))
		}
	}
	if len(parts) > 0 {
		fmt.Fprintf(b, "\nOur events, as a multiple of our WebSockets: %s\n", strings.Join(parts, ", "))
	}
}

func (r *Results) hubTable(b *strings.Builder) {
	if len(r.Hubs) == 0 {
		return
	}
	fmt.Fprintf(b, "\n## hub: the hub alone, without a network%s\n\n", r.sittingOf(r.HubsIn))
	row(b, "uids", "bind, us", "push, us", "unbind, us", "longest single call", "CPU of the collector", "longest pause", "bytes a uid")
	row(b, "---:", "---:", "---:", "---:", "---:", "---:", "---:", "---:")
	for _, h := range r.Hubs {
		row(b, thousands(float64(h.UIDs)), plain(h.Bind), plain(h.Push), plain(h.Unbind), duration(h.Longest),
			fmt.Sprintf("%.1f s of %.1f s", h.CollectorCPU, h.CPU), duration(h.LongestPause), thousands(h.BytesPerUID))
	}
}
