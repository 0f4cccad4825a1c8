//go:build linux

package engine

import (
	"log/slog"
	"runtime/debug"
	"sync/atomic"
)

// Shared is a message for many connections, as something outside the engine (a hub) makes it. It is encoded once for each
// Format, on first need, and all connections of that format share the bytes. Its methods may be called from any goroutine.
// It is an alias of an interface literal so that a package can make one without importing this one.
type Shared = interface {
	// Encoded returns the message in the format that slot stands for, calling encode(nil, data, binary) when it has not
	// been encoded for that slot yet. nil means that the message cannot be expressed in that format.
	Encoded(slot int, encode func(dst, data []byte, binary bool) []byte) []byte
	// Len is the length of the message's payload in bytes.
	Len() int
	// Key is "", or says what the message is about: a connection that is behind and conflates gets only the newest
	// of those with the same key.
	Key() string
}

// A Format is how a protocol puts shared messages on its connections. A protocol package makes one of each kind, once.
type Format struct {
	slot   int
	encode func(dst, data []byte, binary bool) []byte
	kick   func(c *Conn, code int, reason string)
}

var formats atomic.Int64

// NewFormat returns a new format. encode appends a whole message to dst, or returns nil when the format cannot express it;
// it may be called from any goroutine, and a panic in it is logged (slog.Default) and taken for nil. kick says goodbye in the protocol and closes the connection: code is a WebSocket
// close code (RFC 6455 7.4), which other protocols translate or leave out; it is called on the connection's loop. A nil kick
// is Close.
func NewFormat(encode func(dst, data []byte, binary bool) []byte, kick func(c *Conn, code int, reason string)) *Format {
	return &Format{slot: int(formats.Add(1)) - 1, encode: guardedEncode(encode), kick: kick}
}

// guardedEncode is encode for where no connection's callback is running that a panic would be the end of: a sweep needs
// frames too.
func guardedEncode(encode func(dst, data []byte, binary bool) []byte) func(dst, data []byte, binary bool) []byte {
	return func(dst, data []byte, binary bool) (frame []byte) {
		defer func() {
			if r := recover(); r != nil {
				frame = nil
				slog.Error("engine: a format panicked", "panic", r, "stack", string(debug.Stack()))
			}
		}()
		return encode(dst, data, binary)
	}
}

func (f *Format) frame(m Shared) []byte { return m.Encoded(f.slot, f.encode) }

// raw is the format of a connection whose protocol has set none: the payload as it is, and no goodbye but Close.
var raw = NewFormat(
	func(dst, data []byte, _ bool) []byte { return append(dst, data...) },
	nil,
)
