//go:build linux

package main

import (
	"strings"
	"testing"

	"fanloop/bench/client"
)

// TestKeep measures another scenario, and one again, into a folder that has three.
func TestKeep(t *testing.T) {
	folder := t.TempDir()
	if err := sample().write(folder); err != nil {
		t.Fatal(err)
	}
	r := &Results{Sittings: []sitting{{Command: "again", Commit: "abc"}}, Servers: []*contestant{{Name: "three", Rival: true}, {Name: ourName}}}
	if err := r.keep(folder); err != nil {
		t.Fatal(err)
	}
	o, err := parseOptions([]string{"-scenarios", "step,http", "-http-connections", "7"}, nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range plan(&o) {
		r.start(s)
		r.Runs = append(r.Runs, round{s.Name, ourName, 1, 1, client.Result{Metrics: map[string]float64{client.Rate: 7, client.PerCPU: 8}}})
	}
	if err := r.write(folder); err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, s := range r.Plan {
		names = append(names, s.Name)
	}
	if got := strings.Join(names, ","); got != "step,stuck 0,stuck 500,growth 1000,growth 5000,growth 15000,http 7,http 7 x16" {
		t.Error(got)
	}
	table := r.table()
	for _, want := range []string{"1. `go run ./bench`", "2. `again`, commit abc", "answered (run 2)", "of which never read (run 1)", "| three |", "| fanloop (1 of 3 rounds) | 7 |"} {
		if !strings.Contains(table, want) {
			t.Errorf("the table lacks %q:\n%s", want, table)
		}
	}
	if len(r.runsOf("step", "one")) != 0 || len(r.runsOf("stuck 0", "one")) != 3 {
		t.Error("what was measured again is not replaced, or what was not is gone")
	}
}

// TestKeepRefuses: what cannot be compared does not stand side by side.
func TestKeepRefuses(t *testing.T) {
	folder := t.TempDir()
	if err := sample().write(folder); err != nil {
		t.Fatal(err)
	}
	if err := (&Results{Machine: machine{Cores: 99}}).keep(folder); err == nil {
		t.Error("two machines in one file")
	}
	if err := (&Results{Servers: []*contestant{{Name: "one", Version: "2"}}}).keep(folder); err == nil {
		t.Error("two versions of a rival in one file")
	}
	if err := (&Results{}).keep(t.TempDir()); err != nil {
		t.Error(err)
	}
}
