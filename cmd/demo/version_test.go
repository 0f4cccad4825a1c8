package main

import (
	"runtime/debug"
	"strings"
	"testing"
)

func TestVersionOf(t *testing.T) {
	commit := debug.BuildSetting{Key: "vcs.revision", Value: "0123abcd"}
	tests := []struct {
		module   string
		settings []debug.BuildSetting
		want     string
	}{
		{"v1.2.3", nil, "v1.2.3"},
		{"v0.0.0-20261122000000-0123abcd0123", []debug.BuildSetting{commit}, "v0.0.0-20261122000000-0123abcd0123"},
		{"(devel)", nil, "(devel)"},
		{"", nil, "(devel)"},
		{"(devel)", []debug.BuildSetting{commit}, "(devel) 0123abcd"},
		{"", []debug.BuildSetting{commit, {Key: "vcs.modified", Value: "false"}}, "(devel) 0123abcd"},
		{"", []debug.BuildSetting{commit, {Key: "vcs.modified", Value: "true"}}, "(devel) 0123abcd modified"},
	}
	for _, test := range tests {
		info := &debug.BuildInfo{Main: debug.Module{Version: test.module}, Settings: test.settings}
		if got := versionOf(info); got != test.want {
			t.Errorf("%q, %v: got %q, want %q", test.module, test.settings, got, test.want)
		}
	}
}

func TestVersionFlag(t *testing.T) {
	var stdout, stderr strings.Builder
	err := run([]string{"-version"}, &stdout, &stderr)
	if want := "fanloop " + version() + " go1."; err != nil || !strings.HasPrefix(stdout.String(), want) || stderr.Len() > 0 {
		t.Errorf("got %v, stdout %q, stderr %q, want %q", err, stdout.String(), stderr.String(), want)
	}
}
