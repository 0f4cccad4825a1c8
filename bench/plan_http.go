//go:build linux

package main

import (
	"fmt"

	"fanloop/bench/client"
)

func (o *options) httpScenarios(all *[]scenario) {
	for _, pipeline := range []int{1, o.httpPipeline} {
		for _, n := range o.httpConnections {
			o.plaintextScenario(all, n, pipeline)
		}
	}
	o.add(all, "sse", scenario{
		Name: "sse", Headline: client.Rate, Columns: throughput, Picture: true, Kind: kindEvents,
		Title: fmt.Sprintf("step with Server-Sent Events: %d broadcasts to %d", o.stepMessages, o.connections),
		Job:   client.Job{Scenario: client.Step, Connections: o.connections, Messages: o.stepMessages, Events: true},
	})
	o.add(all, "busy", scenario{
		Name: "busy", Headline: client.P50, Columns: []string{client.P50, client.P99, client.P999, client.Max, client.AnswerP50, client.AnswerP99, client.Burns},
		Picture: true, Kind: kindBusy,
		Title: fmt.Sprintf("one push at a time, while %d net/http handlers use the CPU", o.burners),
		Job:   client.Job{Scenario: client.Busy, Connections: o.oneConnections, Messages: o.busyMessages, Burners: o.burners},
	})
}

func (o *options) plaintextScenario(all *[]scenario, connections, pipeline int) {
	s := scenario{
		Name: fmt.Sprintf("http %d", connections), Kind: kindHTTP, Headline: client.PerCPU, Picture: true,
		Columns: []string{client.PerCPU, client.Rate, client.CPU, client.P50, client.P99, client.P999, client.Max, client.RSSPeak},
		Title:   fmt.Sprintf("plaintext on %d connections kept alive", connections),
		Job:     client.Job{Scenario: client.HTTP, Connections: connections, Seconds: o.httpSeconds, Pipeline: pipeline},
	}
	if pipeline > 1 {
		s.Name += fmt.Sprintf(" x%d", pipeline)
		s.Title += fmt.Sprintf(", %d requests at once on each", pipeline)
	}
	o.add(all, "http", s)
}
