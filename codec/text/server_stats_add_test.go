//go:build linux

package text

import (
	"testing"

	"fanloop/internal/sums"
)

// Every field of another server's counts.
func TestStatsAdd(t *testing.T) { sums.Check(t, (*Stats).Add) }
