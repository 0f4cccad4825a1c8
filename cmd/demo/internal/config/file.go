package config

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"

	"github.com/pelletier/go-toml/v2"
)

// readFile is the parser that ff calls. What is wrong with the file is in the reading; the error is of reading it at all.
func (r *Reading) readFile(file io.Reader, set func(name, value string) error) error {
	text, err := io.ReadAll(file)
	if err != nil {
		return err
	}
	text = bytes.TrimPrefix(text, []byte("\ufeff")) // editors of Windows put it there
	keys, outline := readOutline(text)
	for _, p := range outline {
		r.add(r.place(p.line, p.key), p.err)
	}
	var values map[string]any
	if err := toml.Unmarshal(text, &values); err != nil {
		if len(outline) == 0 { // else it is one of those
			r.badFile(keys, err)
		}
		return nil
	}
	defer func() { r.line = 0 }()
	for _, k := range keys {
		if k.table {
			continue
		}
		if err := r.setKey(k, values[k.name], set); err != nil {
			r.add(r.place(k.line, k.name), err)
		}
	}
	return nil
}

// badFile adds what is no TOML.
func (r *Reading) badFile(keys []key, err error) {
	var at *toml.DecodeError
	if !errors.As(err, &at) {
		r.add(r.Path(), err)
		return
	}
	line, _ := at.Position()
	place := fmt.Sprintf("%s:%d", r.Path(), line)
	if i := slices.IndexFunc(keys, func(k key) bool { return k.line == line }); i >= 0 {
		place = r.place(line, keys[i].name)
	}
	r.add(place, errors.New(strings.TrimPrefix(at.Error(), "toml: ")))
}

var errUnknown = errors.New("there is no such key")

// setKey sets a flag to what stands in the file, unless it is set already.
func (r *Reading) setKey(k key, value any, set func(name, value string) error) error {
	f := r.flags.Lookup(k.name)
	switch {
	case f == nil:
		return errUnknown
	case f.Name == r.sources.File || slices.Contains(r.sources.CommandLine, f.Name):
		return fmt.Errorf("this is only for the command line: -%s", f.Name)
	}
	values, err := texts(f.Value, value)
	if err != nil || r.places[k.name] != "" {
		return err // what is set elsewhere has been looked at, as far as that goes
	}
	for i, v := range values {
		r.line = k.lineOf(i)
		if err := set(k.name, v); err != nil {
			return err
		}
	}
	return nil
}

// texts are a key's value as the flag's own Set takes it, or those of an array.
func texts(of interface{ Set(string) error }, value any) ([]string, error) {
	_, repeatable := of.(interface{ repeatable() })
	items, isArray := value.([]any)
	switch {
	case repeatable && isArray:
	case repeatable:
		return nil, errors.New(`want an array of strings, such as ["a", "b"]`)
	default:
		items = []any{value}
	}
	all := make([]string, len(items))
	for i, item := range items {
		text, err := text(of, item)
		if err != nil {
			return nil, err
		}
		all[i] = text
	}
	return all, nil
}

// text is one value, of the type that the flag wants.
func text(of any, value any) (string, error) {
	if b, ok := of.(interface{ IsBoolFlag() bool }); ok && b.IsBoolFlag() {
		if v, ok := value.(bool); ok {
			return strconv.FormatBool(v), nil
		}
		return "", errors.New("want true or false")
	}
	switch v := value.(type) {
	case string:
		return v, nil
	case int64:
		if _, takes := of.(interface{ takesNumbers() }); takes {
			return strconv.FormatInt(v, 10), nil
		}
	}
	return "", errors.New("want a string in quotes" + orNumber(of))
}

func orNumber(of any) string {
	if _, takes := of.(interface{ takesNumbers() }); takes {
		return ", or a whole number"
	}
	return ""
}
