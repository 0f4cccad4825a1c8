package hubapi

import (
	"testing"

	"fanloop/internal/limits"
)

func TestLimitsAreDocumented(t *testing.T) {
	limits.Check(t, "hubapi", map[string]string{
		"bytes of a plain line":                         limits.Bytes(maxLine),
		"bytes of a command":                            limits.Bytes(maxCommand),
		"uids or groups in one list":                    limits.Count(maxNames),
		"pushes of a batch":                             limits.Count(maxBatch),
		"entries of a page of a list that is asked for": limits.Count(maxPage),
		"bytes of a message's key":                      limits.Count(maxKey) + " bytes",
	})
}
