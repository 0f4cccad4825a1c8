//go:build linux

package main

import (
	"context"
	"fmt"
	"io"
	"time"

	"fanloop/bench/client"
	"fanloop/bench/hubalone"
	"fanloop/bench/servers/job"
)

// A round is one measurement of one server, as it stands in results.json.
type round struct {
	Scenario string
	Server   string
	Round    int
	Took     float64 // seconds, with starting, connecting and ending
	client.Result
}

// measureAll goes through the plan. In each round every server has its turn, in an order that moves on by one, so that a
// disturbance of the machine does not always meet the same one. After each scenario the results are written, so that a run that
// is interrupted has those. The error is the context's, or that of writing.
func measureAll(ctx context.Context, o options, contestants []*contestant, r *Results, progress io.Writer) error {
	todo := plan(&o)
	p := newProgress(progress, todo, contestants)
	for _, s := range todo {
		m := scenarioRun{o: &o, scenario: s, servers: present(contestants, s.Kind), results: r, progress: p}
		if err := m.rounds(ctx); err != nil {
			return err
		}
		if err := r.write(o.out); err != nil {
			return err
		}
	}
	return measureHubs(ctx, o, r, progress)
}

// A scenarioRun is all rounds of a scenario.
type scenarioRun struct {
	o        *options
	scenario scenario
	servers  []*contestant
	results  *Results
	progress *progress
	slow     map[string]bool // by server: its rounds are long
}

func (m *scenarioRun) rounds(ctx context.Context) error {
	m.slow = map[string]bool{}
	m.results.start(m.scenario)
	for n := range m.scenario.Rounds {
		for i := range m.servers {
			c := m.servers[(i+n)%len(m.servers)]
			if n >= m.o.fewRounds && c.Rival && (m.slow[c.Name] || m.results.isFar(c.Name, &m.scenario, m.o.far)) {
				m.progress.skip()
				continue
			}
			begun := time.Now()
			result := measure(ctx, c, m.scenario)
			if ctx.Err() != nil {
				return ctx.Err()
			}
			took := time.Since(begun).Seconds()
			m.slow[c.Name] = m.slow[c.Name] || took > m.o.slow
			m.results.Runs = append(m.results.Runs, round{m.scenario.Name, c.Name, n + 1, took, result})
			m.progress.done(m.scenario, c, n, result)
		}
	}
	return nil
}

// present are those that do a kind of job.
func present(all []*contestant, kind string) (list []*contestant) {
	for _, c := range all {
		if c.Missing == "" && c.commands[kind] != nil {
			list = append(list, c)
		}
	}
	return list
}

// measure starts a server, lets the client do the job, and ends the server.
func measure(ctx context.Context, c *contestant, s scenario) client.Result {
	server, err := start(ctx, c.command(&s), c.ports(s.Kind)...)
	if err != nil {
		return client.Result{Failure: err.Error()}
	}
	defer server.stopped()
	j := s.Job
	j.PID, j.WebSocket, j.Text, j.HTTP = server.cmd.Process.Pid, server.pages(), server.ports[job.Text], server.ports[job.HTTP]
	j.Events = j.Events && !c.webSocket
	result, err := inPart[client.Job, client.Result](ctx, partClient, j)
	if err != nil {
		result.Failure = err.Error()
	}
	if s.Kind == kindPush || s.Kind == kindTLS {
		c.askTurns(ctx, &result)
	}
	if text := server.complaints.String(); result.Failure != "" && text != "" {
		result.Failure += " (the server says: " + text + ")"
	}
	return result
}

// hubPushes is how many pushes are timed.
const hubPushes = 2_000_000

// measureHubs measures the hub without a network.
func measureHubs(ctx context.Context, o options, r *Results, progress io.Writer) error {
	if !o.scenarios.has("hub") {
		return nil
	}
	r.Hubs, r.HubsIn = nil, len(r.Sittings)-1
	for _, n := range o.hubUIDs {
		fmt.Fprintf(progress, "the hub alone with %d uids\n", n)
		result, err := inPart[hubalone.Job, hubalone.Result](ctx, partHub, hubalone.Job{UIDs: n, Pushes: hubPushes})
		if err != nil {
			return err
		}
		r.Hubs = append(r.Hubs, result)
	}
	return nil
}

// A progress says what was measured, and how long the rest will take.
type progress struct {
	out     io.Writer
	total   int
	count   int
	started time.Time
}

func newProgress(out io.Writer, todo []scenario, contestants []*contestant) *progress {
	p := &progress{out: out, started: time.Now()}
	for _, s := range todo {
		p.total += s.Rounds * len(present(contestants, s.Kind))
	}
	return p
}

func (p *progress) skip() { p.total-- }

func (p *progress) done(s scenario, c *contestant, round int, result client.Result) {
	p.count++
	spent := time.Since(p.started)
	left := spent / time.Duration(p.count) * time.Duration(p.total-p.count)
	verdict := metricOf(s.Headline).show(result.Metrics[s.Headline])
	if !result.Whole() {
		verdict = "FAILED: " + complaint(&result)
	}
	fmt.Fprintf(p.out, "[%d/%d] %-12s round %d  %-13s %s  (%s, %s left)\n",
		p.count, p.total, s.Name, round+1, c.Name, verdict, spent.Round(time.Second), left.Round(time.Second))
}

// complaint says what is wrong with a result that is not whole.
func complaint(r *client.Result) string {
	if r.Failure != "" {
		return fmt.Sprintf("%s; %d of %d arrived", r.Failure, r.Received, r.Expected)
	}
	return fmt.Sprintf("%d of %d arrived in order, %d were misplaced, %d connections were closed", r.Received, r.Expected, r.Misplaced, r.Closed)
}
