package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestReport(t *testing.T) {
	tests := []struct {
		name  string
		lines []string
		want  string
		ok    bool
	}{
		{
			name: "passes: what tests say is left out",
			lines: []string{
				`{"Action":"start","Package":"p"}`,
				`{"Action":"run","Package":"p","Test":"TestA"}`,
				`{"Action":"output","Package":"p","Test":"TestA","Output":"=== RUN   TestA\n"}`,
				`{"Action":"output","Package":"p","Test":"TestA","Output":"    a_test.go:7: noise\n"}`,
				`{"Action":"pass","Package":"p","Test":"TestA/sub"}`,
				`{"Action":"pass","Package":"p","Test":"TestA"}`,
				`{"Action":"output","Package":"p","Output":"PASS\n"}`,
				`{"Action":"output","Package":"p","Output":"ok  \tp\t0.1s\n"}`,
				`{"Action":"pass","Package":"p"}`,
			},
			want: "ok  \tp\t0.1s\n2 tests passed, 0 failures, 0 tests skipped, in 1 packages\n",
			ok:   true,
		},
		{
			name: "skips, with the reason, and a package without tests",
			lines: []string{
				`{"Action":"output","Package":"p","Test":"TestA","Output":"=== RUN   TestA\n"}`,
				`{"Action":"output","Package":"p","Test":"TestA","Output":"    a_test.go:7: php is missing: apt-get install php-cli\n"}`,
				`{"Action":"output","Package":"p","Test":"TestA","Output":"        see x.go: there\n"}`,
				`{"Action":"output","Package":"p","Test":"TestA","Output":"--- SKIP: TestA (0.00s)\n"}`,
				`{"Action":"skip","Package":"p","Test":"TestA"}`,
				`{"Action":"output","Package":"p","Test":"TestB","Output":"    b_test.go:8: of no use here\n"}`,
				`{"Action":"skip","Package":"p","Test":"TestB"}`,
				`{"Action":"output","Package":"p","Test":"TestC","Output":"    b_test.go:9: of no use here\n"}`,
				`{"Action":"skip","Package":"p","Test":"TestC"}`,
				`{"Action":"pass","Package":"p","Test":"TestD"}`,
				`{"Action":"pass","Package":"p"}`,
				`{"Action":"output","Package":"q","Output":"?   \tq\t[no test files]\n"}`,
				`{"Action":"skip","Package":"q"}`,
			},
			want: "skipped: php is missing: apt-get install php-cli see x.go: there\n    p TestA\n" +
				"skipped: of no use here\n    p TestB\n    p TestC\n" +
				"1 tests passed, 0 failures, 3 tests skipped, in 1 packages\n",
			ok: true,
		},
		{
			name: "fails: what the test said is shown, what another of a mixed package said is not",
			lines: []string{
				`{"Action":"output","Package":"p","Test":"TestA","Output":"    a_test.go:7: wrong\n"}`,
				`{"Action":"output","Package":"q","Test":"TestA","Output":"    a_test.go:7: noise\n"}`,
				`{"Action":"output","Package":"p","Test":"TestA","Output":"--- FAIL: TestA (0.00s)\n"}`,
				`{"Action":"fail","Package":"p","Test":"TestA"}`,
				`{"Action":"pass","Package":"q","Test":"TestA"}`,
				`{"Action":"output","Package":"p","Output":"FAIL\n"}`,
				`{"Action":"output","Package":"p","Output":"FAIL\tp\t0.1s\n"}`,
				`{"Action":"fail","Package":"p"}`,
				`{"Action":"pass","Package":"q"}`,
			},
			want: "    a_test.go:7: wrong\n--- FAIL: TestA (0.00s)\nFAIL\tp\t0.1s\nFAIL\n" +
				"FAILED: p TestA\n1 tests passed, 1 failures, 0 tests skipped, in 2 packages\n",
		},
		{
			name: "a timeout: the test that hangs never ends, only its package does",
			lines: []string{
				`{"Action":"pass","Package":"p","Test":"TestA"}`,
				`{"Action":"output","Package":"p","Test":"TestB","Output":"=== RUN   TestB\n"}`,
				`{"Action":"output","Package":"p","Test":"TestB","Output":"panic: test timed out after 10m0s\n"}`,
				`{"Action":"output","Package":"p","Output":"FAIL\tp\t600.0s\n"}`,
				`{"Action":"fail","Package":"p"}`,
			},
			want: "FAIL\tp\t600.0s\n=== RUN   TestB\npanic: test timed out after 10m0s\n" +
				"FAILED: p as a whole\n1 tests passed, 1 failures, 0 tests skipped, in 1 packages\n",
		},
		{
			name: "all tests pass and TestMain does not",
			lines: []string{
				`{"Action":"pass","Package":"p","Test":"TestA"}`,
				`{"Action":"output","Package":"p","Output":"PASS\n"}`,
				`{"Action":"output","Package":"p","Output":"goroutines left behind\n"}`,
				`{"Action":"output","Package":"p","Output":"FAIL\tp\t0.1s\n"}`,
				`{"Action":"fail","Package":"p"}`,
			},
			want: "FAIL\tp\t0.1s\nPASS\ngoroutines left behind\n" +
				"FAILED: p as a whole\n1 tests passed, 1 failures, 0 tests skipped, in 1 packages\n",
		},
		{
			name: "does not build",
			lines: []string{
				`{"ImportPath":"p [p.test]","Action":"build-output","Output":"./a.go:3:1: syntax error\n"}`,
				`{"ImportPath":"p [p.test]","Action":"build-fail"}`,
				`{"Action":"output","Package":"p","Output":"FAIL\tp [build failed]\n"}`,
				`{"Action":"fail","Package":"p","FailedBuild":"p [p.test]"}`,
			},
			want: "./a.go:3:1: syntax error\nFAIL\tp [build failed]\n" +
				"FAILED: p as a whole\n0 tests passed, 1 failures, 0 tests skipped, in 1 packages\n",
		},
		{
			name:  "not JSON, and no line end at the end",
			lines: []string{"go: downloading something", `{"Action":"pass","Package":"p","Test":"TestA"}`, "cut o"},
			want:  "go: downloading something\ncut o1 tests passed, 0 failures, 0 tests skipped, in 0 packages\n",
			ok:    true,
		},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			var out strings.Builder
			r := newReport(&out)
			r.read(strings.NewReader(strings.Join(test.lines, "\n")))
			if ok := r.finish(); ok != test.ok || out.String() != test.want {
				t.Errorf("got %v:\n%s\nwant %v:\n%s", ok, out.String(), test.ok, test.want)
			}
			if len(r.said) > 0 {
				t.Errorf("it still keeps %q", r.said)
			}
		})
	}
}

