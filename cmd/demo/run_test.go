package main

import (
	"errors"
	"io"
	"strings"
	"testing"
)

func TestHelpGoesToStdout(t *testing.T) {
	var stdout, stderr strings.Builder
	if err := run([]string{"-h"}, &stdout, &stderr); err != nil || stdout.String() != usage || stderr.Len() > 0 {
		t.Errorf("got %v, stdout %q, stderr %q", err, stdout.String(), stderr.String())
	}
}

func TestRunSaysWhatIsWrongOnce(t *testing.T) {
	var stdout, stderr strings.Builder
	err := run([]string{"-nonsense"}, &stdout, &stderr)
	if err == nil || err.Error() != "flag provided but not defined: -nonsense (-h tells the flags)" {
		t.Errorf("got %v", err)
	}
	if stdout.Len()+stderr.Len() > 0 {
		t.Errorf("run printed itself: %q, %q", stdout.String(), stderr.String())
	}
}

// closedWriter is a stdout that nobody reads.
type closedWriter struct{}

func (closedWriter) Write([]byte) (int, error) { return 0, io.ErrClosedPipe }

func TestHelpWithoutReader(t *testing.T) {
	if err := run([]string{"-h"}, closedWriter{}, io.Discard); !errors.Is(err, io.ErrClosedPipe) {
		t.Errorf("got %v", err)
	}
}
