//go:build linux

package main

import (
	"testing"

	"fanloop/bench/client"
)

func TestAskTurns(t *testing.T) {
	for _, test := range []struct {
		script string
		p999   float64
		ok     bool
	}{
		{`echo '{"turn_p99_seconds":0.001,"turn_p999_seconds":0.002,"turn_max_seconds":0.5}'`, 2_000, true},
		{`echo nothing`, 0, false},
		{`exit 1`, 0, false},
	} {
		result := client.Result{Metrics: map[string]float64{}}
		c := &contestant{status: []string{"sh", "-c", test.script}}
		c.askTurns(t.Context(), &result)
		if result.Metrics[turnP999] != test.p999 || (result.Failure == "") != test.ok {
			t.Errorf("%s: %+v", test.script, result)
		}
	}
}
