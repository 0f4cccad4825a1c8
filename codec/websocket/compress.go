package websocket

import (
	"bytes"
	"compress/flate"
	"sync"

	"github.com/gobwas/ws"
)

// bitCompressed is RSV1 of a message's first frame: the message is compressed (RFC 7692 6).
const bitCompressed = 0x40

// rsv1 is the same bit in a ws.Header.
const rsv1 = bitCompressed >> 4

// AppendText appends a whole text message in one unmasked frame, compressed if that makes it shorter. As with the function
// AppendText, payload has to be UTF-8. Any goroutine may call it.
func (d Deflate) AppendText(dst, payload []byte) []byte { return d.append(dst, ws.OpText, payload) }

// AppendBinary does the same with a binary message.
func (d Deflate) AppendBinary(dst, payload []byte) []byte { return d.append(dst, ws.OpBinary, payload) }

func (d Deflate) append(dst []byte, op ws.OpCode, payload []byte) []byte {
	c := compressors.Get().(*compressor)
	defer compressors.Put(c)
	packed := c.compress(payload, d.WindowBits)
	if len(packed) >= len(payload) {
		return appendUnmasked(dst, op, payload)
	}
	if dst == nil {
		dst = make([]byte, 0, ws.HeaderSize(ws.Header{Length: int64(len(packed))})+len(packed))
	}
	start := len(dst)
	dst = append(appendFrameHeader(dst, op, len(packed)), packed...)
	dst[start] |= bitCompressed
	return dst
}

// compressor is kept between messages for its memory, over half a MiB, not for its window.
type compressor struct {
	out    bytes.Buffer
	writer *flate.Writer
}

var compressors = sync.Pool{New: func() any {
	w, _ := flate.NewWriter(nil, flate.BestSpeed) // fails for levels that there are not
	return &compressor{writer: w}
}}

// flushTail is what a flush ends with, an empty stored block, less its header bits; it is not sent (RFC 7692 7.2.1).
var flushTail = []byte{0x00, 0x00, 0xff, 0xff}

// compress returns the message's payload as RFC 7692 7.2.1 makes it. It is valid until the next call.
//
// compress/flate always looks back up to 32 KiB. A smaller window is kept by starting anew every 2^bits bytes, so that no
// match can reach further back; the flush at each end keeps the blocks on whole bytes.
func (c *compressor) compress(payload []byte, bits int) []byte {
	c.out.Reset()
	for window := 1 << bits; ; {
		piece := payload[:min(len(payload), window)]
		payload = payload[len(piece):]
		c.writer.Reset(&c.out)
		_, _ = c.writer.Write(piece) // a bytes.Buffer takes everything
		_ = c.writer.Flush()
		if len(payload) == 0 {
			return bytes.TrimSuffix(c.out.Bytes(), flushTail)
		}
	}
}
