//go:build linux

package engine

import (
	"runtime/debug"
	"sync/atomic"
	"time"
)

// All loops together have one budget of bytes for what waits for peers and for what has come of messages that are not whole.
// Each loop keeps its own sum in plain fields and tells it when that has moved by a step; so a message costs no atomic, and
// the sum of all is right but for a step a loop.
//
// Above the budget it is spent, until an eighth of it is free again. Meanwhile, in this order of pain:
//
//  1. publishers are held back, or told ErrBusy, as when the loops are behind (backlog.go);
//  2. a connection whose unfinished message has grown is not read, others are read in small pieces, and accepting pauses;
//  3. the connections that hold the most of it are closed, the largest first (reclaim.go).
//
// Whoever reads what it gets and sends whole messages holds nothing, and notices nothing but the first two.
type memory struct {
	most  int64 // 0: there is no limit
	low   int64 // below it, the budget is no longer spent
	step  int64
	used  atomic.Int64
	spent atomic.Bool
	times atomic.Uint64
	told  atomic.Int64 // when it was logged last, in Unix nanoseconds
}

// memoryStep is how far a loop's sum may move before it is told.
const memoryStep = 64 << 10

// spentRead is how much is read of a connection at a time while the budget is spent.
const spentRead = 4 << 10

func (m *memory) init(most int64, loops int) {
	if most == 0 {
		most = processMemory("/", debug.SetMemoryLimit(-1)) / 4
	}
	m.most = max(most, 0)
	m.low = m.most - m.most/8
	m.step = memoryStep
	if m.most > 0 {
		m.step = min(memoryStep, m.most/int64(256*loops))
	}
}

// memory is what a loop has of the budget.
func (l *Loop) memory() int64 {
	return int64(l.queued + l.stuck + l.everybody.held() + l.kept + l.inbox.left)
}

// tellMemory adds what has changed to the sum of all loops, when it is much.
func (l *Loop) tellMemory() {
	m, n := &l.engine.memory, l.memory()
	d := n - l.told
	if d == 0 || -m.step < d && d < m.step && n > 0 {
		return
	}
	l.told = n
	l.stats.memory.Store(n)
	switch total := m.used.Add(d); {
	case m.most == 0:
	case d > 0 && total > m.most && !m.spent.Load():
		l.engine.spend()
	case d < 0 && total < m.low && m.spent.Load():
		l.engine.recoup()
	}
}

// spend is called by whichever loop finds the budget spent.
func (e *Engine) spend() {
	m := &e.memory
	e.behind.Add(1) // first: another loop may recoup at once, and a sum below 0 would hold publishers back whom nobody lets go on
	if m.spent.Swap(true) {
		e.relieve()
		return
	}
	m.times.Add(1)
	if now := time.Now().UnixNano(); now-m.told.Load() > int64(warnEvery) {
		m.told.Store(now)
		e.log.Warn("engine: the budget of memory is spent", "used", m.used.Load(), "budget", m.most)
	}
	for _, l := range e.loops {
		_ = l.Post(l.reclaim) // a loop that has stopped holds nothing
	}
}

// recoup is called by whichever loop finds that enough is free again.
func (e *Engine) recoup() {
	m := &e.memory
	if !m.spent.Swap(false) {
		return
	}
	e.relieve()
	e.descriptorFreed() // listeners wait too
	if m.used.Load() > m.most {
		e.spend() // another loop's, which came in between
	}
}

// NoteMemory tells how many bytes a handler has of its own for the connection: of a message that is not whole, or of answers
// that wait for something. They count against Options.MaxMemory, until another number is told or the connection's end begins, at which the handler
// lets go of them.
// What OnTraffic has not taken and what has been sent is known without it. While the budget is spent, a connection whose number
// grows is not read until there is room again, and the one with the most may be closed.
func (c *Conn) NoteMemory(bytes int) {
	n := uint32(min(max(bytes, 0), maxNote))
	if n == c.kept || c.state != open {
		return
	}
	before := c.kept
	c.kept = n
	c.loop.kept += int(n) - int(before)
	if n > before {
		c.waitForMemory()
	}
}

const maxNote = 1<<31 - 1

// waitForMemory is called when what is unfinished of c has grown.
func (c *Conn) waitForMemory() {
	if c.state == open && c.loop.engine.memory.spent.Load() {
		c.loop.holdBack(c)
	}
}

// room is what a read may bring.
func (l *Loop) room() []byte {
	if l.engine.memory.spent.Load() {
		return l.readBuf[:spentRead]
	}
	return l.readBuf
}
