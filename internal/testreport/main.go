// Command testreport runs the tests of one module after the other, with the race detector where there is one, and prints
// what a person wants to know: a line for each package, the whole output of what failed, and at the end what was left out
// and why, what failed, and how many tests there were.
//
//	testreport directory...
//
// It exits with 1 when something failed, and when a module ran no test at all.
package main

import (
	"fmt"
	"os"
	"os/exec"
	"strings"
)

func main() {
	r := newReport(os.Stdout)
	race := canRace()
	if !race {
		r.missing("the race detector: it needs cgo and a C compiler (apt-get install gcc libc6-dev)")
	}
	for _, dir := range os.Args[1:] {
		r.module(dir, race)
	}
	if !r.finish() {
		os.Exit(1)
	}
}

// missing notes what the machine lacks for a part of the tests: that is a failure where FANLOOP_REQUIRE_TOOLS is set.
func (r *report) missing(what string) {
	if os.Getenv("FANLOOP_REQUIRE_TOOLS") != "" {
		r.fail(what)
		return
	}
	r.skip(what)
}

// canRace tells whether Go is set up for cgo and has its C compiler.
func canRace() bool {
	out, err := exec.Command("go", "env", "CGO_ENABLED", "CC").Output()
	settings := strings.Fields(string(out))
	if err != nil || len(settings) < 2 || settings[0] != "1" {
		return false
	}
	_, err = exec.LookPath(settings[1])
	return err == nil
}

// module runs the tests of the module in dir. Nothing comes from Go's cache of test results, which does not know what the
// end-to-end tests build and start. Go's ten minutes a package are what a busy machine of two cores has used, with the race detector.
func (r *report) module(dir string, race bool) {
	args := []string{"test", "-json", "-count=1", "-timeout=30m"}
	if race {
		args = append(args, "-race")
	}
	cmd := exec.Command("go", append(args, "./...")...)
	cmd.Dir, cmd.Stderr = dir, os.Stderr
	passed, failures := r.passed, len(r.failures)
	out, err := cmd.StdoutPipe()
	if err == nil {
		err = cmd.Start()
	}
	if err == nil {
		r.read(out)
		err = cmd.Wait()
	}
	switch {
	case len(r.failures) > failures: // known already
	case err != nil: // go test itself could not do its work: nothing to download from, a broken go.mod
		r.fail(fmt.Sprintf("%s: %v", dir, err))
	case r.passed == passed:
		r.fail(dir + ": no test ran")
	}
}
