package hubapi

import (
	"os"
	"regexp"
	"strings"
	"testing"
)

// document is what docs/backend.md says of the commands.
type document struct {
	examples []string          // the lines of its examples
	rows     map[string]string // of its table, by command
}

var commandRow = regexp.MustCompile("^\\| `([a-z]+)` \\|(.*)\\|$")

func readDocument(t *testing.T) (d document) {
	t.Helper()
	text, err := os.ReadFile("../docs/backend.md")
	if err != nil {
		t.Fatal(err)
	}
	d.rows = map[string]string{}
	block := ""
	for line := range strings.Lines(string(text)) {
		line = strings.TrimSuffix(line, "\n")
		fence, isFence := strings.CutPrefix(line, "```")
		switch {
		case isFence:
			block = fence
		case block == "text":
			d.examples = append(d.examples, line)
		case commandRow.MatchString(line):
			row := commandRow.FindStringSubmatch(line)
			d.rows[row[1]] = row[2]
		}
	}
	return d
}

// Each command has a row that names its members, and an example of ok; each that can fail for good reasons one of fail.
func TestDocumentIsComplete(t *testing.T) {
	d := readDocument(t)
	if len(d.rows) != len(commands) {
		t.Errorf("the table has %d rows for %d commands", len(d.rows), len(commands))
	}
	for name, c := range commands {
		row, there := d.rows[name]
		if !there {
			t.Errorf("%s: not in the table", name)
		}
		for k := range keyCount {
			if named := strings.Contains(row, "`"+keyNames[k]+"`"); k != keyCommand && c.takes.has(k) && !named {
				t.Errorf("%s: the row does not name %s", name, keyNames[k])
			}
		}
		if d.answers(name, "ok") == 0 {
			t.Errorf("%s: no example", name)
		}
		if setsOrSends := c.takes&pageKeys == 0 && name != "online" && name != "count"; setsOrSends && d.answers(name, "fail") == 0 {
			t.Errorf("%s: no example of fail", name)
		}
	}
}

// answers counts the examples of a command that are answered with a word.
func (d document) answers(command, word string) (n int) {
	for i, line := range d.examples {
		if strings.HasPrefix(line, `> {"$cmd":"`+command+`"`) && strings.HasPrefix(d.examples[i+1], "< "+word) {
			n++
		}
	}
	return n
}
