package http

const (
	// maxChunkLine is the most bytes of the line with a chunk's size, its CR included: no client sends extensions.
	maxChunkLine = 1024
	// maxExcess is how many bytes the lines of chunks may have beyond 16 each and twice their data.
	maxExcess = 16 << 10
)

// chunkSize is the line before a chunk: 1*HEXDIG [chunk-ext] CR (RFC 9112 7.1). Extensions are read over, as they have to
// be (7.1.1), by their grammar: what has none of it is read in more ways than one.
type chunkSize struct {
	value  int64
	length int // of the line so far

	digits bool // one at least
	ext    chunkExt
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

// extension takes a byte behind the digits.
func (s *chunkSize) extension(c byte) error {
	next, ok := s.ext.take(c)
	if s.ext = next; !ok {
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
