//go:build linux

package client

import (
	"os"
	"testing"
)

func TestServerFigures(t *testing.T) {
	s := newServer(os.Getpid())
	before := s.cpu()
	for s.cpu() == before { // until this process has used some more
	}
	if now, peak := s.rss(residentNow), s.rss(residentPeak); now < 1<<20 || peak < now/2 { // the kernel's sums are near, not exact
		t.Errorf("%v bytes now, %v at most", now, peak)
	}
	if ownCPU() < before {
		t.Errorf("own CPU %v is less than %v before", ownCPU(), before)
	}
}

func TestNoServer(t *testing.T) {
	if s := newServer(0); s.cpu() != 0 || s.rss(residentNow) != 0 {
		t.Error("figures of no process")
	}
}
