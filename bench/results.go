//go:build linux

package main

import (
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"time"

	"fanloop/bench/hubalone"
)

// Results are everything that is known of one run of the bench, or of several that were kept in one folder, as results.json has it.
type Results struct {
	Machine  machine
	Sittings []sitting
	Servers  []*contestant
	Plan     []scenario
	Summary  []summary
	Hubs     []hubalone.Result `json:",omitempty"`
	HubsIn   int               // the sitting in which they were measured
	Runs     []round
}

// A sitting is one run of the bench.
type sitting struct {
	Command string
	Commit  string
	Started time.Time
	Seconds float64
}

// newResults begins a sitting.
func newResults(ctx context.Context, command, root string, servers []*contestant) *Results {
	now := sitting{Command: command, Commit: commitOf(ctx, root), Started: time.Now().UTC().Truncate(time.Second)}
	return &Results{Machine: thisMachine(), Sittings: []sitting{now}, Servers: servers}
}

// start begins a scenario of the last sitting; what an earlier one has measured of it goes.
func (r *Results) start(s scenario) {
	s.Sitting = len(r.Sittings) - 1
	r.Plan = append(slices.DeleteFunc(r.Plan, func(old scenario) bool { return old.Name == s.Name }), s)
	slices.SortStableFunc(r.Plan, func(a, b scenario) int { return a.place() - b.place() })
	r.Runs = slices.DeleteFunc(r.Runs, func(old round) bool { return old.Scenario == s.Name })
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

// Names of the files with results.
const (
	resultsFile = "results.json"
	tableFile   = "results.md"
	pictureFile = "results.svg"
)

// write puts the results into a folder; "" is nowhere.
func (r *Results) write(folder string) error {
	now := &r.Sittings[len(r.Sittings)-1]
	now.Seconds = time.Since(now.Started).Seconds()
	r.summarize()
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
		resultsFile: append(text, '\n'), tableFile: []byte(r.table()), pictureFile: []byte(r.picture()),
	} {
		if err := os.WriteFile(filepath.Join(folder, name), content, 0o644); err != nil {
			return err
		}
	}
	return nil
}
