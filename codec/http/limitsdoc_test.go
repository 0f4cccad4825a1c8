//go:build linux

package http

import (
	"testing"

	"fanloop/internal/limits"
)

func TestLimitsAreDocumented(t *testing.T) {
	var s Server
	var head Limits
	var e Events
	limits.Check(t, "http", map[string]string{
		"Limits.RequestLine":   limits.Bytes(head.requestLine()),
		"Limits.Head":          limits.Bytes(head.head()),
		"Limits.Fields":        limits.Count(head.fields()),
		"Server.HeadTimeout":   limits.Period(s.headTimeout()),
		"Server.MaxBody":       limits.Bytes(s.maxBody()),
		"Server.BodyTimeout":   limits.Period(s.bodyTimeout()),
		"Server.MinBodyRate":   limits.Count(s.bodyQuota() / int(s.bodyTimeout().Seconds())),
		"Server.IdleTimeout":   limits.Period(s.idleTimeout()),
		"Server.MaxPipelined":  limits.Count(s.maxPipelined()),
		"Server.MaxWriteAhead": limits.Bytes(s.maxWriteAhead()),
		"Server.Workers":       limits.Count(s.workers()),
		"Server.QueueLength":   limits.Count(s.queueLength()),
		"Events.Heartbeat":     limits.Period(e.heartbeat()),
		"Events.BindTimeout":   limits.Period(e.BindTimeout),

		"bytes of a line before a chunk":           limits.Bytes(maxChunkLine),
		"bytes of chunk extensions more than data": limits.Bytes(maxExcess),
		"bytes of a body that nobody waits for":    limits.Bytes(maxDiscard),
	})
}
