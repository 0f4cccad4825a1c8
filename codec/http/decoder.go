package http

import "bytes"

// Limits bound what a HeadDecoder reads. A field of 0 means its default.
type Limits struct {
	// RequestLine is the most bytes of the request line, its CR LF included. Default 8192; RFC 9112 3 asks for 8000.
	// Beyond it: ErrTargetTooLong.
	RequestLine int
	// Head is the most bytes of the whole head, from its first byte (that of an empty line before it, too) to the
	// empty line that ends it. Default 16384. Beyond it: ErrHeadTooLarge, or ErrTargetTooLong still in the first line.
	Head int
	// Fields is the most field lines. Default 100. Beyond it: ErrTooManyFields.
	Fields int
}

func (l *Limits) requestLine() int { return orDefault(l.RequestLine, 8<<10) }
func (l *Limits) head() int        { return orDefault(l.Head, 16<<10) }
func (l *Limits) fields() int      { return orDefault(l.Fields, 100) }

func orDefault(limit, standard int) int {
	if limit == 0 {
		return standard
	}
	return limit
}

// HeadDecoder reads request heads from the bytes of one connection, cut anywhere. The zero value is ready. It reads
// line by line and refuses at the end of the line, or at the limit, that gives the reason; no byte is looked at again
// when more arrive. It keeps an unfinished head itself, at most Limits.Head bytes, and allocates nothing once its
// memory has grown to what the heads need. One goroutine at a time.
type HeadDecoder struct {
	// Limits are read at every Decode; set them before the first byte of a head.
	Limits Limits

	buf  []byte // the unfinished head, once it has come in more than one piece
	line int    // the offset at which the current line begins
	seen int    // no LF stands between line and here

	stage   stage
	request requestLine // relative to requestAt
	// requestAt is where the request line began: 2 behind an empty line, else 0.
	requestAt int
	fields    []fieldAt
	head      Head
	err       error
}

// fieldAt is a field line and where it began. Only offsets are kept until the head is whole: its bytes may move.
type fieldAt struct {
	at int
	fieldLine
}

func (f *fieldAt) in(data []byte) Field {
	line := data[f.at:]
	return Field{
		Name:  line[:f.nameEnd:f.nameEnd],
		Value: line[f.value:f.valueEnd:f.valueEnd],
	}
}

// stage says which line comes next:
//
//	stageStart -> (one empty line -> stageRequestLine) -> stageFields -> (empty line) stageDone
type stage uint8

const (
	stageStart       stage = iota // the request line or, once, an empty line (RFC 9112 2.2)
	stageRequestLine              // the request line
	stageFields                   // a field line or the empty line that ends the head
	stageDone                     // the head has been returned
)

// Decode takes the next bytes of the stream.
//
// A head and n: the head is whole and ended within p; p[n:] is its body or the next request, and the next Decode begins
// a new head. The head is valid until the next Decode or Reset and until p is overwritten, whichever is first: it
// aliases p when it came in one piece.
//
// Nil and no error: all of p is taken (n is len(p)) and kept, more is needed.
//
// An error, always a *Refusal of this package: nothing is taken. Every further Decode returns it again, until Reset.
// The head is nil, or when the request line could be read it tells that much, for a log and for Refusal.Append.
func (d *HeadDecoder) Decode(p []byte) (head *Head, n int, err error) {
	if d.err != nil {
		return nil, 0, d.err
	}
	if d.stage == stageDone {
		d.Reset()
	}
	kept := len(d.buf)
	data := d.gather(p)
	end, err := d.scan(data)
	if err == nil && end > 0 {
		err = d.finish(data)
	}
	switch {
	case err != nil:
		d.err = err
		return d.partial(data), 0, err
	case end > 0:
		return &d.head, end - kept, nil
	case kept == 0:
		d.buf = append(d.buf, p...)
	}
	return nil, len(p), nil
}

// Pending reports whether part of a head has been taken and more is needed: the time for it to become whole is running,
// and an end of the stream now is in the middle of a request. False after an error.
func (d *HeadDecoder) Pending() bool { return len(d.buf) > 0 && d.stage != stageDone && d.err == nil }

// Buffered is how many bytes of an unfinished head are kept.
func (d *HeadDecoder) Buffered() int {
	if !d.Pending() {
		return 0
	}
	return cap(d.buf)
}

