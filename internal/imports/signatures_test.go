package imports

import (
	"go/ast"
	"go/parser"
	"go/token"
	"path"
	"strings"
	"testing"
)

// No type of gnet's, nor of x/sys, is part of what the engine shows: another poller could take its place.
func TestEngineSignatures(t *testing.T) {
	read := 0
	for _, f := range parseTree(t, parser.SkipObjectResolution) {
		if f.dir() != "engine" || f.isTest() {
			continue
		}
		read++
		for _, found := range foreignSignatures(t, f) {
			t.Errorf("%s: %s", f.path, found)
		}
	}
	if read == 0 {
		t.Error("no file of the engine has been read")
	}
}

// foreignSignatures are the exported declarations of a file that name a package from elsewhere.
func foreignSignatures(t *testing.T, f sourceFile) (found []string) {
	foreign := map[string]bool{}
	for i, p := range f.imports(t) {
		if isStandard(p) {
			continue
		}
		name := path.Base(p)
		if f.ast.Imports[i].Name != nil {
			name = f.ast.Imports[i].Name.Name
		}
		foreign[name] = true
	}
	for _, decl := range f.ast.Decls {
		for name, node := range exportedNodes(decl) {
			ast.Inspect(node, func(n ast.Node) bool {
				if s, ok := n.(*ast.SelectorExpr); ok {
					if x, ok := s.X.(*ast.Ident); ok && foreign[x.Name] {
						found = append(found, name+" names "+x.Name+"."+s.Sel.Name)
					}
				}
				return true
			})
		}
	}
	return found
}

// exportedNodes are the parts of a declaration that users see, by the name they see them under.
func exportedNodes(decl ast.Decl) map[string]ast.Node {
	nodes := map[string]ast.Node{}
	switch d := decl.(type) {
	case *ast.FuncDecl:
		if d.Name.IsExported() && (d.Recv == nil || isExportedType(d.Recv.List[0].Type)) {
			nodes[d.Name.Name] = d.Type
		}
	case *ast.GenDecl:
		for _, spec := range d.Specs {
			addSpec(nodes, spec)
		}
	}
	return nodes
}

func addSpec(nodes map[string]ast.Node, spec ast.Spec) {
	switch s := spec.(type) {
	case *ast.ValueSpec:
		for _, name := range s.Names {
			if name.IsExported() && s.Type != nil {
				nodes[name.Name] = s.Type
			}
		}
	case *ast.TypeSpec:
		if !s.Name.IsExported() {
			return
		}
		structure, ok := s.Type.(*ast.StructType)
		if !ok {
			nodes[s.Name.Name] = s.Type
			return
		}
		for _, field := range structure.Fields.List {
			for _, name := range field.Names {
				if name.IsExported() {
					nodes[s.Name.Name+"."+name.Name] = field.Type
				}
			}
			if len(field.Names) == 0 { // embedded: what it has is the struct's too
				nodes[s.Name.Name+" (embedded)"] = field.Type
			}
		}
	}
}

func isExportedType(e ast.Expr) bool {
	switch e := e.(type) {
	case *ast.StarExpr:
		return isExportedType(e.X)
	case *ast.IndexExpr:
		return isExportedType(e.X)
	case *ast.Ident:
		return e.IsExported()
	}
	return false
}

func TestForeignSignaturesAreFound(t *testing.T) {
	const source = `package engine
import ("net"; np "github.com/panjf2000/gnet/v2/pkg/netpoll"; "golang.org/x/sys/unix")
type Shown struct { Field *np.Poller; hidden *np.Poller; unix.Errno; Fine net.Addr }
type Wide interface { Method(np.IOEvent) }
type hidden struct { Field *np.Poller }
func Func(p *np.Poller) {}
func (Shown) Method() []unix.Errno { return nil }
func (hidden) Method() *np.Poller { return nil }
func (Shown) inside() *np.Poller { var p np.Poller; return &p }
var Var np.Poller
`
	parsed, err := parser.ParseFile(token.NewFileSet(), "shown.go", source, 0)
	if err != nil {
		t.Fatal(err)
	}
	found := strings.Join(foreignSignatures(t, sourceFile{"engine/shown.go", parsed}), "\n")
	for _, want := range []string{
		"Shown.Field names np.Poller", "Shown (embedded) names unix.Errno", "Wide names np.IOEvent",
		"Func names np.Poller", "Method names unix.Errno", "Var names np.Poller",
	} {
		if !strings.Contains(found, want) {
			t.Errorf("not found: %s", want)
		}
	}
	if n := strings.Count(found, "names"); n != 6 {
		t.Errorf("%d found, want 6:\n%s", n, found)
	}
}
