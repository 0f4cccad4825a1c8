package hubapi

import (
	"bytes"
	"encoding/json"
	"unicode/utf16"
	"unicode/utf8"
)

// isObject tells whether text is a JSON object in UTF-8 and nothing beside it (RFC 8259). encoding/json alone lets bad UTF-8 pass.
func isObject(text []byte) bool {
	trimmed := skipSpace(text)
	return len(trimmed) > 0 && trimmed[0] == '{' && utf8.Valid(text) && (isPlainObject(text) || json.Valid(text))
}

// members walks over the members of a JSON object that is known to be valid. It looks at nothing below the top level and
// does not recurse, so depth costs nothing.
type members struct{ rest []byte }

func membersOf(object []byte) members { return members{skipSpace(object)[1:]} }

// next returns a member as it is spelled: the name without its quotes but with its escapes, and the value.
func (m *members) next() (name, value []byte, ok bool) {
	m.rest = skipSpace(m.rest)
	if m.rest[0] == ',' {
		m.rest = skipSpace(m.rest[1:])
	}
	if m.rest[0] == '}' {
		return nil, nil, false
	}
	name = m.take(stringEnd(m.rest))
	m.rest = skipSpace(skipSpace(m.rest)[1:]) // the colon
	return name[1 : len(name)-1], m.take(valueEnd(m.rest)), true
}

func (m *members) take(n int) []byte {
	taken := m.rest[:n]
	m.rest = m.rest[n:]
	return taken
}

func skipSpace(text []byte) []byte {
	for i, c := range text {
		if c != ' ' && c != '\t' && c != '\n' && c != '\r' {
			return text[i:]
		}
	}
	return nil
}

func trimSpace(text []byte) []byte { return bytes.Trim(text, " \t\r\n") }

// stringEnd is the length of the string that text begins with, its quotes included.
func stringEnd(text []byte) int {
	i := 1
	for text[i] != '"' {
		if text[i] == '\\' {
			i++
		}
		i++
	}
	return i + 1
}

// valueEnd is the length of the value that text begins with.
func valueEnd(text []byte) int {
	depth := 0
	for i := 0; ; {
		switch text[i] {
		case '"':
			i += stringEnd(text[i:])
		case '{', '[':
			depth++
			i++
		case '}', ']':
			depth--
			i++
		default:
			i += plainEnd(text[i:])
		}
		if depth == 0 {
			return i
		}
	}
}

// plainEnd is the length of what text begins with up to the next quote or bracket: inside an object or array that may be several
// values, outside it is one number or word.
func plainEnd(text []byte) int {
	for i, c := range text {
		switch c {
		case '"', '{', '[', '}', ']', ',', ' ', '\t', '\n', '\r':
			return max(i, 1)
		}
	}
	return len(text)
}

// unescape appends what the inside of a valid JSON string means. It is false for half of a surrogate pair, which means no
// character (RFC 8259 8.2).
func unescape(dst, inside []byte) ([]byte, bool) {
	for i := 0; i < len(inside); i++ {
		if inside[i] != '\\' {
			dst = append(dst, inside[i])
			continue
		}
		i++
		if inside[i] != 'u' {
			dst = append(dst, shortEscape(inside[i]))
			continue
		}
		r, n := unicodeEscape(inside[i+1:])
		if r == utf8.RuneError && n == 0 {
			return dst, false
		}
		dst = utf8.AppendRune(dst, r)
		i += n
	}
	return dst, true
}

func shortEscape(c byte) byte {
	switch c {
	case 'b':
		return '\b'
	case 'f':
		return '\f'
	case 'n':
		return '\n'
	case 'r':
		return '\r'
	case 't':
		return '\t'
	}
	return c // a quote, a slash, a backslash
}

// unicodeEscape reads what follows \u: four digits, or a surrogate pair with the second \u and its digits. n is the number of bytes used,
// 0 when there is only half a pair.
func unicodeEscape(text []byte) (r rune, n int) {
	r = hex4(text)
	if !utf16.IsSurrogate(r) {
		return r, 4
	}
	if len(text) >= 10 && text[4] == '\\' && text[5] == 'u' {
		if pair := utf16.DecodeRune(r, hex4(text[6:])); pair != utf8.RuneError {
			return pair, 10
		}
	}
	return utf8.RuneError, 0
}

func hex4(digits []byte) (r rune) {
	for _, c := range digits[:4] {
		switch {
		case c <= '9':
			c -= '0'
		case c >= 'a':
			c -= 'a' - 10
		default:
			c -= 'A' - 10
		}
		r = r<<4 | rune(c)
	}
	return r
}
