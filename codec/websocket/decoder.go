package websocket

import (
	"math"
	"unsafe"

	"github.com/gobwas/ws"
)

// The limits of a Decoder.
const (
	// DefaultMaxMessage is the most bytes of a message where no other limit is set: 1 MiB.
	DefaultMaxMessage = 1 << 20
	// MaxEmptyFragments is how many fragments of one message may be empty, its last one not counted: each costs its
	// header only, so that without a bound a message could go on for ever and stay under every other limit.
	// Fragments with payload need no bound of their own, they use up MaxMessage.
	MaxEmptyFragments = 1000
)

// Decoder finds messages and control frames in the bytes that a client sends after the opening handshake (RFC 6455 5 to 8).
// The zero value is ready. It belongs to one goroutine at a time; of two copies only one may go on.
//
// It holds nothing between messages. What has arrived of an unfinished one is kept in a buffer that grows with what has
// arrived, never with what a header promises, and that goes away with the message.
type Decoder struct {
	// MaxMessage is the most bytes that a message may have, all its fragments together; 0 or less means
	// DefaultMaxMessage. Set it before the first Decode.
	MaxMessage int
	// Deflate says that permessage-deflate was agreed on: messages may be compressed (RFC 7692), and are delivered as they
	// were before. MaxMessage holds for what is delivered; what arrives of a compressed message may be longer by an eighth
	// and 64 bytes, as data may become that does not compress. Set it before the first Decode.
	Deflate bool

	discards   bool                     // nobody wants messages any more: they are passed over, and not kept or checked
	compressed bool                     // the message that has begun is
	frame      ws.Header                // the frame whose payload is arriving
	left       int                      // how much of that payload has not arrived
	message    []byte                   // what has arrived of a message that did not come whole
	control    *[MaxControlPayload]byte // the same of a control frame; messages may have some between their fragments

	head     [ws.MaxHeaderSize]byte // a header that was cut
	headSize uint8                  // how much of it is there
	stage    stage
	kind     EventKind // of the message that has begun; EventNone outside of messages
	text     textChecker
	empties  uint16 // empty fragments of this message
}

// stage is what a Decoder waits for.
//
//	      ┌────────── frame is whole ──────────┐
//	      ▼                                    │
//	atHeader ──── header is whole ────▶ atPayload ──── Close, or an Error ────▶ atEnd
//	      └───────── Error in the header ─────────────────────────────────────▶
type stage uint8

const (
	atHeader stage = iota
	atPayload
	atEnd
)

// Decode takes bytes of p until the first event is complete, returns it and says how many bytes it used; give it the rest
// next. EventNone means that it used all of p and needs more. Decode unmasks in place: it changes the bytes that it uses,
// and only those. A message that lies whole in p is delivered from there, without a copy; see Event.Data.
//
// An error is an Error, with the code to close with, and uses nothing. After an error and after an EventClose every call
// returns ErrEnded.
func (d *Decoder) Decode(p []byte) (Event, int, error) {
	if d.stage == atEnd {
		return Event{}, 0, ErrEnded
	}
	used := 0
	for {
		n, err := d.takeHeader(p[used:])
		if err != nil {
			return d.fail(err)
		}
		used += n
		if d.stage == atHeader {
			return Event{}, used, nil
		}
		ev, n, err := d.takePayload(p[used:])
		if err != nil {
			return d.fail(err)
		}
		used += n
		if ev.Kind != EventNone || d.stage == atPayload {
			return ev, used, nil
		}
	}
}

func (d *Decoder) fail(err error) (Event, int, error) {
	d.end()
	return Event{}, 0, err
}

// idle tells that nothing is unfinished: a new Decoder with the same settings would do as well.
func (d *Decoder) idle() bool {
	return d.stage == atHeader && d.headSize == 0 && d.kind == EventNone && d.control == nil
}

func (d *Decoder) end() {
	d.stage, d.message, d.control = atEnd, nil, nil
}

// takeHeader moves on to the payload when the frame's header is whole. Bytes of a header that is not are kept.
func (d *Decoder) takeHeader(p []byte) (used int, err error) {
	if d.stage != atHeader {
		return 0, nil
	}
	if d.headSize > 0 {
		return d.resumeHeader(p)
	}
	h, size := parseFrameHeader(p)
	if size == 0 {
		d.headSize = uint8(copy(d.head[:], p))
		return len(p), nil
	}
	return size, d.begin(h, size)
}

func (d *Decoder) resumeHeader(p []byte) (used int, err error) {
	kept := int(d.headSize)
	have := kept + copy(d.head[kept:], p)
	h, size := parseFrameHeader(d.head[:have])
	if size == 0 {
		d.headSize = uint8(have)
		return len(p), nil
	}
	d.headSize = 0
	return size - kept, d.begin(h, size)
}

// begin checks a header and makes it that of the frame whose payload comes next.
func (d *Decoder) begin(h ws.Header, size int) error {
	begins := h.OpCode == ws.OpText || h.OpCode == ws.OpBinary
	packed := d.Deflate && begins && h.Rsv1()
	if packed {
		h.Rsv &^= rsv1 // RFC 7692 6: it means something on a message's first frame, and nowhere else
	}
	if err := checkFrameHeader(h, size, d.kind != EventNone); err != nil {
		return err
	}
	if begins {
		d.compressed = packed
	}
	if !h.OpCode.IsControl() {
		if err := d.beginFragment(h); err != nil {
			return err
		}
	}
	// The length fits an int: it is within MaxMessage or MaxControlPayload.
	d.frame, d.left, d.stage = h, int(h.Length), atPayload
	return nil
}

