//go:build linux

package main

import "testing"

func TestStormIsOver(t *testing.T) {
	var s storm
	for i, step := range []struct {
		connections int64
		over        bool
	}{
		{0, false},
		{999, false}, {999, false}, // no storm
		{5000, false}, {9000, false}, {9003, true}, {9003, false}, // told once, when it is calm
		{9500, false}, {9500, false}, // too few
		{20, false}, {20, true}, // leaving is a storm too
	} {
		if got := s.over(step.connections); got != step.over {
			t.Errorf("step %d: %d connections: %v, want %v", i, step.connections, got, step.over)
		}
	}
}
