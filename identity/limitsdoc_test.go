//go:build linux

package identity

import (
	"testing"

	"fanloop/internal/limits"
)

func TestLimitsAreDocumented(t *testing.T) {
	var d Door
	var v Verifier
	var b Backend
	limits.Check(t, "identity", map[string]string{
		"Door.FirstToken":       limits.Period(d.firstToken()),
		"Verifier.MaxToken":     limits.Bytes(v.maxToken()),
		"Backend.Timeout":       limits.Period(b.timeout()),
		"Backend.MaxConcurrent": limits.Count(b.maxConcurrent()),
		"Backend.MaxWaiting":    limits.Count(b.maxWaiting()),
		"Backend.MaxPerAddress": limits.Count(b.maxPerAddress()),
		"Backend.MaxCached":     limits.Count(b.maxCached()),
	})
}
