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
	client.Result
}

// measureAll goes through the plan. In each round every server has its turn, in an order that moves on by one, so that a
// disturbance of the machine does not always meet the same one. The error is the context's.
func measureAll(ctx context.Context, o options, contestants []*contestant, r *Results, progress io.Writer) error {
	p := newProgress(progress, r.begin(plan(&o), present(contestants)))
	for _, s := range r.plan {
		servers := present(contestants)
		for n := range s.Rounds {
			for i := range servers {
				c := servers[(i+n)%len(servers)]
				result := measure(ctx, c, s)
				if ctx.Err() != nil {
					return ctx.Err()
				}
				r.Runs = append(r.Runs, round{s.Name, c.Name, n + 1, result})
				p.done(s, c, n, result)
			}
		}
	}
	return measureHubs(ctx, o, r, progress)
}

func present(all []*contestant) (list []*contestant) {
	for _, c := range all {
		if c.Missing == "" {
			list = append(list, c)
		}
	}
	return list
}

// measure starts a server, lets the client do the job, and ends the server.
func measure(ctx context.Context, c *contestant, s scenario) client.Result {
	ports := []string{job.WebSocket, job.Text}
	if s.Echo {
		ports = ports[:1]
	}
	server, err := start(ctx, c.command(&s), ports...)
	if err != nil {
		return client.Result{Failure: err.Error()}
	}
	defer server.stopped()
	j := s.Job
	j.PID, j.WebSocket, j.Text = server.cmd.Process.Pid, server.ports[job.WebSocket], server.ports[job.Text]
	result, err := inPart[client.Job, client.Result](ctx, partClient, j)
	if err != nil {
		result.Failure = err.Error()
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

func newProgress(out io.Writer, total int) *progress {
	return &progress{out: out, total: total, started: time.Now()}
}

func (p *progress) done(s scenario, c *contestant, round int, result client.Result) {
	p.count++
	left := time.Since(p.started) / time.Duration(p.count) * time.Duration(p.total-p.count)
	verdict := metricOf(s.Headline).show(result.Metrics[s.Headline])
	if !result.Whole() {
		verdict = "FAILED: " + complaint(&result)
	}
	fmt.Fprintf(p.out, "[%d/%d] %-12s round %d  %-10s %s  (%s left)\n", p.count, p.total, s.Name, round+1, c.Name, verdict, left.Round(time.Second))
}

// complaint says what is wrong with a result that is not whole.
func complaint(r *client.Result) string {
	if r.Failure != "" {
		return fmt.Sprintf("%s; %d of %d arrived", r.Failure, r.Received, r.Expected)
	}
	return fmt.Sprintf("%d of %d arrived in order, %d were misplaced, %d connections were closed", r.Received, r.Expected, r.Misplaced, r.Closed)
}
