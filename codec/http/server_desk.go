//go:build linux

package http

import (
	"time"

	"fanloop/engine"
	"fanloop/internal/rounds"
)

// desk is what the connections of one Server on one loop share: all of it is the loop's.
type desk struct {
	loop     *engine.Loop
	head     *HeadDecoder // of heads that come in one piece
	spare    []*HeadDecoder
	limits   Limits
	found    found[destination]
	beats    map[*Events]*rounds.Rounds[*eventSession]
	fields   Fields // of a refusal
	started  time.Time
	counters counters
	scratch  []byte // in which an answer is put together
	free     []*Exchange
	second   int64
	date     []byte // a whole Date line, of that second
}

const (
	maxFree    = 256
	maxScratch = 64 << 10
)

// dateLine is the Date field (RFC 9110 6.6.1), made once a second.
func (d *desk) dateLine() []byte {
	now := d.loop.Now()
	if second := now.Unix(); second != d.second {
		d.second = second
		d.date = now.UTC().AppendFormat(append(d.date[:0], "Date: "...), "Mon, 02 Jan 2006 15:04:05 GMT\r\n")
	}
	return d.date
}

func (d *desk) exchange() *Exchange {
	n := len(d.free)
	if n == 0 {
		return new(Exchange)
	}
	x := d.free[n-1]
	d.free[n-1] = nil
	d.free = d.free[:n-1]
	return x
}

// giveDecoder gives the desk's decoder, with a part of a head in it, to a connection.
func (d *desk) giveDecoder() *HeadDecoder {
	given := d.head
	if n := len(d.spare); n > 0 {
		d.head = d.spare[n-1]
		d.spare = d.spare[:n-1]
	} else {
		d.head = &HeadDecoder{Limits: d.limits}
	}
	return given
}

// takeDecoder takes it back.
func (d *desk) takeDecoder(h *HeadDecoder) {
	if len(d.spare) < maxFree {
		h.Reset()
		d.spare = append(d.spare, h)
	}
}

// keepScratch keeps the memory in which an answer was put together.
func (d *desk) keepScratch(out []byte) {
	if cap(out) <= maxScratch {
		d.scratch = out[:0]
	}
}

func (d *desk) age() time.Duration { return d.loop.Now().Sub(d.started) }

// recycle takes an exchange back that nobody can hold any more.
func (d *desk) recycle(x *Exchange) {
	if len(d.free) < maxFree {
		x.reset()
		d.free = append(d.free, x)
	}
}