// TestModule runs real modules, so that what the test runner really writes is read.
func TestModule(t *testing.T) {
	tests := []struct {
		name, code string
		want       []string
		ok         bool
	}{
		{"passes", `func TestA(t *testing.T) { t.Log("noise") }`, []string{"ok ", "1 tests passed, 0 failures"}, true},
		{"skips", `func TestA(t *testing.T) { t.Skip("no tool: get it") }; func TestB(t *testing.T) {}`, []string{"skipped: no tool: get it\n    m TestA\n1 tests passed"}, true},
		{"fails", `func TestA(t *testing.T) { t.Error("wrong") }`, []string{"a_test.go:4: wrong", "FAILED: m TestA\n0 tests passed, 1 failures"}, false},
		{"panics", `func TestA(t *testing.T) { panic("oh dear") }`, []string{"panic: oh dear", "FAILED: m TestA"}, false},
		{"exits", `func TestA(t *testing.T) { println("bye"); os.Exit(3) }`, []string{"bye", "FAILED: m "}, false},
		{"does not build", `func TestA(t *testing.T) { nonsense }`, []string{"undefined: nonsense", "FAILED: m as a whole"}, false},
		{"has no tests", ``, []string{"no test ran"}, false},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			dir := t.TempDir()
			write(t, dir, "go.mod", "module m\n\ngo 1.26\n")
			write(t, dir, "a_test.go", "package m\nimport (\"os\"; \"testing\")\nvar _ = os.Exit; var _ testing.T\n"+test.code+"\n")
			checkModule(t, dir, test.want, test.ok)
		})
	}
	t.Run("is none", func(t *testing.T) {
		dir := t.TempDir()
		write(t, dir, "go.mod", "nonsense\n")
		checkModule(t, dir, []string{"exit status 1", "0 tests passed, 1 failures"}, false)
	})
}

// TestMissing: what a machine lacks is told, and is a failure where it has to be there.
func TestMissing(t *testing.T) {
	for value, ok := range map[string]bool{"": true, "1": false} {
		t.Setenv("FANLOOP_REQUIRE_TOOLS", value)
		var out strings.Builder
		r := newReport(&out)
		r.missing("the tool: get it")
		if got := r.finish(); got != ok || !strings.Contains(out.String(), ": the tool: get it\n") {
			t.Errorf("FANLOOP_REQUIRE_TOOLS=%q: got %v:\n%s", value, got, out.String())
		}
	}
}

func checkModule(t *testing.T, dir string, want []string, ok bool) {
	t.Helper()
	var out strings.Builder
	r := newReport(&out)
	r.module(dir, false)
	if got := r.finish(); got != ok {
		t.Errorf("got %v, want %v", got, ok)
	}
	for _, part := range want {
		if !strings.Contains(out.String(), part) {
			t.Errorf("%q is missing in:\n%s", part, out.String())
		}
	}
}

func write(t *testing.T, dir, name, text string) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}
