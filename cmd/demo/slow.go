package main

import (
	"errors"
	"slices"
)

// slowPolicy is what -slow takes: an engine.SlowPolicy, which only Linux has, by its name.
type slowPolicy string

var slowPolicies = []slowPolicy{"close", "drop-newest", "drop-oldest", "conflate"}

func (p slowPolicy) MarshalText() ([]byte, error) { return []byte(p), nil }

func (p *slowPolicy) UnmarshalText(text []byte) error {
	if *p = slowPolicy(text); !slices.Contains(slowPolicies, *p) {
		return errors.New("want close, drop-newest, drop-oldest or conflate")
	}
	return nil
}
