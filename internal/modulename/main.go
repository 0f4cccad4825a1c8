// Command modulename gives the module in the present folder another name: in the go.mod files, in import lines and whatever else
// names a package by its path, and in the commands that embed it.
//
//	modulename example.com/x
//
// The name of the project, and of its program, stays what it is. A second time nothing changes, and the old name given again
// brings the old tree back. `make module PATH=example.com/x` calls it.
package main

import (
	"bytes"
	"errors"
	"fmt"
	"go/format"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
)

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "modulename:", err)
		os.Exit(1)
	}
}

// goodName is a module path as the go command takes it (golang.org/x/mod/module.CheckPath): a part does not begin with a hyphen
// or a dot, nor end with a dot.
var goodName = regexp.MustCompile(`^[A-Za-z0-9_~]([A-Za-z0-9_~.-]*[A-Za-z0-9_~-])?(/[A-Za-z0-9_~]([A-Za-z0-9_~.-]*[A-Za-z0-9_~-])?)*$`)

func run(args []string) error {
	if len(args) != 1 || !goodName.MatchString(args[0]) {
		return fmt.Errorf("%q: want one path such as example.com/x", args)
	}
	name := args[0]
	old, err := moduleName("go.mod")
	if err != nil || old == name {
		return err
	}
	folders, err := packageFolders()
	if err != nil {
		return err
	}
	return renameAll(newRenaming(old, name, folders))
}

// moduleName is the name that a go.mod file gives.
func moduleName(file string) (string, error) {
	p, err := os.ReadFile(file)
	if err != nil {
		return "", err
	}
	found := regexp.MustCompile(`(?m)^module (\S+)$`).FindSubmatch(p)
	if found == nil {
		return "", fmt.Errorf("%s: no module line", file)
	}
	return string(found[1]), nil
}

// packageFolders are the folders at the root: behind the module's name and a slash, one of them makes a package's path.
func packageFolders() (folders []string, err error) {
	entries, err := os.ReadDir(".")
	for _, e := range entries {
		if e.IsDir() && !strings.HasPrefix(e.Name(), ".") {
			folders = append(folders, regexp.QuoteMeta(e.Name()))
		}
	}
	if len(folders) == 0 {
		err = errors.Join(err, errors.New("no folders: this is not the root of a module"))
	}
	return folders, err
}

// renaming changes text that names a module.
type renaming struct {
	places []*regexp.Regexp // each with what is in front of the name, the name, and what is behind it
	name   []byte
}

// newRenaming knows the places where the old name means the module. Everywhere else it is just a word.
func newRenaming(old, name string, folders []string) renaming {
	old = "(" + regexp.QuoteMeta(old) + ")"
	r := renaming{name: []byte(name)}
	for _, place := range []string{
		`(^|[^\w./~@-])` + old + `(/(?:(?:` + strings.Join(folders, "|") + `)\b|"))`, // a package, or "module/"
		`(?m)(^(?:module|replace|require)[ \t]+|^[ \t]+)` + old + `([ \t]+(?:v0\.0\.0|=>)|[ \t]*$)`,
		`(-require=)` + old + `(@)`,
		`(-replace=)` + old + `(=)`,
		`(\bmodule = ")` + old + `(")`,
	} {
		r.places = append(r.places, regexp.MustCompile(place))
	}
	return r
}

func (r renaming) text(p []byte) []byte {
	for _, place := range r.places {
		p = place.ReplaceAllFunc(p, func(found []byte) []byte {
			part := place.FindSubmatch(found)
			return bytes.Join([][]byte{part[1], r.name, part[3]}, nil)
		})
	}
	return p
}

// renameAll changes every file below the present folder. The root's go.mod, which tells how far this has come, is the last.
func renameAll(r renaming) error {
	err := filepath.WalkDir(".", func(path string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir() && path != "." && skipped(d.Name()):
			return filepath.SkipDir
		case !d.Type().IsRegular() || path == "go.mod":
			return nil
		}
		return r.file(path)
	})
	if err != nil {
		return err
	}
	return r.file("go.mod")
}

// skipped are folders with nothing of ours: git's, and what has been built or installed. What the gate runs is ours.
func skipped(folder string) bool {
	return strings.HasPrefix(folder, ".") && folder != ".ci" || folder == "node_modules" || folder == "testdata" || folder == "bin"
}

func (r renaming) file(path string) error {
	before, err := os.ReadFile(path)
	if err != nil || bytes.IndexByte(before, 0) >= 0 { // no text
		return err
	}
	after := r.text(before)
	if bytes.Equal(before, after) {
		return nil
	}
	if strings.HasSuffix(path, ".go") {
		if after, err = format.Source(after); err != nil { // imports are sorted by name
			return fmt.Errorf("%s: %w", path, err)
		}
	}
	return os.WriteFile(path, after, 0) // which keeps the mode of a file that is there
}
