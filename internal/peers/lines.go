package peers

import (
	"bytes"
	"strings"
	"sync"
	"testing"
	"time"
)

// Lines collects what a program prints, so that a test can wait for a line. Any goroutine may use it.
type Lines struct {
	mu      sync.Mutex
	text    bytes.Buffer
	changed chan struct{} // closed by the next Write
}

// NewLines returns one with nothing in it.
func NewLines() *Lines { return &Lines{changed: make(chan struct{})} }

// Write takes what is printed.
func (l *Lines) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.text.Write(p)
	close(l.changed)
	l.changed = make(chan struct{})
	return len(p), nil
}

// String is everything so far.
func (l *Lines) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}

// Holding are the whole lines so far that hold part.
func (l *Lines) Holding(part string) (found []string) {
	text := l.String()
	for line := range strings.Lines(text) {
		if strings.HasSuffix(line, "\n") && strings.Contains(line, part) {
			found = append(found, strings.TrimSuffix(line, "\n"))
		}
	}
	return found
}

// Await waits until n lines hold part, and returns the last of them.
func (l *Lines) Await(t testing.TB, part string, n int) string {
	t.Helper()
	timeout := time.After(Bound)
	for {
		changed := l.Changed()
		if found := l.Holding(part); len(found) >= n {
			return found[n-1]
		}
		select {
		case <-changed:
		case <-timeout:
			t.Fatalf("%d lines with %q were not printed; so far:\n%s", n, part, l)
		}
	}
}

// Changed returns a channel that is closed when more is printed. A test that looks at several Lines asks for it before it looks.
func (l *Lines) Changed() <-chan struct{} {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.changed
}
