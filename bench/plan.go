//go:build linux

package main

import (
	"fmt"

	"fanloop/bench/client"
)

// A scenario is one kind of job, done by each server in each round.
type scenario struct {
	Name     string
	Flag     string // its name, or that of its group, on the command line
	Sitting  int    // in which it was measured
	Title    string
	Rounds   int
	Job      client.Job // without the server's addresses
	Kind     string     // what the servers are to do: see contestant
	Shed     bool       // the servers may close clients whose queue is full
	Headline string     // the metric of the progress line and of the picture
	Columns  []string   // the metrics of the table
	Picture  bool
}

// What tables show of a run that is as fast as it can be, and of one that is far from it.
var (
	throughput = []string{client.Rate, client.CPU, client.P50, client.P99, client.P999, client.Max, client.RSSPeak, client.RSSPerConn}
	lateness   = []string{client.CPU, client.P50, client.P99, client.P999, client.Max, client.RSSPerConn}
)

// plan makes the scenarios that the options ask for.
func plan(o *options) (all []scenario) {
	o.broadcastScenarios(&all)
	o.pushScenarios(&all)
	o.connectionScenarios(&all)
	o.growthScenarios(&all)
	o.httpScenarios(&all)
	o.tlsScenarios(&all)
	return all
}

// add fills in what is common to all jobs.
func (o *options) add(all *[]scenario, flag string, s scenario) {
	if !o.scenarios.has(flag) {
		return
	}
	s.Flag = flag
	if s.Kind == "" {
		s.Kind = kindPush
	}
	if s.Rounds == 0 {
		s.Rounds = o.rounds
	}
	if s.Job.Size == 0 {
		s.Job.Size = o.size
	}
	s.Job.Parallel, s.Job.Patience, s.Job.Settle, s.Job.Rest = o.parallel, o.patience, o.settle, o.rest
	*all = append(*all, s)
}

func (o *options) broadcastScenarios(all *[]scenario) {
	n := o.connections
	o.add(all, "step", scenario{
		Name: "step", Headline: client.Rate, Columns: throughput, Picture: true,
		Title: fmt.Sprintf("%d broadcasts to %d, each sent when the one before was answered", o.stepMessages, n),
		Job:   client.Job{Scenario: client.Step, Connections: n, Messages: o.stepMessages},
	})
	o.add(all, "burst", scenario{
		Name: "burst", Headline: client.Rate, Columns: throughput, Picture: true,
		Title: fmt.Sprintf("%d broadcasts to %d, all sent at once", o.burstMessages, n),
		Job:   client.Job{Scenario: client.Burst, Connections: n, Messages: o.burstMessages},
	})
	o.add(all, "paced", scenario{
		Name: "paced", Headline: client.P50, Columns: lateness, Picture: true, Rounds: o.pairedRounds,
		Title: fmt.Sprintf("%g broadcasts a second to %d", o.pacedRate, n),
		Job:   client.Job{Scenario: client.Paced, Connections: n, Messages: o.pacedMessages, Rate: o.pacedRate},
	})
}

func (o *options) pushScenarios(all *[]scenario) {
	o.add(all, "one", scenario{
		Name: "one", Headline: client.P50, Columns: append(lateness[:len(lateness):len(lateness)], client.AnswerP50, client.AnswerP99), Picture: true,
		Rounds: o.pairedRounds,
		Title:  fmt.Sprintf("one push at a time, %d connections", o.oneConnections),
		Job:    client.Job{Scenario: client.One, Connections: o.oneConnections, Messages: o.oneMessages},
	})
	o.add(all, "many", scenario{
		Name: "many", Headline: client.Rate, Columns: throughput, Picture: true,
		Title: fmt.Sprintf("%d pushes to random uids of %d, pipelined", o.manyMessages, o.connections),
		Job:   client.Job{Scenario: client.Many, Connections: o.connections, Messages: o.manyMessages, Window: o.manyWindow},
	})
	o.add(all, "echo", scenario{
		Name: "echo", Headline: client.PerCPU, Columns: append([]string{client.PerCPU}, throughput...), Picture: true, Kind: kindEcho,
		Title: fmt.Sprintf("echo of %d bytes on %d connections", o.echoSize, o.echoConnections),
		Job:   client.Job{Scenario: client.Echo, Connections: o.echoConnections, Messages: o.echoMessages, Size: o.echoSize},
	})
}

func (o *options) connectionScenarios(all *[]scenario) {
	o.add(all, "idle", scenario{
		Name: "idle", Headline: client.RSSPerConn, Columns: []string{client.RSSPerConn, client.RSSPeak}, Picture: true,
		Title: fmt.Sprintf("%d bound connections that do nothing", o.idleConnections),
		Job:   client.Job{Scenario: client.Idle, Connections: o.idleConnections},
	})
	o.add(all, "storm", scenario{
		Name: "storm", Headline: client.Rate, Picture: true,
		Columns: []string{client.Rate, client.ReRate, client.CPU, client.P50, client.P99, client.Max, client.RSSPeak},
		Title:   fmt.Sprintf("%d connect, are cut off, connect again", o.stormConnections),
		Job:     client.Job{Scenario: client.Storm, Connections: o.stormConnections},
	})
	for _, stuck := range []int{0, o.stuck} {
		o.add(all, "stuck", scenario{
			Name: fmt.Sprintf("stuck %d", stuck), Headline: client.P99, Shed: true,
			Columns: append(lateness[:len(lateness):len(lateness)], client.RSSPeak, client.StuckRSSPeak, client.StuckCut),
			Title:   fmt.Sprintf("%g broadcasts a second to %d, %d of which never read", o.pacedRate, o.connections, stuck),
			Job: client.Job{
				Scenario: client.Stuck, Connections: o.connections, Messages: o.stuckMessages, Rate: o.pacedRate, Stuck: stuck, Fill: o.stuckFill,
			},
		})
	}
}

func (o *options) growthScenarios(all *[]scenario) {
	for _, n := range o.growth {
		o.add(all, "growth", scenario{
			Name: fmt.Sprintf("growth %d", n), Headline: client.CPU, Columns: lateness,
			Title: fmt.Sprintf("%g broadcasts a second to %d", o.growthRate, n),
			Job:   client.Job{Scenario: client.Paced, Connections: n, Messages: o.growthMessages, Rate: o.growthRate},
		})
	}
}
