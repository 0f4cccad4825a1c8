package config

import (
	"errors"
	"fmt"
	"strings"

	"github.com/pelletier/go-toml/v2/unstable"
)

// A key is where a key of the file stands.
type key struct {
	name  string
	line  int
	items []int // the lines of an array's items
	table bool  // it is one of what flags cannot be
}

// lineOf is that of an array's item, and of any other value the key's.
func (k key) lineOf(item int) int {
	if item < len(k.items) {
		return k.items[item]
	}
	return k.line
}

// misplaced is something that is wrong with the keys, whatever their values.
type misplaced struct {
	line int
	key  string
	err  error
}

var errTable = errors.New("tables have no place here: each key is the name of a flag")

// readOutline finds the keys up to where the text is no TOML.
func readOutline(text []byte) (keys []key, wrong []misplaced) {
	var p unstable.Parser
	p.Reset(text)
	lines := map[string]int{}
	for p.NextExpression() {
		k := outlineOf(&p, p.Expression())
		switch before := lines[k.name]; {
		case k.table:
			wrong = append(wrong, misplaced{k.line, k.name, errTable})
		case before > 0:
			wrong = append(wrong, misplaced{k.line, k.name, fmt.Errorf("it stands in line %d already", before)})
		default:
			lines[k.name] = k.line
		}
		if keys = append(keys, k); p.Expression().Kind != unstable.KeyValue {
			break // what follows is the table's
		}
	}
	return keys, wrong
}

func outlineOf(p *unstable.Parser, e *unstable.Node) key {
	lineOf := func(n *unstable.Node) int { return p.Shape(n.Raw).Start.Line }
	var k key
	var names []string
	for parts := e.Key(); parts.Next(); {
		if len(names) == 0 {
			k.line = lineOf(parts.Node())
		}
		names = append(names, string(parts.Node().Data))
	}
	k.name, k.table = strings.Join(names, "."), e.Kind != unstable.KeyValue || len(names) > 1
	if e.Kind != unstable.KeyValue || e.Value().Kind != unstable.Array {
		return k
	}
	for items := e.Value().Children(); items.Next(); {
		if items.Node().Kind == unstable.String {
			k.items = append(k.items, lineOf(items.Node()))
		}
	}
	return k
}
