package http

import "bytes"

// trailer is what follows the last chunk: field lines and an empty line (RFC 9112 7.1.2). They are read as those of a head
// are, line by line.
type trailer struct {
	buf    []byte // the lines so far
	line   int    // the offset at which the current line begins
	at     []fieldAt
	fields Fields
	done   bool
}

func (t *trailer) reset() {
	t.buf, t.at, t.fields = t.buf[:0], t.at[:0], t.fields[:0]
	t.line, t.done = 0, false
}

// take reads lines until there are no more bytes, or the empty line.
func (t *trailer) take(p []byte, limits *Limits) (n int, err error) {
	for n < len(p) && !t.done && err == nil {
		end := bytes.IndexByte(p[n:], '\n') + 1
		piece := p[n:]
		if end > 0 {
			piece = p[n : n+end]
		}
		if len(t.buf)+len(piece) > limits.head() {
			return n, ErrTrailerTooLarge
		}
		t.buf = append(t.buf, piece...)
		n += len(piece)
		if end > 0 {
			err = t.takeLine(limits)
		}
	}
	return n, err
}

// takeLine reads the line that the buffer ends with.
func (t *trailer) takeLine(limits *Limits) error {
	line := t.buf[t.line:]
	if len(line) < 2 || line[len(line)-2] != '\r' {
		return ErrBareLF
	}
	line = line[:len(line)-2]
	if len(line) == 0 {
		t.finish()
		return nil
	}
	if len(t.at) >= limits.fields() {
		return ErrTooManyFields
	}
	field, err := parseFieldLine(line)
	switch {
	case err != nil && bytes.IndexByte(line, '\r') >= 0:
		return ErrBareCR
	case err != nil:
		return err
	case framesMessage(line[:field.nameEnd]):
		return ErrTrailerField
	}
	t.at = append(t.at, fieldAt{t.line, field})
	t.line = len(t.buf)
	return nil
}

// framesMessage tells the fields that say how a message is cut: behind it they are too late, and who takes them for true
// cuts the stream elsewhere (RFC 9110 6.5.1).
func framesMessage(name []byte) bool {
	return equalFold(name, "Content-Length") || equalFold(name, "Transfer-Encoding") || equalFold(name, "Trailer") ||
		equalFold(name, "Host")
}

func (t *trailer) finish() {
	t.done = true
	for i := range t.at {
		t.fields = append(t.fields, t.at[i].in(t.buf))
	}
}
