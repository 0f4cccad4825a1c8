package websocket

import (
	"bytes"
	"unicode/utf8"

	"github.com/gobwas/ws"
)

// oracle decodes in the simplest way there is, with another implementation's reader: frame by frame, everything copied,
// the whole of a text looked at each time. Its limit is fuzzLimit.
type oracle struct {
	events  []seen
	message []byte
	kind    EventKind
	empties int
}

func (o *oracle) decode(input []byte) error {
	for len(input) > 0 {
		r := bytes.NewReader(input)
		h, err := ws.ReadHeader(r)
		if err == ws.ErrHeaderLengthMSB {
			return ErrLengthTopBit
		}
		if err != nil {
			return nil // cut off
		}
		size := len(input) - r.Len()
		if err := o.rules(h, size); err != nil {
			return err
		}
		payload := bytes.Clone(input[size:][:min(int64(r.Len()), h.Length)])
		ws.Cipher(payload, h.Mask, 0)
		input = input[size+len(payload):]
		if err := o.frame(h, payload, input); err != nil {
			return err
		}
	}
	return nil
}

// rules are those of RFC 6455 5 in the order in which Decoder looks at them.
func (o *oracle) rules(h ws.Header, size int) error {
	control, lengthBytes, shortest := h.OpCode >= 8, size-2, 0
	if h.Masked {
		lengthBytes -= len(h.Mask)
	}
	if h.Length > 125 {
		shortest = 2
	}
	if h.Length > 65535 {
		shortest = 8
	}
	switch {
	case lengthBytes != shortest:
		return ErrLengthNotMinimal
	case h.OpCode > 10 || h.OpCode > 2 && h.OpCode < 8:
		return ErrReservedOpcode
	case control && h.Length > 125:
		return ErrControlTooLong
	case control && !h.Fin:
		return ErrControlFragmented
	case h.Rsv != 0:
		return ErrReservedBits
	case !h.Masked:
		return ErrNotMasked
	case control:
		return nil
	case h.OpCode != 0 && o.kind != EventNone:
		return ErrMessageUnfinished
	case h.OpCode == 0 && o.kind == EventNone:
		return ErrNothingToContinue
	case h.Length > int64(fuzzLimit-len(o.message)):
		return ErrMessageTooBig
	}
	return nil
}

// frame takes what there is of a payload; rest is what follows it.
func (o *oracle) frame(h ws.Header, payload, rest []byte) error {
	whole := int64(len(payload)) == h.Length
	switch h.OpCode {
	case ws.OpPing, ws.OpPong, ws.OpClose:
		if !whole {
			return nil
		}
		return o.control(h.OpCode, payload, rest)
	case ws.OpText:
		o.kind = EventText
	case ws.OpBinary:
		o.kind = EventBinary
	}
	if h.Length == 0 && !h.Fin {
		if o.empties++; o.empties > MaxEmptyFragments {
			return ErrEmptyFragments
		}
	}
	o.message = append(o.message, payload...)
	final := whole && h.Fin
	if o.kind == EventText && (!viable(o.message) || final && !utf8.Valid(o.message)) {
		return ErrInvalidUTF8
	}
	if final {
		*o = oracle{events: append(o.events, seen{Kind: o.kind, Data: string(o.message)})}
	}
	return nil
}

func (o *oracle) control(op ws.OpCode, payload, rest []byte) error {
	if op == ws.OpPing {
		o.events = append(o.events, pingSeen(string(payload)))
		return nil
	}
	if op == ws.OpPong {
		o.events = append(o.events, pongSeen(string(payload)))
		return nil
	}
	code, reason := ws.ParseCloseFrameData(payload)
	switch {
	case len(payload) == 0:
		code = StatusNoStatusReceived
	case len(payload) == 1:
		return ErrClosePayload
	case !goodCode(int(code)):
		return ErrCloseCode
	case !utf8.ValidString(reason):
		return ErrInvalidUTF8
	}
	o.events = append(o.events, closeSeen(int(code), reason))
	if len(rest) > 0 {
		return ErrEnded
	}
	return nil
}
