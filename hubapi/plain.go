package hubapi

import "bytes"

// isPlainObject tells of most objects that are pushed, in a fraction of the time that encoding/json takes, that they are valid JSON
// but for their UTF-8: all values are strings without escapes, integers, true, false or null. false says nothing.
func isPlainObject(text []byte) bool {
	rest, ok := skipByte(text, '{')
	for ok {
		if rest, ok = skipPlainString(rest); !ok {
			return false
		}
		if rest, ok = skipByte(rest, ':'); !ok {
			return false
		}
		if rest, ok = skipPlainValue(rest); !ok {
			return false
		}
		end, ended := skipByte(rest, '}')
		if ended {
			return len(skipSpace(end)) == 0
		}
		rest, ok = skipByte(rest, ',')
	}
	return false
}

// skipByte goes past c and the space around it. false: something else comes.
func skipByte(text []byte, c byte) (rest []byte, ok bool) {
	if text = skipSpace(text); len(text) == 0 || text[0] != c {
		return text, false
	}
	return skipSpace(text[1:]), true
}

func skipPlainValue(text []byte) (rest []byte, ok bool) {
	switch {
	case len(text) == 0:
		return nil, false
	case text[0] == '"':
		return skipPlainString(text)
	case text[0] == '-' || isDigit(text[0]):
		return skipInteger(text)
	}
	for _, word := range [...]string{"true", "false", "null"} {
		if bytes.HasPrefix(text, []byte(word)) {
			return text[len(word):], true
		}
	}
	return nil, false
}

// skipPlainString goes past a string. RFC 8259 7: a control character has to be escaped, DEL not.
func skipPlainString(text []byte) (rest []byte, ok bool) {
	if len(text) == 0 || text[0] != '"' {
		return nil, false
	}
	for i := 1; i < len(text); i++ {
		switch c := text[i]; {
		case c == '"':
			return text[i+1:], true
		case c < 0x20 || c == '\\':
			return nil, false
		}
	}
	return nil, false
}

// skipInteger goes past a number, which no fraction or exponent follows: whatever comes behind it has to be a comma or the end.
func skipInteger(text []byte) (rest []byte, ok bool) {
	digits := bytes.TrimPrefix(text, []byte("-"))
	n := 0
	for n < len(digits) && isDigit(digits[n]) {
		n++
	}
	return digits[n:], n == 1 || n > 1 && digits[0] != '0'
}

func isDigit(c byte) bool { return '0' <= c && c <= '9' }
