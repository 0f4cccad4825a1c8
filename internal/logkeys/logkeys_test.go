package logkeys

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// keys are those that lines have. A connection's conn, addr and uid come from its Log.
var keys = []string{
	"absent", "addr", "before", "budget", "bytes", "cause", "changed", "code", "err", "for", "group", "is", "key", "last", "listener", "loop",
	"panic", "path", "pattern", "process", "proxy", "refusal", "restart", "signal", "slow", "stack", "status", "uid", "used", "version", "was", "wrong",
}

// levels are the methods of a slog.Logger that log, with the place of their message.
var levels = map[string]int{"Debug": 0, "Info": 0, "Warn": 0, "Error": 0, "Log": 2}

func TestLines(t *testing.T) {
	found := 0
	for _, dir := range []string{"engine", "hub", "codec", "hubapi", "identity", "cmd/demo"} {
		err := filepath.WalkDir(filepath.Join("../..", dir), func(name string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() || !strings.HasSuffix(name, ".go") || strings.HasSuffix(name, "_test.go") {
				return err
			}
			files := token.NewFileSet()
			file, err := parser.ParseFile(files, name, nil, 0)
			if err != nil {
				return err
			}
			ast.Inspect(file, func(n ast.Node) bool {
				if args := line(n); args != nil {
					found++
					for _, wrong := range check(args) {
						t.Errorf("%s: %s", files.Position(n.Pos()), wrong)
					}
				}
				return true
			})
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	if found < 40 {
		t.Errorf("%d lines are found", found)
	}
}

// line is what a call logs, from its message on; nil when it is no such call.
func line(n ast.Node) []ast.Expr {
	call, _ := n.(*ast.CallExpr)
	if call == nil {
		return nil
	}
	method, _ := call.Fun.(*ast.SelectorExpr)
	if method == nil {
		return nil
	}
	at, logs := levels[method.Sel.Name]
	if !logs || !isLogger(method.X) || len(call.Args) <= at {
		return nil
	}
	return call.Args[at:]
}

// isLogger goes by the name: log, or something's log or Logger().
func isLogger(x ast.Expr) bool {
	switch x := x.(type) {
	case *ast.Ident:
		return x.Name == "log" || x.Name == "slog"
	case *ast.SelectorExpr:
		return x.Sel.Name == "log"
	case *ast.CallExpr:
		f, _ := x.Fun.(*ast.SelectorExpr)
		return f != nil && strings.EqualFold(f.Sel.Name, "logger")
	}
	return false
}

func check(args []ast.Expr) (wrong []string) {
	if _, constant := text(args[0]); !constant {
		wrong = append(wrong, "the message is not constant")
	}
	for i := 1; i < len(args); i++ {
		key, isKey := text(args[i])
		switch {
		case !isKey: // an attribute
		case key == "conn":
			wrong = append(wrong, "conn comes from Log")
		case !slices.Contains(keys, key):
			wrong = append(wrong, "the key "+key+" is new: is there none that says it?")
		}
		if isKey {
			i++ // its value
		}
	}
	return wrong
}

func text(x ast.Expr) (string, bool) {
	literal, _ := x.(*ast.BasicLit)
	if literal == nil || literal.Kind != token.STRING {
		return "", false
	}
	s, err := strconv.Unquote(literal.Value)
	return s, err == nil
}

// What it looks for is found.
func TestCheck(t *testing.T) {
	for source, want := range map[string]int{
		`log.Info("m")`: 0,
		`s.log.Warn("m", c.Log(), "err", err, "group", "conn")`: 0,
		`l.Logger().Error("m" + x)`:                             1,
		`log.Debug("m", "conn", c.ID())`:                        1,
		`slog.Log(ctx, level, "m", "remote", addr, "err", err)`: 1,
		`x.Info("m"+y, "remote", addr)`:                         -1,
	} {
		x, err := parser.ParseExpr(source)
		if err != nil {
			t.Fatal(err)
		}
		got := -1
		if args := line(x); args != nil {
			got = len(check(args))
		}
		if got != want {
			t.Errorf("%s: %d, want %d", source, got, want)
		}
	}
}
