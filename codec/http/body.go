package http

// BodyDecoder reads the body of one request after the other from the bytes of one connection, cut anywhere (RFC 9112 6,
// 7.1). Begin it with each Head that HasBody. No byte is looked at twice, and nothing is allocated once its memory has
// grown to what the trailers need. One goroutine at a time.
type BodyDecoder struct {
	// MaxBody is the most bytes of a body, its chunks together. 0 means no limit. Beyond it: ErrBodyTooLarge, for a
	// Content-Length from Begin on, for a chunk as soon as its size is known.
	MaxBody int64
	// Trailer limits what follows the last chunk: Head all of it in bytes, Fields its lines. Beyond it:
	// ErrTrailerTooLarge, ErrTooManyFields. RequestLine is not used.
	Trailer Limits

	left    int64 // of the body, or of the chunk
	total   int64 // sizes of all chunks so far
	excess  int64 // bytes that were no data, see takeSize
	stage   bodyStage
	size    chunkSize
	trailer trailer
	err     error
}

// bodyStage says what comes next:
//
//	atLength -----------------------------------------------------------------------> atEnd
//	atSize -> (atExtension ->) atSizeLF -> atData -> atDataCR -> atDataLF -> atSize
//	                              | the size was 0
//	                              +-> atTrailer ------------------------------------> atEnd
type bodyStage uint8

const (
	atEnd       bodyStage = iota
	atLength              // data of a body with a Content-Length
	atSize                // the digits of a chunk's size
	atExtension           // from the first byte behind the digits to the CR
	atSizeLF              // the LF that ends the line
	atData                // data of a chunk
	atDataCR              // the CR behind it
	atDataLF              // the LF behind it
	atTrailer             // the lines after the last chunk
)

// Begin is called with the head whose body comes next. The error is ErrBodyTooLarge, and Decode returns it too.
func (d *BodyDecoder) Begin(h *Head) error {
	d.left, d.total, d.excess, d.err = h.ContentLength, 0, 0, nil
	d.size = chunkSize{}
	d.trailer.reset()
	switch {
	case h.Chunked:
		d.stage = atSize
	case h.ContentLength > 0:
		d.stage = atLength
	default:
		d.stage = atEnd
	}
	if d.MaxBody > 0 && h.ContentLength > d.MaxBody {
		d.err = ErrBodyTooLarge
	}
	return d.err
}

// Done reports whether the body has been read to its end, or there is none.
func (d *BodyDecoder) Done() bool { return d.stage == atEnd && d.err == nil }

// Left is how many bytes of the body are still to come, -1 when that cannot be known yet.
func (d *BodyDecoder) Left() int64 {
	switch d.stage {
	case atEnd:
		return 0
	case atLength:
		return d.left
	}
	return -1
}

// Trailers are the fields after a chunked body, once it is Done; valid until the next Begin. They are never to be taken for
// fields of the head (RFC 9110 6.5.1).
func (d *BodyDecoder) Trailers() Fields { return d.trailer.fields }

// Decode takes the next n bytes of the stream. data is what of them belongs to the body: it aliases p, and may be empty. To
// be called while not Done; the bytes behind the end are left alone. An error, always a *Refusal of this package, is
// final: the end of the body cannot be found any more.
func (d *BodyDecoder) Decode(p []byte) (data []byte, n int, err error) {
	for n < len(p) && d.stage != atEnd && d.err == nil {
		if d.stage == atLength || d.stage == atData {
			data = p[n : n+int(min(d.left, int64(len(p)-n)))]
			n += len(data)
			d.took(len(data))
			return data, n, nil
		}
		n += d.frame(p[n:])
	}
	return nil, n, d.err
}

func (d *BodyDecoder) took(n int) {
	if d.left -= int64(n); d.left > 0 {
		return
	}
	if d.stage == atLength {
		d.stage = atEnd
	} else {
		d.stage = atDataCR
	}
}

// frame reads what stands between the data of chunks.
func (d *BodyDecoder) frame(p []byte) (n int) {
	switch d.stage {
	case atSize, atExtension:
		return d.takeSize(p)
	case atSizeLF:
		return d.expect(p[0], '\n', d.afterSize())
	case atDataCR:
		return d.expect(p[0], '\r', atDataLF)
	case atDataLF:
		d.size = chunkSize{}
		return d.expect(p[0], '\n', atSize)
	}
	n, d.err = d.trailer.take(p, &d.Trailer)
	if d.err == nil && d.trailer.done {
		d.stage = atEnd
	}
	return n
}

func (d *BodyDecoder) afterSize() bodyStage {
	if d.size.value == 0 {
		return atTrailer
	}
	return atData
}

// expect takes one byte, which must be want.
func (d *BodyDecoder) expect(c, want byte, next bodyStage) int {
	if c != want {
		d.err = ErrChunkEnd
		return 0
	}
	d.stage = next
	return 1
}

// takeSize reads the line with the size up to its CR.
func (d *BodyDecoder) takeSize(p []byte) (n int) {
	for n < len(p) && d.err == nil && d.stage != atSizeLF {
		d.err = d.sizeByte(p[n])
		n++
	}
	return n
}

// sizeByte takes one byte of the line. Short lines are what there is, mostly "1000".
func (d *BodyDecoder) sizeByte(c byte) error {
	if d.size.length++; d.size.length > maxChunkLine {
		return ErrChunkLine
	}
	if d.stage == atSize {
		if done, err := d.size.digit(c); !done || err != nil {
			return err
		}
		d.stage = atExtension
	}
	if c != '\r' {
		return d.size.extension(c)
	}
	if !d.size.ext.mayEnd() {
		return ErrChunkSize
	}
	d.stage = atSizeLF
	return d.beginChunk()
}

// beginChunk is called when the line is known.
func (d *BodyDecoder) beginChunk() error {
	d.left = d.size.value
	if d.total > 1<<63-1-d.left {
		return ErrBodyTooLarge
	}
	d.total += d.left
	if d.MaxBody > 0 && d.total > d.MaxBody {
		return ErrBodyTooLarge
	}
	// As net/http does: a body of nothing but extensions, or of chunks of a byte, is no use to anybody but who attacks.
	d.excess += int64(d.size.length) + 3 - 16 - 2*min(d.left, maxExcess) // 3: the line's LF and the CR LF behind the data
	if d.excess = max(d.excess, 0); d.excess > maxExcess {
		return ErrChunkExcess
	}
	return nil
}
