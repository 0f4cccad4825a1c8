package websocket

import (
	"compress/flate"
	"io"
	"sync"
)

// inflate undoes the compression of one whole message (RFC 7692 7.2.2). It never makes more than limit bytes, and no more
// memory than twice what it has made: a bomb is found out while it is small. The errors are ErrMessageTooBig and ErrDeflate.
func inflate(packed []byte, limit int) ([]byte, error) {
	r := inflaters.Get().(*inflater)
	defer inflaters.Put(r)
	return r.inflate(packed, limit)
}

// inflater is kept between messages for its memory, not for its window.
type inflater struct {
	input  packedReader
	reader io.ReadCloser // a flate.Resetter too
}

var inflaters = sync.Pool{New: func() any {
	r := &inflater{}
	r.reader = flate.NewReader(&r.input)
	return r
}}

// maxLastBlocks is how many blocks of a message may call themselves the last.
const maxLastBlocks = 16

// historySize is how far back a match may reach.
const historySize = 1 << maxWindowBits

func (r *inflater) inflate(packed []byte, limit int) (out []byte, err error) {
	r.input = packedReader{packed: packed}
	defer func() { r.input = packedReader{} }() // the pool keeps no message alive
	out = make([]byte, 0, min(3*len(packed)+64, limit+1))
	// A sender may end a block as the last one and go on behind it (RFC 7692 7.2.3.4), with the same history. Each time costs
	// a copy of the history, and no sender does it often. With a last block all has been said: what should stand behind it, the
	// header of an empty block, some senders leave out.
	for ends := 0; ends == 0 || !r.input.exhausted(); ends++ {
		if ends > maxLastBlocks {
			return nil, ErrDeflate
		}
		history := out[max(0, len(out)-historySize):]
		if err := r.reader.(flate.Resetter).Reset(&r.input, history); err != nil {
			return nil, ErrDeflate
		}
		if out, err = r.readAll(out, limit); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// readAll appends what the reader gives up to the end of its last block.
func (r *inflater) readAll(out []byte, limit int) ([]byte, error) {
	for {
		if len(out) == cap(out) {
			out = append(out, 0)[:len(out)]
		}
		n, err := r.reader.Read(out[len(out):cap(out)])
		out = out[:len(out)+n]
		switch {
		case len(out) > limit:
			return nil, ErrMessageTooBig
		case err == io.EOF:
			return out, nil
		case err != nil:
			return nil, ErrDeflate
		}
	}
}

// packedReader reads a message's payload, then what the sender left out at its end, then an empty last block, so that
// compress/flate sees an end. As an io.ByteReader it is read byte by byte and no further than needed.
type packedReader struct {
	packed []byte
	next   int // in packed, and behind it in packedTail
}

const packedTail = "\x00\x00\xff\xff\x01\x00\x00\xff\xff"

func (r *packedReader) exhausted() bool { return r.next >= len(r.packed) }

func (r *packedReader) ReadByte() (byte, error) {
	i := r.next
	r.next++
	if i < len(r.packed) {
		return r.packed[i], nil
	}
	if i -= len(r.packed); i < len(packedTail) {
		return packedTail[i], nil
	}
	return 0, io.ErrUnexpectedEOF
}

func (r *packedReader) Read(p []byte) (n int, err error) {
	for n < len(p) {
		b, err := r.ReadByte()
		if err != nil {
			return n, err
		}
		p[n] = b
		n++
	}
	return n, nil
}
