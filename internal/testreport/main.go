// Command testreport reads the output of `go test -json` and prints what a person wants to know: a line for each package,
// the whole output of what failed, and at the end each test that was skipped, with its reason.
// It exits with 1 when something failed, and when no test ran at all.
package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"strings"
)

// event is one line of `go test -json`; see `go doc test2json`.
type event struct {
	Action     string
	Package    string
	ImportPath string
	Test       string
	Output     string
}

func main() {
	r := report{out: os.Stdout, outputs: map[string][]string{}}
	if err := r.read(os.Stdin); err != nil {
		fmt.Fprintln(os.Stderr, "testreport:", err)
		os.Exit(1)
	}
	if !r.finish() {
		os.Exit(1)
	}
}

type report struct {
	out                      io.Writer
	outputs                  map[string][]string // by package and test, while it may still fail
	skipped                  []string
	passed, failed, skips    int
	packagesFailed, builtNot int
}

func (r *report) read(in io.Reader) error {
	lines := bufio.NewReader(in)
	for {
		line, err := lines.ReadString('\n')
		if line != "" {
			r.line(line)
		}
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
	}
}

func (r *report) line(line string) {
	var e event
	if json.Unmarshal([]byte(line), &e) != nil {
		fmt.Fprint(r.out, line) // not of the test runner's making
		return
	}
	key := e.Package + " " + e.Test
	switch e.Action {
	case "output":
		r.output(e, key)
	case "build-output":
		fmt.Fprint(r.out, e.Output)
	case "build-fail":
		r.builtNot++
	case "pass", "skip", "fail":
		r.end(e, key)
		delete(r.outputs, key)
	}
}

// output keeps what a test says until it is known whether it matters. The lines that sum up a package are shown at once.
func (r *report) output(e event, key string) {
	if e.Test == "" && (strings.HasPrefix(e.Output, "ok ") || strings.HasPrefix(e.Output, "FAIL\t")) {
		fmt.Fprint(r.out, e.Output)
		return
	}
	r.outputs[key] = append(r.outputs[key], e.Output)
}

func (r *report) end(e event, key string) {
	switch {
	case e.Action == "fail":
		fmt.Fprint(r.out, strings.Join(r.outputs[key], ""))
		if e.Test == "" {
			r.packagesFailed++
		} else {
			r.failed++
		}
	case e.Test == "":
	case e.Action == "skip":
		r.skips++
		r.skipped = append(r.skipped, fmt.Sprintf("%s %s: %s", e.Package, e.Test, reason(r.outputs[key])))
	default:
		r.passed++
	}
}

// reason is what a skipped test said, without its frame lines and the place in the code.
func reason(output []string) string {
	var said []string
	for _, line := range output {
		line = strings.TrimSpace(line)
		if strings.HasPrefix(line, "===") || strings.HasPrefix(line, "---") {
			continue
		}
		if _, text, found := strings.Cut(line, ".go:"); found {
			_, text, _ = strings.Cut(text, ": ")
			line = text
		}
		said = append(said, line)
	}
	return strings.Join(said, " ")
}

func (r *report) finish() bool {
	for _, s := range r.skipped {
		fmt.Fprintln(r.out, "skipped:", s)
	}
	fmt.Fprintf(r.out, "%d passed, %d failed, %d skipped\n", r.passed, r.failed+r.builtNot, r.skips)
	return r.failed+r.packagesFailed+r.builtNot == 0 && r.passed > 0
}
