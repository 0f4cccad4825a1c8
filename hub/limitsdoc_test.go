package hub

import (
	"testing"

	"fanloop/internal/limits"
)

func TestLimitsAreDocumented(t *testing.T) {
	o := Options{}.withDefaults()
	limits.Check(t, "hub", map[string]string{
		"Options.MaxName":    limits.Count(o.MaxName) + " bytes",
		"Options.MaxGroups":  limits.Count(o.MaxGroups),
		"Options.MaxMessage": limits.Bytes(o.MaxMessage),
		"Options.MaxTargets": limits.Count(o.MaxTargets),

		"entries of a page of a list": limits.Count(maxPage),
	})
}
