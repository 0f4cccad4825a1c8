//go:build linux

package websocket

import (
	"sync"
	"unicode/utf8"

	"fanloop/engine"
)

// defaultCompressMin is where compression begins to be worth its while: below, a message is most of one packet anyway, and
// there is little in it that repeats.
const defaultCompressMin = 512

// deflating is what a server's connections with the same window share: above all the format, and with it each shared
// message's one compressed frame.
type deflating struct {
	Deflate
	min    int // shorter messages stay as they are
	format *engine.Format
}

// deflatings are a server's, by window; made when the first connection agrees on one.
type deflatings struct {
	mu   sync.Mutex // connections of several loops may come at the same time, each once
	made [maxWindowBits + 1]*deflating
}

func (s *Server) deflatingWith(d Deflate) *deflating {
	all := &s.deflatings
	all.mu.Lock()
	defer all.mu.Unlock()
	if all.made[d.WindowBits] == nil {
		all.made[d.WindowBits] = newDeflating(d, s.CompressMin)
	}
	return all.made[d.WindowBits]
}

func newDeflating(d Deflate, min int) *deflating {
	if min <= 0 {
		min = defaultCompressMin
	}
	with := &deflating{Deflate: d, min: min}
	with.format = engine.NewFormat(with.appendShared, kick)
	return with
}

// appendShared is the format's: text that is not UTF-8 cannot be expressed (RFC 6455 8.1).
func (d *deflating) appendShared(dst, data []byte, binary bool) []byte {
	if !binary && !utf8.Valid(data) {
		return nil
	}
	return d.appendFrame(dst, data, binary)
}

func (d *deflating) appendFrame(dst, data []byte, binary bool) []byte {
	switch {
	case len(data) < d.min:
		return appendFrame(dst, data, binary)
	case binary:
		return d.AppendBinary(dst, data)
	default:
		return d.AppendText(dst, data)
	}
}

// compresses tells whether a message of n bytes is worth a try.
func (d *deflating) compresses(n int) bool { return d != nil && n >= d.min }

// effortSize is what is inflated in about the time that handling a message takes.
const effortSize = 16 << 10

// effort is how many messages more an event counts for: a few bytes may become MaxMessage, and a packet has room for many of
// them, so that without it one client could hold the loop for as long as a thousand others.
func (d *deflating) effort(e Event) int {
	if d == nil {
		return 0
	}
	return len(e.Data) / effortSize
}
