package hubapi

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"strconv"
)

// maxNames is how many uids or groups one list may have: it bounds what one line makes a loop do at once.
const maxNames = 10000

// text is what a string means. A missing one is an error.
func (r *request) text(k key) (string, error) {
	value := r.values[k]
	switch {
	case value == nil:
		return "", wrong(k, "missing")
	case value[0] != '"':
		return "", wrong(k, "want a string")
	}
	inside := value[1 : len(value)-1]
	if bytes.IndexByte(inside, '\\') < 0 {
		return string(inside), nil
	}
	plain, whole := unescape(nil, inside)
	if !whole {
		return "", wrong(k, "half of a surrogate pair is no character")
	}
	return string(plain), nil
}

// name is one uid or group.
func (r *request) name(k key) (string, error) {
	value := r.values[k]
	if value == nil {
		return "", wrong(k, "missing")
	}
	name, ok := identifier(value)
	if !ok {
		return "", wrong(k, "want a string that is not empty, or an integer")
	}
	return name, nil
}

// names are one uid or group, or a list of them, each once. None, without an error, when the member is missing.
func (r *request) names(k key) (names []string, err error) {
	value := r.values[k]
	if value == nil {
		return nil, nil
	}
	if value[0] != '[' {
		name, ok := identifier(value)
		if !ok {
			return nil, wrong(k, "want a string that is not empty, an integer, or a list of them")
		}
		return []string{name}, nil
	}
	return r.list(k, value)
}

func (r *request) list(k key, value []byte) (names []string, err error) {
	seen := make(map[string]bool)
	all := elements{value[1:]}
	for value, ok := all.next(); ok; value, ok = all.next() {
		name, ok := identifier(value)
		switch {
		case !ok:
			return nil, wrong(k, "the list has something that is neither a string that is not empty nor an integer")
		case seen[name]:
			continue
		case len(names) == maxNames:
			return nil, wrong(k, fmt.Sprintf("more than %d in the list", maxNames))
		}
		seen[name] = true
		names = append(names, name)
	}
	return names, nil
}

// required is names for a member that must be there.
func (r *request) required(k key) ([]string, error) {
	if r.values[k] == nil {
		return nil, wrong(k, "missing")
	}
	return r.names(k)
}

// bytes is what a string of base64 stands for (RFC 4648 4: the usual alphabet, with padding).
func (r *request) bytes(k key) ([]byte, error) {
	text, err := r.text(k)
	if err != nil {
		return nil, err
	}
	data, err := base64.StdEncoding.Strict().DecodeString(text)
	if err != nil {
		return nil, wrong(k, "want base64")
	}
	return data, nil
}

// integer is a number from least to most; usual when the member is missing.
func (r *request) integer(k key, least, most, usual int) (int, error) {
	value := r.values[k]
	if value == nil {
		return usual, nil
	}
	n, err := strconv.Atoi(string(value))
	if err != nil || !isInteger(value) || n < least || n > most {
		return 0, wrong(k, fmt.Sprintf("want an integer from %d to %d", least, most))
	}
	return n, nil
}

// elements walks over a JSON array that is known to be valid, from behind its bracket.
type elements struct{ rest []byte }

func (e *elements) next() (value []byte, ok bool) {
	e.rest = skipSpace(e.rest)
	if e.rest[0] == ',' {
		e.rest = skipSpace(e.rest[1:])
	}
	if e.rest[0] == ']' {
		return nil, false
	}
	n := valueEnd(e.rest)
	value, e.rest = e.rest[:n], e.rest[n:]
	return value, true
}
