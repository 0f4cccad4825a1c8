package e2e

import (
	"os"
	"os/exec"
	"testing"
)

// need returns where a tool is. Without it the test is skipped, and says how to get it; where FANLOOP_REQUIRE_TOOLS is set it fails.
func need(t *testing.T, tool, how string) string {
	t.Helper()
	path, err := exec.LookPath(tool)
	if err != nil {
		missing(t, tool, how)
	}
	return path
}

func missing(t *testing.T, what, how string) {
	t.Helper()
	if os.Getenv("FANLOOP_REQUIRE_TOOLS") != "" {
		t.Fatalf("%s is missing: %s", what, how)
	}
	t.Skipf("%s is missing: %s", what, how)
}
