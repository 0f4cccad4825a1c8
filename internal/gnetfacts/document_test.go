//go:build linux

package gnetfacts

import (
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

var isFact = regexp.MustCompile(`^Test([^DM]|D[^o]|M[^a])`) // not TestMain, nor TestDocument...

const gnetPath = "github.com/panjf2000/gnet/v2"

func document(t *testing.T) string {
	t.Helper()
	p, err := os.ReadFile("../../docs/gnet.md")
	must(t, err)
	return string(p)
}

// parse reads the Go files of a folder, its tests or the others.
func parse(t *testing.T, folder string, tests bool) (files []*ast.File) {
	t.Helper()
	names, err := filepath.Glob(filepath.Join(folder, "*.go"))
	must(t, err)
	for _, name := range names {
		if strings.HasSuffix(name, "_test.go") != tests {
			continue
		}
		f, err := parser.ParseFile(token.NewFileSet(), name, nil, parser.SkipObjectResolution)
		must(t, err)
		files = append(files, f)
	}
	if len(files) == 0 {
		t.Fatalf("no files in %s", folder)
	}
	return files
}

// The document and the tests are of the version that go.mod pins.
func TestDocumentIsOfThePinnedVersion(t *testing.T) {
	p, err := os.ReadFile("../../go.mod")
	must(t, err)
	pinned := regexp.MustCompile(gnetPath + ` (v\S+)`).FindSubmatch(p)
	if pinned == nil || !strings.Contains(document(t), "gnet "+string(pinned[1])) {
		t.Errorf("go.mod has %q, which docs/gnet.md does not name", pinned)
	}
}

// Each test here stands beside its fact in docs/gnet.md, and each test named there is here. Those about the document itself
// are left out.
func TestDocumentNamesEveryTest(t *testing.T) {
	var here []string
	for _, f := range parse(t, ".", true) {
		for _, d := range f.Decls {
			if fn, ok := d.(*ast.FuncDecl); ok && isFact.MatchString(fn.Name.Name) {
				here = append(here, fn.Name.Name)
			}
		}
	}
	named := regexp.MustCompile("`(Test\\w+)`").FindAllStringSubmatch(document(t), -1)
	for _, match := range named {
		if !slices.Contains(here, match[1]) {
			t.Errorf("docs/gnet.md names %s, which is not here", match[1])
		}
	}
	for _, name := range here {
		if !slices.ContainsFunc(named, func(match []string) bool { return match[1] == name }) {
			t.Errorf("docs/gnet.md does not name %s", name)
		}
	}
}

// What the engine uses of gnet is what docs/gnet.md says under "Used".
func TestDocumentNamesEveryUse(t *testing.T) {
	_, used, _ := strings.Cut(document(t), "\n## Used\n")
	used, _, _ = strings.Cut(used, "\n## ")
	uses := usesIn(parse(t, "../../engine", false))
	for _, name := range uses {
		if !strings.Contains(used, "`"+name+"`") {
			t.Errorf("the engine uses %s, which docs/gnet.md does not name", name)
		}
	}
	for _, match := range regexp.MustCompile("`((?:netpoll|socket|errors|logging|Poller)\\.\\w+)`").FindAllStringSubmatch(used, -1) {
		if !slices.Contains(uses, match[1]) {
			t.Errorf("docs/gnet.md says that the engine uses %s, which it does not", match[1])
		}
	}
}

// usesIn are gnet's names in files: package.Name, and Poller.Method for what is called on something named poller.
func usesIn(files []*ast.File) (uses []string) {
	for _, f := range files {
		packages := gnetImports(f)
		ast.Inspect(f, func(n ast.Node) bool {
			if s, ok := n.(*ast.SelectorExpr); ok {
				switch x := s.X.(type) {
				case *ast.Ident:
					if name, ok := packages[x.Name]; ok {
						uses = append(uses, name+"."+s.Sel.Name)
					}
				case *ast.SelectorExpr:
					if x.Sel.Name == "poller" {
						uses = append(uses, "Poller."+s.Sel.Name)
					}
				}
			}
			return true
		})
	}
	slices.Sort(uses)
	return slices.Compact(uses)
}

// gnetImports are gnet's packages in a file: by what the file calls them, their own name.
func gnetImports(f *ast.File) map[string]string {
	packages := map[string]string{}
	for _, i := range f.Imports {
		path := strings.Trim(i.Path.Value, `"`)
		if !strings.HasPrefix(path, gnetPath) {
			continue
		}
		own := path[strings.LastIndex(path, "/")+1:]
		if packages[own] = own; i.Name != nil {
			delete(packages, own)
			packages[i.Name.Name] = own
		}
	}
	return packages
}
