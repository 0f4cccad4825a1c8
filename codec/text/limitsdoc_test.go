//go:build linux

package text

import (
	"testing"

	"fanloop/internal/limits"
)

func TestLimitsAreDocumented(t *testing.T) {
	var s Server
	var d Decoder
	limits.Check(t, "text", map[string]string{
		"Server.MaxLine":     limits.Bytes(d.limit()),
		"Server.IdleTimeout": limits.Period(s.idleTimeout()),
		"Server.AuthTimeout": limits.Period(s.authTimeout()),

		"bytes of a line before that":                limits.Bytes(maxAuthLine),
		"lines that wait for an answer that is owed": limits.Count(maxOwed),
	})
}
