//go:build linux

package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os/exec"
	"strings"
	"time"

	"fanloop/bench/client"
)

// Names of what our server tells of the turns of its loops: how long a loop worked between one look at its sockets and the next, from
// its start to the end of the job, connecting included.
const (
	turnP99  = "turn_p99_us"
	turnP999 = "turn_p999_us"
	turnMax  = "turn_max_us"
)

// askTime is how long the status of a server may take.
const askTime = 20 * time.Second

// askTurns adds what a server tells of its turns to a result. A server that has no such status tells nothing.
func (c *contestant) askTurns(ctx context.Context, result *client.Result) {
	if c.status == nil || result.Metrics == nil {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, askTime)
	defer cancel()
	cmd := exec.CommandContext(ctx, c.status[0], c.status[1:]...)
	tie(cmd)
	out, err := cmd.Output()
	if err == nil {
		err = addTurns(out, result.Metrics)
	}
	if err != nil && result.Failure == "" {
		result.Failure = fmt.Sprintf("status: %v", err)
	}
}

func addTurns(status []byte, metrics map[string]float64) error {
	var s struct {
		P99  float64 `json:"turn_p99_seconds"`
		P999 float64 `json:"turn_p999_seconds"`
		Max  float64 `json:"turn_max_seconds"`
	}
	if err := json.Unmarshal(status, &s); err != nil {
		return err
	}
	metrics[turnP99], metrics[turnP999], metrics[turnMax] = s.P99*1e6, s.P999*1e6, s.Max*1e6
	return nil
}

// turns is a line below a scenario's table: the median of the rounds, and the worst of them.
func (r *Results) turns(b *strings.Builder, sum *summary) {
	var parts []string
	for _, st := range sum.Servers {
		if v, ok := st.Metrics[turnP999]; ok {
			parts = append(parts, fmt.Sprintf("%s p99 %s, p99.9 %s, the longest %s",
				st.Server, duration(st.Metrics[turnP99].Median), duration(v.Median), duration(st.Metrics[turnMax].Max)))
		}
	}
	if len(parts) > 0 {
		fmt.Fprintf(b, "\nA turn of a loop, from the server's start on: %s\n", strings.Join(parts, "; "))
	}
}
