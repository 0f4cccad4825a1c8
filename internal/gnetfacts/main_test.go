//go:build linux

package gnetfacts

import (
	"context"
	"fmt"
	"os"
	"runtime"
	"testing"
	"time"

	"github.com/panjf2000/gnet/v2/pkg/logging"
)

// patience is how long a test waits for what must come, at most: it is only there so that nothing hangs.
const patience = time.Minute

func TestMain(m *testing.M) {
	if role, ok := childRoles[os.Getenv(childRole)]; ok {
		if err := role(); err != nil {
			fmt.Println("error:", err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	logging.SetDefaultLoggerAndFlusher(quiet{}, nil)
	os.Exit(m.Run())
}

// quiet is a logger of gnet's that says nothing, as the engine installs one.
type quiet struct{}

func (quiet) Debugf(string, ...any) {}
func (quiet) Infof(string, ...any)  {}
func (quiet) Warnf(string, ...any)  {}
func (quiet) Errorf(string, ...any) {}
func (quiet) Fatalf(string, ...any) {}

// await is the next value of what, or the end of the test.
func await[T any](t *testing.T, what string, from <-chan T) (v T) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	select {
	case v = <-from:
	case <-ctx.Done():
		t.Fatalf("%s: nothing in %v", what, patience)
	}
	return v
}

// until asks again and again, where nothing tells by itself.
func until(t *testing.T, what string, done func() bool) {
	t.Helper()
	for end := time.Now().Add(patience); !done(); runtime.Gosched() {
		if time.Now().After(end) {
			t.Fatalf("%s: not in %v", what, patience)
		}
	}
}
