package http

const (
	// maxChunkLine is the most bytes of the line with a chunk's size, its CR included: no client sends extensions.
	maxChunkLine = 1024
	// maxExcess is how many bytes the lines of chunks may have beyond 16 each and twice their data.
	maxExcess = 16 << 10
)

// chunkSize is the line before a chunk: 1*HEXDIG [chunk-ext] CR (RFC 9112 7.1). Extensions are read over (7.1.1).
type chunkSize struct {
	value  int64
	length int // of the line so far

	digits    bool // one at least
	semicolon bool
}

// digit takes a byte of the size; done when it is none.
func (s *chunkSize) digit(c byte) (done bool, err error) {
	if class[c]&isHexDigit == 0 {
		if !s.digits {
			return true, ErrChunkSize
		}
		return true, nil
	}
	// net/http takes 16 digits at most; so does this, though zeros in front are no overflow.
	if s.digits = true; s.length > 16 || s.value > (1<<63-1)>>4 {
		return false, ErrChunkSize
	}
	s.value = s.value<<4 | hexValue(c)
	return false, nil
}

// extension takes a byte behind the digits: a semicolon, then anything a field value may have. What it means is nobody's
// business here, but a bare LF in it is the end of a line to some. White space before the semicolon, which RFC 9112 7.1.1
// would have read over, is refused, as net/http does: no client sends it, and what stands behind a number that ends in a
// blank is read in more ways than one.
func (s *chunkSize) extension(c byte) error {
	s.semicolon = s.semicolon || c == ';'
	if !s.semicolon || class[c]&isControl != 0 {
		return ErrChunkSize
	}
	return nil
}

func hexValue(c byte) int64 {
	if c <= '9' {
		return int64(c - '0')
	}
	return int64(lower(c)-'a') + 10
}
