package e2e

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// program is the built demo.
var program string

// TestMain builds the demo once, and ends the browser that tests have shared.
func TestMain(m *testing.M) {
	dir, err := os.MkdirTemp("", "fanloop-e2e-")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	program = filepath.Join(dir, "fanloop")
	code := 1
	if err := build(program); err != nil {
		fmt.Fprintln(os.Stderr, err)
	} else {
		code = m.Run()
	}
	closeBrowser()
	os.RemoveAll(dir)
	os.Exit(code)
}

// build builds the demo, with the race detector when the tests have it.
func build(output string) error {
	args := []string{"build", "-o", output}
	if raced {
		args = append(args, "-race")
	}
	cmd := exec.Command("go", append(args, "./cmd/demo")...)
	cmd.Dir = ".."
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("%s: %w\n%s", cmd, err, out)
	}
	return nil
}
