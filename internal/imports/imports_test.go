package imports

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

const module = "fanloop"

// rule is what the files of a package may import beside the standard library. A pattern ends in "..." when it stands for a
// path and everything below it.
type rule struct {
	files   []string // in every file
	servers []string // in server*.go too, which join a codec to the engine
	tests   []string // in tests too
}

// forExamples is what an example*_test.go may import: it shows users how the parts go together.
var forExamples = []string{"fanloop/engine", "fanloop/hub", "fanloop/codec/...", "fanloop/loglimit"}

// The engine's logger keeps a flood of one kind of line away, unless it is the caller's own.
var ofEngine = append([]string{"fanloop/loglimit"}, gnet...)

var gnet = []string{"github.com/panjf2000/gnet/v2/pkg/...", "golang.org/x/sys/unix"}

// rules name every package of the tree, by its directory; each directory has one.
var rules = map[string]rule{
	"engine":          {files: ofEngine, tests: append([]string{"fanloop/hubapi", "github.com/gobwas/ws"}, forExamples...)}, // of whole conversations
	"hub":             {},
	"loglimit":        {},
	"codec/text":      {servers: []string{"fanloop/engine"}},
	"codec/http":      {servers: []string{"fanloop/engine", "fanloop/internal/rounds"}},
	"codec/websocket": {servers: []string{"fanloop/engine", "fanloop/internal/rounds"}, files: []string{"fanloop/codec/http", "github.com/gobwas/ws"}, tests: []string{"github.com/gobwas/ws/..."}},
	"hubapi":          {files: []string{"fanloop/hub", "fanloop/codec/http"}, servers: []string{"fanloop/engine"}, tests: []string{"fanloop/codec/websocket"}},
	"identity":        {files: []string{"github.com/golang-jwt/jwt/v5", "fanloop/codec/http"}, servers: []string{"fanloop/engine", "fanloop/codec/websocket", "fanloop/hub"}, tests: []string{"fanloop/codec/..."}},
	"metrics":         {files: append([]string{"github.com/prometheus/client_golang/...", "fanloop/hubapi", "fanloop/identity"}, forExamples...), tests: []string{"github.com/prometheus/common/expfmt", "github.com/prometheus/client_model/go"}},
	"cmd/...":         {files: []string{"..."}},
	"bench/...":       {files: []string{"..."}},
	"soak":            {files: []string{"..."}},

	"internal/ambiguous":     {},
	"internal/certs":         {},
	"internal/cut":           {},
	"internal/embed":         {},
	"internal/fromworkerman": {tests: append([]string{"golang.org/x/sys/unix", "github.com/gobwas/ws/..."}, forExamples...)}, // the programs of a page, tested
	"internal/gnetfacts":     {tests: append([]string{"github.com/panjf2000/gnet/v2"}, gnet...)},                             // what the engine relies on, tested
	"internal/imports":       {},
	"internal/leak":          {},
	"internal/limits":        {},
	"internal/sums":          {},
	"internal/logkeys":       {},
	"internal/modulename":    {},
	"internal/peers":         {files: []string{"github.com/gobwas/ws/..."}}, // of which tests are made
	"internal/securitydoc":   {},
	"internal/rounds":        {files: []string{"fanloop/engine"}},
	"internal/testreport":    {},
}

// nobody imports these from outside of them: they put the parts together.
var tops = []string{"fanloop/cmd", "fanloop/bench", "fanloop/soak"}

// forTests are the packages that tests of every package may import, and nothing else may.
var forTests = []string{"fanloop/internal/ambiguous", "fanloop/internal/certs", "fanloop/internal/cut", "fanloop/internal/leak", "fanloop/internal/limits", "fanloop/internal/peers", "fanloop/internal/sums"}

// sourceFile is a Go file of the module, by its path from the root.
type sourceFile struct {
	path string
	ast  *ast.File
}

