package hubapi

import (
	"bytes"
	"encoding/json"
	"regexp"
	"strings"
	"testing"
	"unicode/utf8"
)

// member is what encoding/json makes of one member of an object.
type member struct {
	name  string
	value json.RawMessage
}

// membersByJSON is the oracle: the object's members in order, or false when text is not one object in UTF-8.
func membersByJSON(text []byte) (list []member, ok bool) {
	if !utf8.Valid(text) || !json.Valid(text) {
		return nil, false
	}
	d := json.NewDecoder(bytes.NewReader(text))
	if begin, err := d.Token(); err != nil || begin != json.Delim('{') {
		return nil, false
	}
	for d.More() {
		name, err := d.Token()
		if err != nil {
			return nil, false
		}
		var value json.RawMessage
		if err := d.Decode(&value); err != nil {
			return nil, false
		}
		list = append(list, member{name.(string), value})
	}
	return list, true
}

// routed is the value of each key, and false when one of them stands twice.
func routed(list []member, keys []string) (values map[string]json.RawMessage, ok bool) {
	values = map[string]json.RawMessage{}
	for _, m := range list {
		for _, key := range keys {
			if m.name != key {
				continue
			}
			if values[key] != nil {
				return nil, false
			}
			values[key] = m.value
		}
	}
	return values, true
}

var (
	integer     = regexp.MustCompile(`^(0|-?[1-9][0-9]*)$`)
	replacement = regexp.MustCompile(`(?i)\\ufffd|` + "\ufffd")
)

// identifierByJSON knows half a surrogate pair by the U+FFFD that encoding/json puts in its place.
func identifierByJSON(value json.RawMessage) (string, bool) {
	if integer.Match(value) {
		return string(value), true
	}
	var s *string
	if json.Unmarshal(value, &s) != nil || s == nil || *s == "" {
		return "", false
	}
	spelled := replacement.FindAllIndex(bytes.ReplaceAll(value, []byte(`\\`), nil), -1)
	return *s, strings.Count(*s, "\ufffd") == len(spelled)
}

func targetByJSON(line []byte) (target, bool) {
	list, ok := membersByJSON(line)
	values, once := routed(list, lineKeys[:])
	if !ok || !once || len(line) > maxLine || values[commandKey] != nil {
		return target{}, false
	}
	for kind, key := range []string{"uid", "group"} {
		if value := values[key]; value != nil {
			name, ok := identifierByJSON(value)
			if !ok {
				return target{}, false
			}
			return target{targetKind(kind), name}, true
		}
	}
	if string(values["all"]) != "true" {
		return target{}, false
	}
	return target{kind: toAll}, true
}

func wishByJSON(message []byte) (Wish, bool) {
	list, ok := membersByJSON(message)
	values, once := routed(list, wishKeys[:])
	if !ok || !once || len(message) > maxLine || len(values) != 1 {
		return Wish{}, false
	}
	for key, value := range values {
		if group, ok := identifierByJSON(value); ok {
			return Wish{Group: group, Leave: key == "leave"}, true
		}
	}
	return Wish{}, false
}

func TestParseLineAgainstJSON(t *testing.T) {
	for _, test := range lineTests {
		if want, ok := targetByJSON([]byte(test.line)); want != test.want || ok != (test.err == nil) {
			t.Errorf("%s: the oracle says %v, %v", test.name, want, ok)
		}
	}
}

func TestMembersAgainstJSON(t *testing.T) {
	for _, test := range lineTests {
		checkMembers(t, []byte(test.line))
	}
}

// checkMembers compares the walk over a text with encoding/json's.
func checkMembers(t *testing.T, text []byte) {
	t.Helper()
	want, ok := membersByJSON(text)
	if got := isObject(text); got != ok {
		t.Fatalf("%.200q is an object: %v", text, got)
	}
	if !ok {
		return
	}
	all := membersOf(text)
	for _, m := range want {
		name, value, ok := all.next()
		if !ok || !bytes.Equal(value, m.value) {
			t.Fatalf("%.200q: value %q, %v, want %q", text, value, ok, m.value)
		}
		if plain, whole := unescape(nil, name); whole && string(plain) != m.name || !whole && !strings.Contains(m.name, "\ufffd") {
			t.Fatalf("%.200q: name %q, want %q", text, plain, m.name)
		}
	}
	if name, _, ok := all.next(); ok {
		t.Fatalf("%.200q: another member, %q", text, name)
	}
}

func FuzzLine(f *testing.F) {
	for _, test := range lineTests {
		if len(test.line) < 1000 {
			f.Add([]byte(test.line))
		}
	}
	f.Fuzz(func(t *testing.T, line []byte) {
		before := bytes.Clone(line)
		got, err := parseLine(line)
		if want, ok := targetByJSON(line); got != want || ok != (err == nil) {
			t.Fatalf("%q: got %v, %v, want %v, %v", line, got, err, want, ok)
		}
		checkMembers(t, line)
		if !bytes.Equal(line, before) {
			t.Fatalf("%q was changed to %q", before, line)
		}
	})
}

func FuzzWish(f *testing.F) {
	for _, seed := range []string{
		`{"join":"g"}`, `{"leave":"g"}`, `{"join":7,"x":[{}]}`, `{"join":"a","leave":"b"}`, `{"join":"a","\u006aoin":"b"}`,
		`{"leave":null}`, `{"join":"\ud83d\ude00"}`, `{"join":"\ud83d"}`, `[]`, `{}`, `{"leave":-0}`, ` { "leave" : -12 } `,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, message []byte) {
		got, err := ParseWish(message)
		if want, ok := wishByJSON(message); got != want || ok != (err == nil) {
			t.Fatalf("%q: got %v, %v, want %v, %v", message, got, err, want, ok)
		}
	})
}
