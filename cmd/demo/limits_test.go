//go:build linux

package main

import (
	"strings"
	"testing"
)

func TestMemoryFlag(t *testing.T) {
	for said, want := range map[string]struct {
		bytes int
		shown string
	}{"auto": {0, "auto"}, "off": {-1, "off"}, "64MiB": {64 << 20, "64MiB"}, "1000": {1000, "1000"}} {
		bytes := 7
		f := memoryFlag(&bytes)
		if err := f.Set(said); err != nil || bytes != want.bytes || f.String() != want.shown {
			t.Errorf("%q: %v, %d, %q", said, err, bytes, f)
		}
	}
	for _, bad := range []string{"", "0", "-1", "much", "1TiB"} {
		bytes := 7
		if err := memoryFlag(&bytes).Set(bad); err == nil || !strings.HasSuffix(err.Error(), "or off, or auto") || bytes != 7 {
			t.Errorf("%q: %v, %d", bad, err, bytes)
		}
	}
}

// The server has the budget that the command line says.
func TestMaxMemory(t *testing.T) {
	d := start(t, "-max-memory", "64MiB")
	if n := d.server.engine.Stats().MaxMemory; n != 64<<20 {
		t.Errorf("%d bytes", n)
	}
}
