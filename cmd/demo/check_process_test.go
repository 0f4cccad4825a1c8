//go:build linux

package main

import "testing"

// The exit status tells a wrong configuration from a wrong command line.
func TestCheckExitStatus(t *testing.T) {
	p := launch(t, "check", "-listen", "text://127.0.0.1:0")
	p.wantExit(0)
	if got := p.stdout.String(); got != "ok: it would listen on\n  text://127.0.0.1:0\n" {
		t.Errorf("check prints %q", got)
	}
	file := writeConfig(t, "loops = 0", "sinlge = true")
	p = launch(t, "check", "-config", file)
	p.wantExit(1)
	want := "fanloop: " + file + ":1: loops: want a number from 1 to 1024\nfanloop: " + file + ":2: sinlge: there is no such key\n"
	if p.stderr.String() != want || p.stdout.String() != "" {
		t.Errorf("check prints %q, %q", p.stderr, p.stdout)
	}
	p = launch(t, "check", "-loops", "0")
	p.wantExit(2)
	failWith(t, []string{"start", "-listen", "text://127.0.0.1:0", "-config", writeConfig(t, "loops = 0")}, ":1: loops: want a number from 1 to 1024")
}
