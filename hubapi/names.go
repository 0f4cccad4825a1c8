package hubapi

import "bytes"

// longestSpelling is the most bytes that the longest key, of commands too, can take, each of its characters as \u0000.
const longestSpelling = 6 * len("except")

// indexOf finds a member's name, as it is spelled, among the keys.
func indexOf(keys []string, name []byte) int {
	if len(name) > longestSpelling {
		return -1
	}
	var plain [longestSpelling]byte
	if bytes.IndexByte(name, '\\') >= 0 {
		var ok bool
		if name, ok = unescape(plain[:0], name); !ok {
			return -1
		}
	}
	for i, key := range keys {
		if string(name) == key {
			return i
		}
	}
	return -1
}

// identifier is what a uid's or a group's value, as it is spelled, stands for.
func identifier(value []byte) (string, bool) {
	if isInteger(value) {
		return string(value), true
	}
	if value[0] != '"' {
		return "", false
	}
	inside := value[1 : len(value)-1]
	if bytes.IndexByte(inside, '\\') < 0 {
		return string(inside), len(inside) > 0
	}
	name, ok := unescape(nil, inside)
	return string(name), ok
}

// isInteger tells whether a valid JSON value is a number written as an integer. -0 is the integer 0 to one reader and a fraction to another,
// so it is nobody's uid.
func isInteger(value []byte) bool {
	digits := bytes.TrimPrefix(value, []byte{'-'})
	for _, c := range digits {
		if c < '0' || c > '9' {
			return false
		}
	}
	return len(digits) > 0 && string(value) != "-0"
}