func (d *Decoder) beginFragment(h ws.Header) error {
	if h.Length > int64(d.room()) {
		return ErrMessageTooBig
	}
	if h.Length == 0 && !h.Fin {
		if d.empties++; d.empties > MaxEmptyFragments {
			return ErrEmptyFragments
		}
	}
	switch h.OpCode {
	case ws.OpText:
		d.kind = EventText
	case ws.OpBinary:
		d.kind = EventBinary
	}
	return nil
}

// room returns how many bytes of the message may still arrive. A compressor that spends 9 bits on each byte is poor, but
// right.
func (d *Decoder) room() int {
	limit := d.limit()
	if d.compressed {
		limit += limit/8 + 64
	}
	return limit - len(d.message)
}

// limit is MaxMessage, with room to calculate above it.
func (d *Decoder) limit() int {
	if d.MaxMessage <= 0 {
		return DefaultMaxMessage
	}
	return min(d.MaxMessage, math.MaxInt/2)
}

// takePayload unmasks what p holds of the frame's payload.
func (d *Decoder) takePayload(p []byte) (ev Event, used int, err error) {
	n := min(len(p), d.left)
	if n == 0 && d.left > 0 {
		return Event{}, 0, nil
	}
	chunk := p[:n:n]
	// RFC 6455 5.3: byte i of the payload is masked with byte i%4 of the key.
	ws.Cipher(chunk, d.frame.Mask, (int(d.frame.Length)-d.left)%4)
	if d.left -= n; d.left == 0 {
		d.stage = atHeader
	}
	if d.frame.OpCode.IsControl() {
		ev, err = d.takeControl(chunk)
	} else {
		ev, err = d.takeData(chunk)
	}
	return ev, n, err
}

func (d *Decoder) takeData(chunk []byte) (Event, error) {
	if d.discards {
		return d.passOver()
	}
	if d.kind == EventText && !d.compressed && !d.text.check(chunk) {
		return Event{}, ErrInvalidUTF8
	}
	last := d.frame.Fin && d.left == 0
	if last && len(d.message) == 0 {
		return d.deliver(chunk)
	}
	d.keep(chunk)
	if !last {
		return Event{}, nil
	}
	return d.deliver(d.message)
}

// passOver is takeData for a message that nobody wants.
func (d *Decoder) passOver() (ev Event, err error) {
	d.message, d.text = nil, textChecker{}
	if d.frame.Fin && d.left == 0 {
		ev.Kind = d.kind
		d.kind, d.empties = EventNone, 0
	}
	return ev, nil
}

// unfinished is about how many bytes it takes to go on.
func (d *Decoder) unfinished() int { return int(unsafe.Sizeof(*d)) + cap(d.message) }

// deliver ends the message. Its buffer, if it has one, is the receiver's and then the collector's: at most connections
// nothing is under way at most times, and a buffer kept for each would be most of what an idle connection weighs.
func (d *Decoder) deliver(data []byte) (Event, error) {
	if d.compressed {
		var err error
		if data, err = inflate(data, d.limit()); err != nil {
			return Event{}, err
		}
		if d.kind == EventText && !d.text.check(data) {
			return Event{}, ErrInvalidUTF8
		}
	}
	if d.kind == EventText && !d.text.done() {
		return Event{}, ErrInvalidUTF8
	}
	ev := Event{Kind: d.kind, Data: data}
	d.message, d.kind, d.empties = nil, EventNone, 0
	return ev, nil
}

// minSpare is the least that a message's buffer grows by, so that a slowly arriving one is not copied at every byte.
const minSpare = 256

// keep adds chunk to the message. The buffer at most doubles, and is never larger than the message can become.
func (d *Decoder) keep(chunk []byte) {
	need := len(d.message) + len(chunk)
	if need > cap(d.message) {
		spare := d.room() - len(chunk)
		if d.frame.Fin {
			spare = d.left
		}
		grown := make([]byte, len(d.message), need+min(spare, max(need, minSpare)))
		copy(grown, d.message)
		d.message = grown
	}
	d.message = append(d.message, chunk...)
}

func (d *Decoder) takeControl(chunk []byte) (Event, error) {
	payload := chunk
	if size := int(d.frame.Length); len(chunk) < size {
		if d.control == nil {
			d.control = new([MaxControlPayload]byte)
		}
		copy(d.control[size-d.left-len(chunk):], chunk)
		payload = d.control[:size:size]
	}
	if d.left > 0 {
		return Event{}, nil
	}
	d.control = nil
	switch d.frame.OpCode {
	case ws.OpPing:
		return Event{Kind: EventPing, Data: payload}, nil
	case ws.OpPong:
		return Event{Kind: EventPong, Data: payload}, nil
	default:
		return d.takeClose(payload)
	}
}

func (d *Decoder) takeClose(payload []byte) (Event, error) {
	code, reason, err := parseClose(payload)
	d.end()
	return Event{Kind: EventClose, Data: reason, Code: code}, err
}
