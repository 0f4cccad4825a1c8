package http

import (
	"bytes"
	"iter"
)

// Field is one field line (RFC 9110 5.1).
type Field struct {
	// Name is a token. Names are compared without regard to the case of ASCII letters.
	Name []byte
	// Value is without the blanks around it (RFC 9110 5.5). Bytes from 0x80 on are possible and mean nothing.
	Value []byte
}

// NewField makes a field for a response. Nothing is checked before it is appended.
func NewField(name, value string) Field { return Field{[]byte(name), []byte(value)} }

// Fields are field lines in the order they came or are to be sent; names may repeat. Looking one up goes through all:
// there are few. What the methods return aliases the fields and is valid as long as they are.
type Fields []Field

// Get returns the value of the first field of the name, nil when there is none; an empty value is not nil.
func (f Fields) Get(name string) []byte {
	if i := f.index(name); i >= 0 {
		return f[i].Value
	}
	return nil
}

// Has reports whether there is a field of the name.
func (f Fields) Has(name string) bool { return f.index(name) >= 0 }

func (f Fields) index(name string) int {
	for i := range f {
		if equalFold(f[i].Name, name) {
			return i
		}
	}
	return -1
}

// Count returns how many lines have the name.
func (f Fields) Count(name string) int {
	n := 0
	for range f.Values(name) {
		n++
	}
	return n
}

// Values yields the value of each line of the name, in order.
func (f Fields) Values(name string) iter.Seq[[]byte] {
	return func(yield func([]byte) bool) {
		for i := range f {
			if equalFold(f[i].Name, name) && !yield(f[i].Value) {
				return
			}
		}
	}
}

// List yields the elements of the comma-separated lists in all lines of the name, as one list (RFC 9110 5.3): in
// order, without the blanks around them, empty ones left out (RFC 9110 5.6.1.2). It is for lists of tokens, such as
// Connection: a comma in a quoted string would be taken for the end of an element.
func (f Fields) List(name string) iter.Seq[[]byte] {
	return func(yield func([]byte) bool) {
		for value := range f.Values(name) {
			if !eachElement(value, yield) {
				return
			}
		}
	}
}

// HasToken reports whether token is an element of the lists of the name, without regard to the case of ASCII letters,
// as in Connection and Upgrade (RFC 9110 7.6.1, 7.8).
func (f Fields) HasToken(name, token string) bool {
	for element := range f.List(name) {
		if equalFold(element, token) {
			return true
		}
	}
	return false
}

func eachElement(list []byte, yield func([]byte) bool) bool {
	for more := true; more; {
		var element []byte
		element, list, more = cutElement(list)
		if len(element) > 0 && !yield(element) {
			return false
		}
	}
	return true
}

// cutElement cuts the first element off a list; more says that a comma followed it.
func cutElement(list []byte) (element, rest []byte, more bool) {
	i := bytes.IndexByte(list, ',')
	if i < 0 {
		return trimBlanks(list), nil, false
	}
	return trimBlanks(list[:i]), list[i+1:], true
}

// clone copies the fields and what they alias.
func (f Fields) clone() Fields {
	if len(f) == 0 {
		return nil
	}
	c, _, _ := (&Head{Fields: f}).copyTo(nil, nil)
	return c.Fields
}
