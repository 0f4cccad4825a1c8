package hub

import (
	"slices"
	"sync/atomic"
	"unicode/utf8"
)

// A Message is text or binary data for any number of connections. It may be pushed several times, and used from any
// goroutine. It is encoded once for each wire format, when the first connection of that format needs it, and everybody
// shares the bytes.
type Message struct {
	data    []byte
	binary  bool
	invalid bool // text, and not UTF-8
	key     string
	of      *Message // whose encodings serve this one too; nil: its own
	first   atomic.Pointer[encoding]
}

// encoding is a message in one wire format. A message has one or two, so a list is searched faster than a map.
type encoding struct {
	slot  int
	frame []byte // nil: cannot be expressed in this format
	next  *encoding
}

// Text makes a text message of a copy of data. Whether it is UTF-8 is found out here; ErrNotUTF8 comes where it is used.
func Text(data []byte) *Message {
	return &Message{data: slices.Clone(data), invalid: !utf8.Valid(data)}
}

// Binary makes a binary message of a copy of data.
func Binary(data []byte) *Message {
	return &Message{data: slices.Clone(data), binary: true}
}

// WithKey returns the message with a key, in place of one that it had. Of several messages with the same key only the newest
// matters: a client that is behind, on a listener that conflates, gets no others. "" is no key. The message itself stays as it
// is, and both share their encodings.
func (m *Message) WithKey(key string) *Message {
	of := m.of
	if of == nil {
		of = m
	}
	return &Message{data: m.data, binary: m.binary, invalid: m.invalid, key: key, of: of}
}

// Key is what WithKey gave the message, or "".
func (m *Message) Key() string { return m.key }

// Len is the number of bytes of the payload.
func (m *Message) Len() int { return len(m.data) }

// Encoded returns the message in the wire format that slot stands for; nil means that the format cannot express it. encode
// is called when there is none yet; two goroutines that need the first at the same moment may both call it, and get the
// same result. Nobody may write the returned bytes.
func (m *Message) Encoded(slot int, encode func(dst, data []byte, binary bool) []byte) []byte {
	if m.of != nil {
		m = m.of
	}
	first := m.first.Load()
	if e := first.find(slot, nil); e != nil {
		return e.frame
	}
	made := &encoding{slot: slot, frame: encode(nil, m.data, m.binary)}
	for {
		made.next = first
		if m.first.CompareAndSwap(first, made) {
			return made.frame
		}
		known := first
		first = m.first.Load()
		if e := first.find(slot, known); e != nil {
			return e.frame
		}
	}
}

// find looks for a slot in the list from e up to, and without, end.
func (e *encoding) find(slot int, end *encoding) *encoding {
	for ; e != end; e = e.next {
		if e.slot == slot {
			return e
		}
	}
	return nil
}

func (m *Message) check(most int) error {
	switch {
	case len(m.data) > most:
		return ErrTooLarge
	case m.invalid:
		return ErrNotUTF8
	}
	return nil
}
