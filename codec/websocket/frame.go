package websocket

import (
	"encoding/binary"

	"github.com/gobwas/ws"
)

// MaxControlPayload is the most bytes that the payload of a ping, a pong or a Close frame may have (RFC 6455 5.5).
const MaxControlPayload = ws.MaxControlFramePayloadSize

// The parts of a frame's first two bytes (RFC 6455 5.2).
const (
	bitFin     = 0x80
	bitMask    = 0x80
	maskOpcode = 0x0f
	maskLength = 0x7f
	length16   = 126 // the length is in the next 2 bytes
	length64   = 127 // the length is in the next 8 bytes
)

// AppendText appends an unmasked frame with a whole text message. It does not look whether payload is UTF-8, which the
// caller answers for: every browser ends a connection on which it is not.
func AppendText(dst, payload []byte) []byte { return appendUnmasked(dst, ws.OpText, payload) }

// AppendBinary appends an unmasked frame with a whole binary message.
func AppendBinary(dst, payload []byte) []byte { return appendUnmasked(dst, ws.OpBinary, payload) }

// AppendPing appends an unmasked ping with the first MaxControlPayload bytes of payload (RFC 6455 5.5.2).
func AppendPing(dst, payload []byte) []byte { return appendControl(dst, ws.OpPing, payload) }

// AppendPong appends an unmasked pong with the first MaxControlPayload bytes of payload (RFC 6455 5.5.3). The answer to
// a ping carries the ping's Data.
func AppendPong(dst, payload []byte) []byte { return appendControl(dst, ws.OpPong, payload) }

func appendControl(dst []byte, op ws.OpCode, payload []byte) []byte {
	return appendUnmasked(dst, op, payload[:min(len(payload), MaxControlPayload)])
}

func appendUnmasked(dst []byte, op ws.OpCode, payload []byte) []byte {
	if dst == nil { // a frame to be shared: one allocation of its size
		dst = make([]byte, 0, ws.HeaderSize(ws.Header{Length: int64(len(payload))})+len(payload))
	}
	return append(appendFrameHeader(dst, op, len(payload)), payload...)
}

// appendFrameHeader appends the header of an unfragmented, unmasked frame, the length in its shortest form.
func appendFrameHeader(dst []byte, op ws.OpCode, length int) []byte {
	first := bitFin | byte(op)
	switch {
	case length < length16:
		return append(dst, first, byte(length))
	case length <= 0xffff:
		return binary.BigEndian.AppendUint16(append(dst, first, length16), uint16(length))
	default:
		return binary.BigEndian.AppendUint64(append(dst, first, length64), uint64(length))
	}
}

// parseFrameHeader reads the header at the start of b and returns the size it has there, 0 when b does not hold all of
// it. It judges nothing; a length with its top bit set comes out negative.
func parseFrameHeader(b []byte) (h ws.Header, size int) {
	if len(b) < ws.MinHeaderSize {
		return ws.Header{}, 0
	}
	h = ws.Header{
		Fin:    b[0]&bitFin != 0,
		Rsv:    b[0] >> 4 & 7,
		OpCode: ws.OpCode(b[0] & maskOpcode),
		Masked: b[1]&bitMask != 0,
		Length: int64(b[1] & maskLength),
	}
	if size = headerSize(b[1]); len(b) < size {
		return ws.Header{}, 0
	}
	switch h.Length {
	case length16:
		h.Length = int64(binary.BigEndian.Uint16(b[2:]))
	case length64:
		h.Length = int64(binary.BigEndian.Uint64(b[2:]))
	}
	if h.Masked {
		copy(h.Mask[:], b[size-len(h.Mask):size])
	}
	return h, size
}

// headerSize tells from a header's second byte how long the header is.
func headerSize(second byte) int {
	size := ws.MinHeaderSize
	switch second & maskLength {
	case length16:
		size += 2
	case length64:
		size += 8
	}
	if second&bitMask != 0 {
		size += 4
	}
	return size
}

// checkFrameHeader holds a client's header, which took size bytes, against the rules. fragmented says that a message
// has begun and is not finished.
func checkFrameHeader(h ws.Header, size int, fragmented bool) error {
	// RFC 6455 5.2: the most significant bit of a 64-bit length MUST be 0, and the minimal number of bytes MUST be used.
	if h.Length < 0 {
		return ErrLengthTopBit
	}
	if size != ws.HeaderSize(h) {
		return ErrLengthNotMinimal
	}
	state := ws.StateServerSide
	if fragmented {
		state = state.Set(ws.StateFragmented)
	}
	if err := ws.CheckHeader(h, state); err != nil {
		return breach(err)
	}
	return nil
}
