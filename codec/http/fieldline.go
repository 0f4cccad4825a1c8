package http

import "encoding/binary"

// fieldLine says where the parts of a field line are.
type fieldLine struct {
	nameEnd         int
	value, valueEnd int
}

// parseFieldLine reads name ":" OWS value OWS (RFC 9112 5).
func parseFieldLine(line []byte) (f fieldLine, err error) {
	f.nameEnd = span(line, isTchar)
	switch {
	case isBlank(line[0]):
		return f, ErrFold
	case f.nameEnd == len(line):
		return f, ErrFieldLine
	case f.nameEnd == 0 || line[f.nameEnd] != ':':
		return f, ErrFieldName
	}
	f.value, f.valueEnd = f.nameEnd+1, len(line)
	for f.value < f.valueEnd && isBlank(line[f.value]) {
		f.value++
	}
	for f.value < f.valueEnd && isBlank(line[f.valueEnd-1]) {
		f.valueEnd--
	}
	if !validValue(line[f.value:f.valueEnd]) {
		return f, ErrFieldValue
	}
	return f, nil
}

// validValue reports that no byte is a control byte, HTAB left out (RFC 9110 5.5). Values are most of a head, so it
// looks at words of eight bytes, and one by one only at the words in which something may be wrong, and at the rest.
func validValue(b []byte) bool {
	for len(b) >= 8 {
		if suspicious(binary.LittleEndian.Uint64(b)) && !validBytes(b[:8]) {
			return false
		}
		b = b[8:]
	}
	return validBytes(b)
}

func validBytes(b []byte) bool {
	for _, c := range b {
		if class[c]&isControl != 0 {
			return false
		}
	}
	return true
}

// suspicious reports whether a byte of the word is below 0x20 or is 0x7F. A byte that is too low borrows from the one
// above it, which can raise a false alarm there but never hides a true one.
func suspicious(word uint64) bool {
	const each, top = 0x0101010101010101, 0x8080808080808080
	below := (word - 0x20*each) &^ word
	del := word ^ 0x7F*each
	return (below|(del-each)&^del)&top != 0
}
