package hubapi

import (
	"encoding/json"
	"errors"
	"net/url"
	"slices"
	"unicode/utf8"
)

var errQuery = errors.New("the query cannot be read")

// question reads a call without a body as the command of that name: the member inPath stands in its path, unless that is
// keyCommand, the others in its query.
func question(command string, inPath key) func(c *call) (action, error) {
	return func(c *call) (action, error) {
		r, err := readQuery(c.query)
		if err != nil {
			return nil, err
		}
		if inPath != keyCommand {
			if r.values[inPath] != nil {
				return nil, wrong(inPath, "stands twice")
			}
			if r.values[inPath], err = quoted(inPath, c.value); err != nil {
				return nil, err
			}
		}
		return r.action(command)
	}
}

// readQuery makes of a query what readRequest makes of an object. A name that stands several times is a list.
func readQuery(query string) (r request, err error) {
	all, err := url.ParseQuery(query)
	if err != nil {
		return r, errQuery
	}
	for name, values := range all {
		k := key(slices.Index(keyNames[1:], name) + 1)
		if k == keyCommand { // also what is not found
			r.unknown, _ = json.Marshal(name)
			r.unknown = r.unknown[1 : len(r.unknown)-1]
			continue
		}
		if r.values[k], err = memberOf(k, values); err != nil {
			return r, err
		}
	}
	return r, nil
}

// memberOf spells the values of one name in a query as a member's value.
func memberOf(k key, values []string) ([]byte, error) {
	switch {
	case k == keyAll || k == keyLimit:
		if len(values) > 1 {
			return nil, wrong(k, "stands twice")
		}
		return []byte(values[0]), nil // read as words, not taken apart
	case len(values) == 1:
		return quoted(k, values[0])
	}
	for _, v := range values {
		if !utf8.ValidString(v) {
			return nil, wrong(k, "not UTF-8")
		}
	}
	return json.Marshal(values)
}

func quoted(k key, text string) ([]byte, error) {
	if !utf8.ValidString(text) {
		return nil, wrong(k, "not UTF-8")
	}
	return json.Marshal(text)
}
