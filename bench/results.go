//go:build linux

package main

import (
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"time"

	"fanloop/bench/hubalone"
)

// Results are everything that is known of a run of the bench, as results.json has it.
type Results struct {
	Command string
	Commit  string
	Started time.Time
	Machine machine
	Servers []*contestant
	Plan    []scenario
	Summary []summary
	Hubs    []hubalone.Result `json:",omitempty"`
	Runs    []round
	plan    []scenario
}

func newResults(ctx context.Context, command, root string, servers []*contestant) *Results {
	return &Results{
		Command: command, Commit: commitOf(ctx, root), Started: time.Now().UTC().Truncate(time.Second),
		Machine: thisMachine(), Servers: servers,
	}
}

// begin notes the plan and returns how many runs that will be.
func (r *Results) begin(plan []scenario, servers []*contestant) (total int) {
	r.plan, r.Plan = plan, plan
	for _, s := range plan {
		total += s.Rounds * len(servers)
	}
	return total
}

// whole tells whether nothing was lost or failed.
func (r *Results) whole() bool {
	for i := range r.Runs {
		if !r.Runs[i].Whole() {
			return false
		}
	}
	return true
}

// write puts the results into a folder; "" is nowhere.
func (r *Results) write(folder string) error {
	if folder == "" {
		return nil
	}
	if err := os.MkdirAll(folder, 0o755); err != nil {
		return err
	}
	text, err := json.MarshalIndent(r, "", " ")
	if err != nil {
		return err
	}
	for name, content := range map[string][]byte{
		"results.json": append(text, '\n'), "results.md": []byte(r.table()), "results.svg": []byte(r.picture()),
	} {
		if err := os.WriteFile(filepath.Join(folder, name), content, 0o644); err != nil {
			return err
		}
	}
	return nil
}
