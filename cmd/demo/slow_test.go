//go:build linux

package main

import (
	"testing"

	"fanloop/engine"
)

func TestSlowPolicies(t *testing.T) {
	for i, name := range slowPolicies {
		s := server{options: options{slow: name}}
		if got := s.listenOptions().Slow; got != engine.SlowPolicy(i) || got.String() != string(name) {
			t.Errorf("-slow %s is %v", name, got)
		}
	}
	if next := engine.SlowPolicy(len(slowPolicies)); next.UnmarshalText([]byte(next.String())) == nil {
		t.Errorf("-slow does not know %v", next)
	}
}
