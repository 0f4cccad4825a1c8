//go:build linux

package engine

import (
	"fmt"
	"log/slog"
	"os"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

// eventually waits for something that only a counter or the kernel tells.
func eventually(t testing.TB, what string, happened func() bool) {
	t.Helper()
	for deadline := time.Now().Add(patience); !happened(); runtime.Gosched() {
		if time.Now().After(deadline) {
			t.Fatalf("timed out: %s", what)
		}
	}
}

func textLogger(w *testLog) *slog.Logger { return slog.New(slog.NewTextHandler(w, nil)) }

func wantLogged(t testing.TB, log *testLog, parts ...string) {
	t.Helper()
	for _, part := range parts {
		if !strings.Contains(log.String(), part) {
			t.Errorf("the log does not have %q:\n%s", part, log)
		}
	}
}

// atomicCounts counts things that have small numbers, from any goroutine.
type atomicCounts struct {
	mu     sync.Mutex
	counts []int
}

func (a *atomicCounts) add(i int) {
	a.mu.Lock()
	defer a.mu.Unlock()
	for len(a.counts) <= i {
		a.counts = append(a.counts, 0)
	}
	a.counts[i]++
}

func (a *atomicCounts) is(want ...int) bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	return slices.Equal(a.counts, want)
}

func (a *atomicCounts) String() string {
	a.mu.Lock()
	defer a.mu.Unlock()
	return fmt.Sprint(a.counts)
}

// inTimeWait looks whether a connection of a local TCP port is in TIME_WAIT.
func inTimeWait(t testing.TB, port int) bool {
	t.Helper()
	table, err := os.ReadFile("/proc/net/tcp")
	if err != nil {
		t.Fatal(err)
	}
	const timeWait = "06"
	local := fmt.Sprintf(":%04X", port)
	for line := range strings.Lines(string(table)) {
		if f := strings.Fields(line); strings.HasSuffix(f[1], local) && f[3] == timeWait {
			return true
		}
	}
	return false
}

func countLines(log *testLog, part string) (n int) {
	for line := range strings.Lines(log.String()) {
		if strings.Contains(line, part) {
			n++
		}
	}
	return n
}
