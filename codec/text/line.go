package text

import (
	"bytes"
	"errors"
	"slices"
)

// ErrNewline is returned for a payload with a \n before its end: it would arrive as two messages. Nothing of it is sent.
var ErrNewline = errors.New("text: newline inside a line")

// AppendLine appends payload to dst as one line and returns the longer slice.
//
// One line end that the payload has already, \n or \r\n, is the line's own and stays as it is. A payload without one gets \n;
// if it ends in a \r of its own it gets \r\n, of which a Decoder drops exactly what was added. So a Decoder returns the payload
// byte for byte, less the line end that it came with. A \r elsewhere is a byte like any other. (A reader that drops every
// trailing \r, as PHP's Workerman does, does not see the payload's own either.)
//
// With ErrNewline dst is returned as it was.
func AppendLine(dst, payload []byte) ([]byte, error) {
	end, err := lineEnd(payload)
	if err != nil {
		return dst, err
	}
	return appendWithEnd(dst, payload, end), nil
}

// lineEnd is what must follow payload to make it a line.
func lineEnd(payload []byte) (string, error) {
	switch i := bytes.IndexByte(payload, '\n'); {
	case i >= 0 && i < len(payload)-1:
		return "", ErrNewline
	case i >= 0:
		return "", nil
	case bytes.HasSuffix(payload, []byte{'\r'}):
		return "\r\n", nil
	}
	return "\n", nil
}

func appendWithEnd(dst, payload []byte, end string) []byte {
	dst = slices.Grow(dst, len(payload)+len(end))
	return append(append(dst, payload...), end...)
}
