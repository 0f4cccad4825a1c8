package http

import "bytes"

// requestLine says where the parts of a request line are: the method before methodEnd, the target between the space
// there and targetEnd.
type requestLine struct {
	methodEnd, targetEnd int
	minor                int
}

// parseRequestLine reads method SP target SP version. RFC 9112 3 lets a server take other white space too, and warns
// of what comes of it.
func parseRequestLine(line []byte) (r requestLine, err error) {
	r.methodEnd = span(line, isTchar)
	if r.methodEnd == len(line) {
		return r, ErrRequestLine
	}
	if r.methodEnd == 0 || line[r.methodEnd] != ' ' {
		return r, ErrMethod
	}
	length := bytes.IndexByte(line[r.methodEnd+1:], ' ')
	if length <= 0 {
		return r, ErrRequestLine
	}
	r.targetEnd = r.methodEnd + 1 + length
	// Before the target: that of the HTTP/2 preface is none of ours, and its version is what has to be said.
	if r.minor, err = parseVersion(line[r.targetEnd+1:]); err != nil {
		return r, err
	}
	return r, checkTarget(line[:r.methodEnd], line[r.methodEnd+1:r.targetEnd])
}

// parseVersion reads "HTTP/" DIGIT "." DIGIT, in capitals (RFC 9112 2.3).
func parseVersion(b []byte) (minor int, err error) {
	if len(b) != len("HTTP/1.1") || string(b[:5]) != "HTTP/" || !isDigit(b[5]) || b[6] != '.' || !isDigit(b[7]) {
		return 0, ErrRequestLine
	}
	if b[5] != '1' {
		return 0, ErrVersion
	}
	return min(int(b[7]-'0'), 1), nil // RFC 9110 2.5: a higher minor version is processed as the highest known
}

func isDigit(c byte) bool { return '0' <= c && c <= '9' }

// judgeLongLine says what is too long of a request line that begins with b and fills its limit with it.
func judgeLongLine(b []byte) error {
	switch n := span(b, isTchar); {
	case n == len(b):
		return ErrMethodTooLong // RFC 9112 3: a method longer than any implemented
	case n == 0 || b[n] != ' ':
		return ErrMethod
	}
	return ErrTargetTooLong
}
