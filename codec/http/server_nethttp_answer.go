//go:build linux

package http

import (
	"strconv"
	"sync"

	"fanloop/engine"
)

// pending is what the loop has to do for a call, in this order; it takes all of it at once.
type pending struct {
	resumed  bool // the body can come again
	wanted   bool // the handler waits for it
	interims []answerLines
	begins   bool // the answer begins, with head
	head     answerLines
	data     []byte // of the body
	shared   bool   // data is the loop's to keep
	ends     bool
	short    bool // another length was announced than has come
	trailers Fields
	aborts   bool // the connection is to be cut off
}

// memory is what a call needs while it runs, and gives back.
type memory struct {
	start [startSize]byte // the beginning of the body
	lines []byte
	names []string
}

// startSize is how much of a body waits for the handler's end, so that its length can be told: as much as in net/http.
const startSize = 2048

var memories = sync.Pool{New: func() any { return new(memory) }}

const maxMemory = 64 << 10

// deliver does what is pending, on the loop.
func (c *call) deliver() {
	c.mu.Lock()
	p := c.pending
	c.pending = pending{}
	c.posted = false
	c.mu.Unlock()
	x := c.x
	if x == nil || x.session.conn.Closing() {
		return // nobody gets it
	}
	if p.resumed {
		x.releaseBody()
		x.session.noteMemory()
	}
	if p.wanted {
		x.wantBody()
	}
	for _, interim := range p.interims {
		_ = x.informWith(answerHead{status: interim.status, lines: interim.lines, framing: noBody})
	}
	if p.begins {
		if err := x.startLines(p.head, nil, c); err != nil {
			p.aborts = true // it has been checked: the connection has closed
		}
	}
	if p.aborts {
		x.Abort()
		return
	}
	if len(p.data) > 0 {
		x.writeAway(p.data, p.shared)
	}
	if p.ends {
		c.done(p)
		return
	}
	c.look(len(p.data) > 0)
}

// done ends the answer and lets go of the exchange.
func (c *call) done(p pending) {
	x := c.x
	c.x = nil
	c.stall.stop()
	x.owns = false
	if p.short {
		x.makeLast() // so that the client notices
	}
	switch {
	case p.short && x.framing == byLength:
		x.finish()
	case x.end(p.trailers) != nil: // they have been checked
		x.Abort()
	}
	if m := c.memory; m != nil {
		c.memory = nil
		m.give()
	}
}

func (m *memory) give() {
	if cap(m.lines) <= maxMemory {
		clear(m.names)
		m.names, m.lines = m.names[:0], m.lines[:0]
		memories.Put(m)
	}
}

// look sees whether the client reads: who writes faster has to wait.
func (c *call) look(took bool) {
	x, most := c.x, c.server.maxWriteAhead()
	full := x.buffered() > most
	if full {
		x.awaitDrain(most / 2)
		c.stall.watch(x)
	}
	if full || took {
		c.mu.Lock()
		defer c.mu.Unlock()
		c.full = full
		wake(c.room)
	}
}

func (c *call) drained() {
	c.stall.stop()
	c.mu.Lock()
	defer c.mu.Unlock()
	c.full = false
	wake(c.room)
}

// writeAway is write; when the bytes are given away, long ones are not copied.
func (x *Exchange) writeAway(p []byte, away bool) {
	if !away || len(p) < smallPiece {
		x.write(p)
		return
	}
	switch x.framing {
	case byLength, byTheEnd:
		x.sendAway(p)
	case byChunks:
		d := x.session.desk
		out := append(strconv.AppendInt(d.scratch[:0], int64(len(p)), 16), "\r\n"...)
		x.send(out)
		d.keepScratch(out)
		x.sendAway(p)
		x.send(lineEnd)
	}
}

const smallPiece = 8 << 10

var lineEnd = []byte("\r\n")

func (x *Exchange) sendAway(p []byte) {
	if s := x.session; s.owed.first == x && len(x.out) == 0 {
		if err := s.conn.SendShared(p); err != engine.ErrFull {
			return
		}
	}
	x.out = append(x.out, p...)
}
