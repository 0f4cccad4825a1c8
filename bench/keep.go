//go:build linux

package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
)

// keep takes over what earlier sittings have left in a folder. Nothing is there the first time.
func (r *Results) keep(folder string) error {
	text, err := os.ReadFile(filepath.Join(folder, resultsFile))
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	var old Results
	if err := json.Unmarshal(text, &old); err != nil {
		return fmt.Errorf("%s in %s: %w", resultsFile, folder, err)
	}
	if old.Machine != r.Machine {
		return fmt.Errorf("%s was measured on another machine or with another Go: %s", folder, old.Machine)
	}
	for _, c := range old.Servers {
		if err := r.keepServer(c); err != nil {
			return fmt.Errorf("%s: %w", folder, err)
		}
	}
	slices.SortStableFunc(r.Servers, func(a, b *contestant) int { return a.place() - b.place() })
	r.Sittings = append(old.Sittings, r.Sittings...)
	r.Plan, r.Runs, r.Hubs, r.HubsIn = old.Plan, old.Runs, old.Hubs, old.HubsIn
	return nil
}

// keepServer refuses to set side by side what two versions of a rival have shown.
func (r *Results) keepServer(old *contestant) error {
	i := slices.IndexFunc(r.Servers, func(c *contestant) bool { return c.Name == old.Name })
	switch {
	case i < 0:
		r.Servers = append(r.Servers, old)
	case old.Missing != "":
	case r.Servers[i].Missing != "":
		r.Servers[i] = old
	case r.Servers[i].Version != old.Version:
		return fmt.Errorf("%s was measured in version %s, and now is %s", old.Name, old.Version, r.Servers[i].Version)
	}
	return nil
}

// scenarioOrder is that of the tables, by the names on the command line.
var scenarioOrder = []string{"step", "burst", "paced", "one", "many", "echo", "idle", "storm", "stuck", "growth", "http", "sse", "busy"}

func (s *scenario) place() int { return slices.Index(scenarioOrder, s.Flag) }

// serverOrder is ours, the floor, our parts on gnet, and the rivals.
func (c *contestant) place() int {
	switch {
	case c.ours():
		return 0
	case !c.Rival:
		return 1
	}
	return 2
}