func (f sourceFile) dir() string  { return path.Dir(f.path) }
func (f sourceFile) isTest() bool { return strings.HasSuffix(f.path, "_test.go") }
func (f sourceFile) isExample() bool {
	return f.isTest() && strings.HasPrefix(path.Base(f.path), "example")
}
func (f sourceFile) isServer() bool { return strings.HasPrefix(path.Base(f.path), "server") }

func (f sourceFile) imports(t *testing.T) (paths []string) {
	t.Helper()
	for _, spec := range f.ast.Imports {
		p, err := strconv.Unquote(spec.Path.Value)
		if err != nil {
			t.Fatalf("%s: %v", f.path, err)
		}
		paths = append(paths, p)
	}
	return paths
}

// parseTree parses the files of the module, whatever their build tags.
func parseTree(t *testing.T, mode parser.Mode) (files []sourceFile) {
	t.Helper()
	const root = "../.."
	err := filepath.WalkDir(root, func(name string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() {
			return skipDir(root, name)
		}
		if !strings.HasSuffix(name, ".go") {
			return nil
		}
		parsed, err := parser.ParseFile(token.NewFileSet(), name, nil, mode)
		if err != nil {
			return err
		}
		rel, err := filepath.Rel(root, name)
		files = append(files, sourceFile{filepath.ToSlash(rel), parsed})
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return files
}

// skipDir leaves out what the go command leaves out: hidden and test data, and modules of their own.
func skipDir(root, name string) error {
	base := filepath.Base(name)
	nested, _ := filepath.Glob(filepath.Join(name, "go.mod"))
	if name != root && (strings.HasPrefix(base, ".") || strings.HasPrefix(base, "_") || base == "testdata" || len(nested) > 0) {
		return filepath.SkipDir
	}
	return nil
}

func matches(pattern, p string) bool {
	below, ok := strings.CutSuffix(pattern, "...")
	return ok && (strings.HasPrefix(p, below) || p == strings.TrimSuffix(below, "/")) || pattern == p
}

func anyMatches(patterns []string, p string) bool {
	return slices.ContainsFunc(patterns, func(pattern string) bool { return matches(pattern, p) })
}

func ruleOf(dir string) (r rule, ok bool) {
	for pattern, r := range rules {
		if matches(pattern, dir) {
			return r, true
		}
	}
	return rule{}, false
}

// isStandard tells the standard library by the go command's own rule: no dot in the path's first part.
func isStandard(p string) bool {
	first, _, _ := strings.Cut(p, "/")
	return !strings.HasPrefix(p+"/", module+"/") && !strings.Contains(first, ".")
}

// verdict tells why a file must not import p, or "".
func verdict(f sourceFile, r rule, p string) string {
	own := f.isTest() && p == path.Join(module, f.dir()) // an external test of its own package
	switch {
	case p == "testing" && !f.isTest() && !strings.HasPrefix(f.dir(), "internal/"):
		return "is for tests"
	case isStandard(p) || own:
		return ""
	case anyMatches(forTests, p):
		if f.isTest() || f.dir() == "soak" || f.dir() == "bench" { // tests that are programs
			return ""
		}
		return "is for tests"
	case isTop(p) && !isTop(path.Join(module, f.dir())):
		return "is imported by nobody"
	case f.isExample() && anyMatches(forExamples, p):
		return ""
	case anyMatches(r.files, p), f.isServer() && anyMatches(r.servers, p), f.isTest() && anyMatches(r.tests, p):
		return ""
	}
	return "is not among what this file may import"
}

func isTop(p string) bool {
	return slices.ContainsFunc(tops, func(top string) bool { return p == top || strings.HasPrefix(p, top+"/") })
}

func TestImports(t *testing.T) {
	seen := map[string]bool{}
	for _, f := range parseTree(t, parser.ImportsOnly) {
		seen[f.dir()] = true
		r, ok := ruleOf(f.dir())
		if !ok {
			t.Errorf("%s: the package has no rule", f.path)
			continue
		}
		for _, p := range f.imports(t) {
			if why := verdict(f, r, p); why != "" {
				t.Errorf("%s: %s %s", f.path, p, why)
			}
		}
	}
	for _, dir := range []string{"engine", "hub", "codec/text", "codec/http", "codec/websocket"} {
		if !seen[dir] {
			t.Errorf("%s has not been read", dir)
		}
	}
}

// The rules themselves, on files that do not exist: so that what they forbid is known to be found.
func TestVerdict(t *testing.T) {
	for _, tt := range []struct {
		file, imports string
		allowed       bool
	}{
		{"engine/loop.go", "github.com/panjf2000/gnet/v2/pkg/netpoll", true},
		{"engine/loop.go", "github.com/panjf2000/gnet/v2", false},
		{"engine/loop.go", "fanloop/hub", false},
		{"engine/engine.go", "fanloop/loglimit", true},
		{"loglimit/handler.go", "fanloop/engine", false},
		{"engine/loop.go", "testing", false},
		{"engine/example_test.go", "fanloop/engine", true},
		{"hub/hub.go", "fanloop/engine", false},
		{"hub/hub.go", "slices", true},
		{"hub/hub_test.go", "fanloop/engine", false},
		{"hub/hub_test.go", "fanloop/internal/cut", true},
		{"hub/hub.go", "fanloop/internal/cut", false},
		{"codec/text/server.go", "fanloop/engine", true},
		{"codec/text/server_conn_test.go", "fanloop/engine", true},
		{"codec/text/decoder.go", "fanloop/engine", false},
		{"codec/text/decoder_test.go", "fanloop/engine", false},
		{"codec/text/server.go", "fanloop/codec/http", false},
		{"codec/websocket/frame.go", "github.com/gobwas/ws", true},
		{"codec/websocket/frame.go", "github.com/gobwas/ws/wsutil", false},
		{"codec/websocket/server.go", "github.com/panjf2000/gnet/v2/pkg/netpoll", false},
		{"codec/http/server.go", "fanloop/codec/websocket", false},
		{"codec/text/example_test.go", "fanloop/hub", true},
		{"codec/text/example_test.go", "fanloop/bench/client", false},
		{"codec/text/example.go", "fanloop/hub", false},
		{"hubapi/line.go", "fanloop/hub", true},
		{"hubapi/line.go", "fanloop/engine", false},
		{"hubapi/line.go", "fanloop/codec/text", false},
		{"hubapi/server.go", "fanloop/engine", true},
		{"hub/hub.go", "fanloop/hubapi", false},
		{"identity/verifier.go", "github.com/golang-jwt/jwt/v5", true},
		{"identity/verifier.go", "fanloop/engine", false},
		{"identity/server_door.go", "fanloop/engine", true},
		{"engine/engine.go", "github.com/golang-jwt/jwt/v5", false},
		{"codec/http/server.go", "fanloop/identity", false},
		{"hub/hub.go", "fanloop/identity", false},
		{"metrics/loops.go", "github.com/prometheus/client_golang/prometheus", true},
		{"engine/stats.go", "github.com/prometheus/client_golang/prometheus", false},
		{"engine/stats.go", "fanloop/metrics", false},
		{"codec/http/server_stats.go", "fanloop/metrics", false},
		{"hubapi/server.go", "fanloop/metrics", false},
		{"cmd/demo/main.go", "fanloop/hub", true},
		{"bench/servers/gnet/main.go", "github.com/panjf2000/gnet/v2", true},
		{"bench/main.go", "fanloop/bench/client", true},
		{"codec/text/server.go", "fanloop/bench/client", false},
		{"internal/cut/cut.go", "testing", true},
		{"internal/cut/cut.go", "fanloop/engine", false},
	} {
		f := sourceFile{path: tt.file}
		r, ok := ruleOf(f.dir())
		if !ok {
			t.Fatalf("%s: the package has no rule", tt.file)
		}
		if why := verdict(f, r, tt.imports); (why == "") != tt.allowed {
			t.Errorf("%s imports %s: %q, want allowed: %v", tt.file, tt.imports, why, tt.allowed)
		}
	}
}
