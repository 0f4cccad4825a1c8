package main

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

func TestRenaming(t *testing.T) {
	r := newRenaming("old", "example.com/new", []string{"engine", "e2e"})
	for _, tt := range []struct{ text, want string }{
		{`import "old/engine"`, `import "example.com/new/engine"`},
		{`[]string{"old/engine", "old/engine/...", "old/"}`, `[]string{"example.com/new/engine", "example.com/new/engine/...", "example.com/new/"}`},
		{"old/engine old/e2e", "example.com/new/engine example.com/new/e2e"},
		{"(old/engine): `old/engine`", "(example.com/new/engine): `example.com/new/engine`"},
		{"module old\n\ngo 1.26\n", "module example.com/new\n\ngo 1.26\n"},
		{"module old/e2e\n", "module example.com/new/e2e\n"},
		{"require (\n\told v0.0.0\n)\nreplace old => ../\n", "require (\n\texample.com/new v0.0.0\n)\nreplace example.com/new => ../\n"},
		{"-require=old@v0.0.0 -replace=old=../old", "-require=example.com/new@v0.0.0 -replace=example.com/new=../old"},
		{`const module = "old"`, `const module = "example.com/new"`},
	} {
		got := string(r.text([]byte(tt.text)))
		if got != tt.want {
			t.Errorf("%q becomes %q, want %q", tt.text, got, tt.want)
		}
		back := newRenaming("example.com/new", "old", []string{"engine", "e2e"})
		if again := string(back.text([]byte(got))); again != tt.text {
			t.Errorf("%q: there and back it is %q", tt.text, again)
		}
	}
	for _, word := range []string{
		"old is quick", "bin/old", "../old/engine", "github.com/a/old/engine", "threshold/engine", "old/engines", "old/other", `"old"`, "old-e2e",
		"OLD_X", "@old/engine", "old.test/engine", "`old`",
	} {
		if got := string(r.text([]byte(word))); got != word {
			t.Errorf("%q becomes %q", word, got)
		}
	}
}

// The new name may hold the old one.
func TestRenamingTwice(t *testing.T) {
	r := newRenaming("old", "example.com/old", []string{"engine"})
	const text = `import "old/engine"`
	once := r.text([]byte(text))
	if got := string(r.text(once)); got != `import "example.com/old/engine"` {
		t.Errorf("%q", got)
	}
}

func TestNames(t *testing.T) {
	for name, good := range map[string]bool{
		"example.com/x": true, "x": true, "github.com/a-b/c_d/v2": true, "": false, "/x": false, "x/": false, "x//y": false, "../x": false,
		"/usr/bin:/bin": false, "x y": false, ".x": false, "x.": false, "-x": false, "x/..": false, "x;y": false,
	} {
		if goodName.MatchString(name) != good {
			t.Errorf("%q: good is not %v", name, good)
		}
	}
}

// TestMakeModule renames a copy of the tree as a user would, builds it, and renames it back.
func TestMakeModule(t *testing.T) {
	if testing.Short() {
		t.Skip("it builds a copy of everything")
	}
	dir := t.TempDir()
	original := copyTree(t, dir)
	old, err := moduleName("../../go.mod")
	if err != nil {
		t.Fatal(err)
	}
	in := func(command string) string {
		t.Helper()
		cmd := exec.Command("sh", "-ec", command)
		cmd.Dir = dir
		cmd.Env = append(os.Environ(), "GOWORK=off", "GOFLAGS=")
		out, err := cmd.CombinedOutput()
		if err != nil {
			t.Fatalf("%s: %v\n%s", command, err, out)
		}
		return string(out)
	}
	in("make module PATH=example.com/x")
	if name, err := moduleName(filepath.Join(dir, "go.mod")); name != "example.com/x" || err != nil {
		t.Fatalf("the module is called %q, %v", name, err)
	}
	if left := in("! grep -rnE '\"" + old + "/' --include=*.go ."); left != "" {
		t.Errorf("left as it was:\n%s", left)
	}
	in("go vet ./...")
	in(`test -z "$($(go env GOROOT)/bin/gofmt -l .)"`)
	in("go test -run 'Verdict|Example' ./internal/imports ./engine ./hub ./codec/...")
	in("for m in */go.mod */*/go.mod; do (cd $(dirname $m) && go list ./... >/dev/null); done")
	renamed := read(t, dir, original)
	in("make module PATH=example.com/x")
	same(t, "a second time", read(t, dir, original), renamed)
	in("make module PATH=" + old)
	same(t, "there and back", read(t, dir, original), original)
	in("! make module")
	same(t, "without a name", read(t, dir, original), original)
}

// copyTree copies what belongs to the tree, and returns it by its path.
func copyTree(t *testing.T, to string) map[string]string {
	t.Helper()
	for _, tool := range []string{"git", "make"} {
		if _, err := exec.LookPath(tool); err != nil {
			missing(t, tool+": apt-get install "+tool)
		}
	}
	cmd := exec.Command("git", "ls-files", "-z", "--cached", "--others", "--exclude-standard")
	cmd.Dir = "../.."
	list, err := cmd.Output()
	if err != nil {
		missing(t, "a clone of git's, to know what belongs to the tree: "+err.Error())
	}
	paths := map[string]string{}
	for path := range bytes.SplitSeq(bytes.Trim(list, "\x00"), []byte{0}) {
		paths[string(path)] = ""
	}
	files := read(t, "../..", paths)
	for path, content := range files {
		path = filepath.Join(to, path)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(content), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return files
}

// missing skips the test; where FANLOOP_REQUIRE_TOOLS is set it fails.
func missing(t *testing.T, what string) {
	t.Helper()
	if os.Getenv("FANLOOP_REQUIRE_TOOLS") != "" {
		t.Fatal(what)
	}
	t.Skip(what)
}

// read reads files again; what is not there any more, is left out.
func read(t *testing.T, dir string, files map[string]string) map[string]string {
	t.Helper()
	now := map[string]string{}
	for path := range files {
		p, err := os.ReadFile(filepath.Join(dir, path))
		if err != nil && !os.IsNotExist(err) {
			t.Fatal(err)
		}
		if err == nil {
			now[path] = string(p)
		}
	}
	return now
}

func same(t *testing.T, when string, got, want map[string]string) {
	t.Helper()
	var differ []string
	for path := range want {
		if got[path] != want[path] {
			differ = append(differ, path)
		}
	}
	if len(differ) > 0 {
		t.Errorf("%s: not the same: %s", when, strings.Join(differ, " "))
	}
}