// begun reports whether there is more of a head than the empty line that may come before it, and which old clients send
// behind a body.
func (d *HeadDecoder) begun() bool { return d.Pending() && (len(d.buf) > 2 || d.buf[0] != '\r') }

// Reset forgets the head, whole or not, and an error; the memory is kept for the next one.
func (d *HeadDecoder) Reset() {
	d.buf, d.fields = d.buf[:0], d.fields[:0]
	d.line, d.seen, d.requestAt = 0, 0, 0
	d.stage, d.err = stageStart, nil
}

// gather returns the bytes of the head so far, at most as many as the limit: p alone if it is the first piece.
func (d *HeadDecoder) gather(p []byte) []byte {
	room := max(0, min(len(p), d.Limits.head()-len(d.buf)))
	if len(d.buf) == 0 {
		return p[:room]
	}
	d.buf = append(d.buf, p[:room]...)
	return d.buf
}

// scan reads the lines that are not read yet; end is the offset behind the head, 0 when it is not there yet.
func (d *HeadDecoder) scan(data []byte) (end int, err error) {
	for d.stage != stageDone {
		if d.stage != stageFields && d.line < len(data) && !beginsRequest(data[d.line]) {
			return 0, ErrMethod
		}
		next, err := d.nextLine(data)
		if next == 0 || err != nil {
			return 0, err
		}
		if err := d.takeLine(data, next); err != nil {
			return 0, err
		}
	}
	return d.line, nil
}

func beginsRequest(c byte) bool { return class[c]&isTchar != 0 || c == '\r' || c == '\n' }

// nextLine returns the offset behind the LF of the current line, 0 when the LF is not there yet.
func (d *HeadDecoder) nextLine(data []byte) (int, error) {
	limit := d.Limits.head()
	if d.stage != stageFields {
		limit = min(limit, d.line+d.Limits.requestLine())
	}
	window := data[d.seen:max(d.seen, min(len(data), limit))]
	if i := bytes.IndexByte(window, '\n'); i >= 0 {
		return d.seen + i + 1, nil
	}
	d.seen += len(window)
	if d.seen < limit {
		return 0, nil
	}
	if d.stage == stageFields {
		return 0, ErrHeadTooLarge
	}
	return 0, judgeLongLine(data[d.line:d.seen])
}

// takeLine reads the current line, which ends at next.
func (d *HeadDecoder) takeLine(data []byte, next int) (err error) {
	at := d.line
	d.line, d.seen = next, next
	if next-at < 2 || data[next-2] != '\r' {
		return ErrBareLF
	}
	line := data[at : next-2]
	switch {
	case len(line) == 0 && d.stage == stageStart:
		d.stage = stageRequestLine
	case len(line) == 0 && d.stage == stageFields:
		d.stage = stageDone
	case d.stage == stageFields && len(d.fields) >= d.Limits.fields():
		return ErrTooManyFields
	case d.stage == stageFields:
		err = d.takeField(line, at)
	default:
		err = d.takeRequestLine(line, at)
	}
	if err != nil && bytes.IndexByte(line, '\r') >= 0 {
		return ErrBareCR
	}
	return err
}

func (d *HeadDecoder) takeRequestLine(line []byte, at int) (err error) {
	if d.request, err = parseRequestLine(line); err == nil {
		d.requestAt, d.stage = at, stageFields
	}
	return err
}

func (d *HeadDecoder) takeField(line []byte, at int) error {
	field, err := parseFieldLine(line)
	if err == nil {
		d.fields = append(d.fields, fieldAt{at, field})
	}
	return err
}

// finish makes the head of the offsets and checks it.
func (d *HeadDecoder) finish(data []byte) error {
	d.setRequestLine(data)
	fields := d.head.Fields
	for i := range d.fields {
		fields = append(fields, d.fields[i].in(data))
	}
	d.head.Fields = fields
	return d.head.check()
}

func (d *HeadDecoder) setRequestLine(data []byte) {
	line, r := data[d.requestAt:], &d.request
	d.head = Head{
		Method: line[:r.methodEnd:r.methodEnd],
		Target: line[r.methodEnd+1 : r.targetEnd : r.targetEnd],
		Minor:  r.minor,
		Fields: d.head.Fields[:0],
	}
}

// partial is the head that goes with an error.
func (d *HeadDecoder) partial(data []byte) *Head {
	if d.stage < stageFields {
		return nil
	}
	d.setRequestLine(data)
	return &d.head
}
