package text

import (
	"bytes"
	"errors"
	"math"
)

// DefaultMaxLine is the limit on a line in bytes, its line end not counted, when nothing else is asked for: 10 MiB.
const DefaultMaxLine = 10 << 20

// keptBytes is the largest buffer that is used again for the next line or answer; a larger one is given back. A connection
// that once had a long line must not hold its memory until it closes.
const keptBytes = 1 << 10

// ErrTooLong is what Decode returns as soon as a line is longer than MaxLine, without waiting for its end. A Server's
// connection that was closed for it has it as the reason.
var ErrTooLong = errors.New("text: line too long")

// Decoder cuts a stream of bytes into lines. It is fed the stream in pieces of any size and keeps the unfinished line itself.
// The zero value is ready. A Decoder belongs to one stream and one goroutine.
//
// A line ends with \n, and one \r before it belongs to the line end. Any other \r, and every other byte, is the line's.
type Decoder struct {
	// MaxLine is the limit on a line in bytes, its line end not counted. 0 or less means DefaultMaxLine.
	MaxLine int

	rest []byte // the unfinished line, never with a \n in it, so that only new bytes are searched for one
}

// Decode takes n bytes from the front of p. When a line ends in them it is returned without its line end, and n is the
// number of bytes up to and with its \n: call again with p[n:]. When none ends in p, the line is nil, and all of p is taken
// and kept. An empty line is not nil.
//
// The line is a part of p, without a copy, when it begins and ends there; otherwise it is in the decoder's own memory. It is
// valid until the next call, as long as p is, and the caller may overwrite it.
//
// The error is ErrTooLong or nil. With an error nothing is taken, and the stream cannot be read on: the next line's begin
// is not known.
func (d *Decoder) Decode(p []byte) (line []byte, n int, err error) {
	limit := d.limit()
	window := p[:min(len(p), limit+len("\r\n")-len(d.rest))]
	i := bytes.IndexByte(window, '\n')
	if i < 0 {
		return d.keep(p, limit)
	}
	line = window[:i:i]
	if len(d.rest) > 0 {
		line = append(d.rest, line...)
	}
	joined := line
	line = trimCR(line)
	if len(line) > limit {
		return nil, 0, ErrTooLong
	}
	if len(d.rest) > 0 {
		d.rest = reuse(joined)
	}
	return line, i + 1, nil
}

// keep appends p, in which no line ends, to the unfinished line.
func (d *Decoder) keep(p []byte, limit int) ([]byte, int, error) {
	size := len(d.rest) + len(p)
	// One byte over the limit is not too much yet when it is a \r: it may belong to the line end.
	if size > limit+1 || size == limit+1 && !endsInCR(d.rest, p) {
		return nil, 0, ErrTooLong
	}
	d.rest = append(d.rest, p...)
	return nil, len(p), nil
}

// unfinished is how many bytes an unfinished line takes.
func (d *Decoder) unfinished() int {
	if len(d.rest) == 0 {
		return 0
	}
	return cap(d.rest)
}

func (d *Decoder) limit() int {
	if d.MaxLine <= 0 {
		return DefaultMaxLine
	}
	return min(d.MaxLine, math.MaxInt-len("\r\n"))
}

func endsInCR(rest, p []byte) bool {
	if len(p) == 0 {
		p = rest
	}
	return p[len(p)-1] == '\r'
}

func trimCR(line []byte) []byte {
	if len(line) > 0 && line[len(line)-1] == '\r' {
		return line[:len(line)-1]
	}
	return line
}

// reuse is the empty buffer to continue with after b has been used.
func reuse(b []byte) []byte {
	if cap(b) > keptBytes {
		return nil
	}
	return b[:0]
}
