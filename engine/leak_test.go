//go:build linux

package engine

import (
	"fmt"
	"os"
	"runtime"
	"strings"
	"testing"
	"time"
)

// TestMain fails when a test leaves a goroutine of this package or a descriptor behind.
func TestMain(m *testing.M) {
	before := descriptors()
	code := m.Run()
	if code == 0 {
		code = leaks(before)
	}
	os.Exit(code)
}

func leaks(before int) int {
	deadline := time.Now().Add(patience)
	for {
		stacks, now := ours(), descriptors()
		if stacks == "" && now <= before {
			return 0
		}
		if time.Now().After(deadline) {
			fmt.Printf("left behind: %d descriptors (%d before); goroutines:\n%s\n", now, before, stacks)
			return 1
		}
		runtime.Gosched()
	}
}

func descriptors() int {
	entries, _ := os.ReadDir("/proc/self/fd")
	return len(entries)
}

// ours are the stacks of goroutines that run this package's code, but for the one that asks.
func ours() string {
	buf := make([]byte, 1<<20)
	buf = buf[:runtime.Stack(buf, true)]
	var left []string
	for i, g := range strings.Split(string(buf), "\n\n") {
		if i > 0 && strings.Contains(g, "fanloop/engine.") {
			left = append(left, g)
		}
	}
	return strings.Join(left, "\n\n")
}
