// Package limits reads the table of docs/limits.md for the tests that hold it against the code: each package its own part.
package limits

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"
)

// A Row is a limit as the table tells it.
type Row struct {
	Limit   string
	Option  string // such as engine.ListenOptions.Linger; "" when there is none
	Package string // whose limit it is
	Default string
	Flag    string // of the program, without the -; "" when there is none
	Program string // the flag's default
	Beyond  string
	Counted string
}

// key is what a package calls the row by: its option, without the package, or what is limited.
func (r Row) key() string {
	if r.Option == "" {
		return r.Limit
	}
	return strings.TrimPrefix(r.Option, r.Package+".")
}

// columns are those of the table.
const columns = "| limit | option | default | flag | beyond it | counted |"

// Rows are those of the table.
func Rows(t testing.TB) (rows []Row) {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(root(t), "docs", "limits.md"))
	if err != nil {
		t.Fatal(err)
	}
	_, table, found := strings.Cut(string(text), columns+"\n|---|---|---|---|---|---|\n")
	if !found {
		t.Fatalf("docs/limits.md has no table with %s", columns)
	}
	for line := range strings.Lines(table) {
		if !strings.HasPrefix(line, "|") {
			break
		}
		if row, ok := parse(t, line); ok {
			rows = append(rows, row)
		}
	}
	return rows
}

var code = regexp.MustCompile("^`([^`]*)`")

// parse reads a line; not ok: it is a heading.
func parse(t testing.TB, line string) (r Row, ok bool) {
	t.Helper()
	cells := strings.Split(strings.Trim(strings.TrimSpace(line), "|"), "|")
	if len(cells) != strings.Count(columns, "|")-1 {
		t.Fatalf("%d cells: %s", len(cells), line)
	}
	for i := range cells {
		cells[i] = strings.TrimSpace(cells[i])
	}
	if strings.Join(cells[1:], "") == "" {
		return r, false
	}
	r = Row{Limit: cells[0], Default: value(cells[2]), Beyond: cells[4], Counted: cells[5]}
	if option := code.FindStringSubmatch(cells[1]); option != nil {
		r.Option = option[1]
		r.Package, _, _ = strings.Cut(r.Option, ".")
	} else if r.Package, ok = strings.CutPrefix(cells[1], "none, in "); !ok {
		t.Fatalf("an option, or none and where: %s", line)
	}
	if flag := code.FindStringSubmatch(cells[3]); flag != nil {
		r.Flag = strings.TrimPrefix(flag[1], "-")
		r.Program = r.Default
		if own := value(strings.TrimSpace(strings.TrimPrefix(cells[3], flag[0]))); own != "" {
			r.Program = own
		}
	}
	return r, true
}

// value is a cell without what is said behind it.
func value(cell string) string {
	for _, end := range []string{", ", "; ", " ("} {
		cell, _, _ = strings.Cut(cell, end)
	}
	return cell
}

// Check compares the defaults of one package, as Count, Bytes and Period write them, with its part of the table: none may be missing
// on either side. "" is a default that is not compared.
func Check(t *testing.T, pkg string, defaults map[string]string) {
	t.Helper()
	told := map[string]bool{}
	for _, r := range Rows(t) {
		if r.Package != pkg {
			continue
		}
		told[r.key()] = true
		is, there := defaults[r.key()]
		if !there {
			t.Errorf("docs/limits.md tells of %s.%s, which is unknown here", pkg, r.key())
		} else if is != "" && is != r.Default {
			t.Errorf("%s.%s is %s, docs/limits.md says %s", pkg, r.key(), is, r.Default)
		}
		if r.Beyond == "" || r.Counted == "" {
			t.Errorf("docs/limits.md says too little of %s.%s", pkg, r.key())
		}
	}
	for key := range defaults {
		if !told[key] {
			t.Errorf("docs/limits.md does not tell of %s.%s", pkg, key)
		}
	}
}

// root is the module's directory.
func root(t testing.TB) string {
	t.Helper()
	dir, err := filepath.Abs(".")
	if err != nil {
		t.Fatal(err)
	}
	for dir != filepath.Dir(dir) {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
			return dir
		}
		dir = filepath.Dir(dir)
	}
	t.Fatal("there is no go.mod above")
	return ""
}

// Count writes 1048576 as 1,048,576, and what is 0 or less as none.
func Count[N ~int | ~int64](n N) string {
	if n <= 0 {
		return "none"
	}
	s := fmt.Sprint(n)
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}

// Bytes writes 1 MiB, 8 KiB, 100 bytes.
func Bytes[N ~int | ~int64](n N) string {
	switch {
	case n > 0 && n%(1<<20) == 0:
		return Count(n>>20) + " MiB"
	case n > 0 && n%(1<<10) == 0:
		return Count(n>>10) + " KiB"
	case n > 0:
		return Count(n) + " bytes"
	}
	return "none"
}

// Period writes 24 h, 75 s, 5 ms.
func Period(d time.Duration) string {
	switch {
	case d <= 0:
		return "none"
	case d%time.Hour == 0:
		return Count(int64(d/time.Hour)) + " h"
	case d%time.Second == 0:
		return Count(int64(d/time.Second)) + " s"
	}
	return Count(d.Milliseconds()) + " ms"
}
