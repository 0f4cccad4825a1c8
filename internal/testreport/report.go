package main

import (
	"bufio"
	"cmp"
	"encoding/json"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strings"
)

// event is one line of `go test -json`; see `go doc test2json`.
type event struct {
	Action  string
	Package string
	Test    string // "": the package itself
	Output  string
}

// report follows the events of any number of packages, which may be mixed.
type report struct {
	out      io.Writer
	said     map[subject][]string // what has been printed, while it may still matter
	skips    []skip
	failures []string
	passed   int
	skipped  int
	packages int
}

// subject is a test, or with an empty name a package.
type subject struct{ pkg, test string }

// A skip is a reason to leave something out, and the tests that gave it: none when the reason says it all.
type skip struct {
	reason string
	tests  []string
}

func newReport(out io.Writer) *report {
	return &report{out: out, said: map[subject][]string{}}
}

// read follows the events until their end. An error of in is not told apart from the end: who wrote it has an exit status.
func (r *report) read(in io.Reader) {
	for lines := bufio.NewReader(in); ; {
		line, err := lines.ReadString('\n')
		if line != "" {
			r.line(line)
		}
		if err != nil {
			return
		}
	}
}

func (r *report) line(line string) {
	var e event
	if json.Unmarshal([]byte(line), &e) != nil {
		fmt.Fprint(r.out, line) // not of the test runner's making
		return
	}
	s := subject{e.Package, e.Test}
	switch e.Action {
	case "output":
		r.output(s, e.Output)
	case "build-output":
		fmt.Fprint(r.out, e.Output)
	case "pass", "skip", "fail":
		r.ended(s, e.Action)
		delete(r.said, s)
	}
}

// output keeps what a test says until it is known whether it matters. The lines that sum up a package are shown at once.
func (r *report) output(s subject, text string) {
	if s.test == "" && (strings.HasPrefix(text, "ok ") || strings.HasPrefix(text, "FAIL\t")) {
		fmt.Fprint(r.out, text)
		return
	}
	r.said[s] = append(r.said[s], text)
}

func (r *report) ended(s subject, how string) {
	switch {
	case s.test == "":
		r.packageEnded(s.pkg, how)
	case how == "fail":
		r.show(s)
		r.fail(s.pkg + " " + s.test)
	case how == "skip":
		r.skipped++
		r.skip(reason(r.said[s]), s.pkg+" "+s.test)
	default:
		r.passed++
	}
}

// packageEnded also shows what the tests said that have not ended, because the process did: a timeout, a panic, an exit.
func (r *report) packageEnded(pkg, how string) {
	if how != "skip" { // it has no tests
		r.packages++
	}
	for _, s := range r.unfinished(pkg) {
		if how == "fail" {
			r.show(s)
		}
		delete(r.said, s)
	}
	failed := func(failure string) bool { return strings.HasPrefix(failure, pkg+" ") }
	if how == "fail" && !slices.ContainsFunc(r.failures, failed) {
		r.fail(pkg + " as a whole")
	}
}

// unfinished are the subjects of a package that may still have something to say, itself first.
func (r *report) unfinished(pkg string) (list []subject) {
	for s := range r.said {
		if s.pkg == pkg {
			list = append(list, s)
		}
	}
	slices.SortFunc(list, func(a, b subject) int { return cmp.Compare(a.test, b.test) })
	return list
}

func (r *report) show(s subject) { fmt.Fprint(r.out, strings.Join(r.said[s], "")) }

// skip notes what was left out; tests with the same reason stand together.
func (r *report) skip(reason string, tests ...string) {
	i := slices.IndexFunc(r.skips, func(s skip) bool { return s.reason == reason })
	if i < 0 {
		i = len(r.skips)
		r.skips = append(r.skips, skip{reason: reason})
	}
	r.skips[i].tests = append(r.skips[i].tests, tests...)
}

func (r *report) fail(what string) { r.failures = append(r.failures, what) }

// place is where a test was when it said something.
var place = regexp.MustCompile(`^\S+\.go:\d+: `)

// reason is what a skipped test said, without the test runner's own lines and the place in the code.
func reason(output []string) string {
	var said []string
	for _, line := range output {
		line = strings.TrimSpace(line)
		if !strings.HasPrefix(line, "=== ") && !strings.HasPrefix(line, "--- ") {
			said = append(said, place.ReplaceAllString(line, ""))
		}
	}
	return strings.Join(said, " ")
}

// finish prints the end of the report and tells whether all is well.
func (r *report) finish() bool {
	for _, s := range r.skips {
		fmt.Fprintln(r.out, "skipped:", s.reason)
		for _, test := range s.tests {
			fmt.Fprintln(r.out, "   ", test)
		}
	}
	for _, f := range r.failures {
		fmt.Fprintln(r.out, "FAILED:", f)
	}
	fmt.Fprintf(r.out, "%d tests passed, %d failures, %d tests skipped, in %d packages\n", r.passed, len(r.failures), r.skipped, r.packages)
	return len(r.failures) == 0
}
