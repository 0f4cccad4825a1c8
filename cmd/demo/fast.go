package main

import (
	"errors"
	"slices"
)

// fastPolicy is what -fast takes: an engine.FastPolicy, which only Linux has, by its name.
type fastPolicy string

var fastPolicies = []fastPolicy{"pause", "close"}

func (p fastPolicy) MarshalText() ([]byte, error) { return []byte(p), nil }

func (p *fastPolicy) UnmarshalText(text []byte) error {
	if *p = fastPolicy(text); !slices.Contains(fastPolicies, *p) {
		return errors.New("want pause or close")
	}
	return nil
}
