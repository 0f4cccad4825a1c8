//go:build linux

package engine

import "slices"

// outbox holds what is for one connection alone, in order, until the kernel takes it.
//
//	empty --push--> waiting --the loop comes to it: one write--> empty
//	                   ^             | the kernel took a part only
//	                   |             v
//	                   +--EPOLLOUT-- stalled
//
// What is for everybody stands in the loop's broadcastLog; a connection's turn merges both (see batch.go).
// Frames are shared and never copied here, but for the small pieces that Write gathers in chunks of the loop's.
type outbox struct {
	items []item
	first int // index of the oldest item
	bytes int // in items, less what has been written of the first
	thin  *thinning
}

// item is one frame. position is where the log ended when it came: log entries from there on come after it.
type item struct {
	frame    []byte
	position uint64
	key      string // of a push to a connection that conflates
	chunk    bool   // frame is a chunk of the loop's, to be given back
	push     bool   // not the connection's own: it may be dropped
	keep     bool   // Keep has named it
}

// itemOverhead is what an item counts against limits beside its bytes: without it, a million empty messages would be free.
const itemOverhead = 32

// maxIdleItems is the largest slice of items that is kept for the next connection that has something waiting.
const maxIdleItems = 64

// len counts the items, and the gaps between them.
func (o *outbox) len() int { return len(o.items) - o.first }

// size is what the items count against limits.
func (o *outbox) size() int {
	n := o.len()
	if o.thin != nil {
		n -= o.thin.gaps
	}
	return o.bytes + n*itemOverhead
}

func (o *outbox) add(it item) {
	o.items = append(o.items, it)
	o.bytes += len(it.frame)
	if o.thin != nil {
		o.thin.note(&it, len(o.items)-1)
	}
}

// extend adds p to the chunk at the end and tells whether there was one with room.
func (o *outbox) extend(p []byte, position uint64) bool {
	if o.len() == 0 {
		return false
	}
	last := &o.items[len(o.items)-1]
	if !last.chunk || last.position != position || cap(last.frame)-len(last.frame) < len(p) {
		return false
	}
	last.frame = append(last.frame, p...)
	o.bytes += len(p)
	return true
}

func (o *outbox) pushChunk(chunk []byte, position uint64) {
	o.add(item{frame: chunk, position: position, chunk: true})
}

func (o *outbox) head() *item { return &o.items[o.first] }

// pop takes the first item out, and gaps behind it.
func (o *outbox) pop() item {
	it := o.items[o.first]
	if o.thin != nil {
		o.thin.forget(&it, o.first)
	}
	o.shift()
	if o.thin != nil {
		o.skipGaps()
	}
	return it
}

func (o *outbox) shift() {
	o.items[o.first] = item{}
	o.first++
	gone := o.first
	switch {
	case o.first == len(o.items):
		o.items, o.first = o.items[:0], 0
	case o.first >= maxIdleItems && o.first > len(o.items)/2:
		n := copy(o.items, o.items[o.first:])
		clear(o.items[n:])
		o.items, o.first = o.items[:n], 0
	default:
		return
	}
	if o.thin != nil {
		o.thin.base += gone
	}
}

// put is add for what cut has taken out, unless it is a gap.
func (o *outbox) put(it item) {
	if len(it.frame) > 0 {
		o.add(it)
	}
}

// cut takes out and returns the items at the end that came after a position of the log.
func (o *outbox) cut(position uint64) (after []item) {
	i := len(o.items)
	for ; i > o.first && o.items[i-1].position > position; i-- {
		it := &o.items[i-1]
		o.bytes -= len(it.frame)
		switch {
		case o.thin == nil:
		case len(it.frame) == 0:
			o.thin.gaps--
		default:
			o.thin.forget(it, i-1)
		}
	}
	if i == len(o.items) {
		return nil
	}
	after = slices.Clone(o.items[i:])
	clear(o.items[i:])
	o.items = o.items[:i]
	return after
}

// outboxPool keeps a loop's empty outboxes and chunks: only connections that have something waiting have one.
type outboxPool struct {
	boxes  []*outbox
	chunks [][]byte
}

const (
	chunkSize = 4 << 10
	maxPooled = 1024 // boxes, and as many chunks: 4 MiB a loop
	// A push to a large group fills many boxes with a frame each. Boxes of so few items are kept for the next one: 3 MiB.
	smallBox  = 4
	maxSmalls = 16 << 10
)

func (p *outboxPool) box() *outbox {
	if n := len(p.boxes); n > 0 {
		o := p.boxes[n-1]
		p.boxes = p.boxes[:n-1]
		return o
	}
	return &outbox{}
}

func (p *outboxPool) freeBox(o *outbox) {
	o.thin = nil
	for o.len() > 0 {
		p.freeItem(o.pop())
	}
	if n, size := len(p.boxes), cap(o.items); n < maxPooled && size <= maxIdleItems || n < maxSmalls && size <= smallBox {
		o.items, o.first, o.bytes = o.items[:0], 0, 0
		p.boxes = append(p.boxes, o)
	}
}

// chunk returns an empty slice with room for n bytes at least.
func (p *outboxPool) chunk(n int) []byte {
	if k := len(p.chunks); k > 0 && n <= chunkSize {
		c := p.chunks[k-1]
		p.chunks = p.chunks[:k-1]
		return c
	}
	return make([]byte, 0, max(n, chunkSize))
}

func (p *outboxPool) freeItem(it item) {
	if it.chunk && cap(it.frame) == chunkSize && len(p.chunks) < maxPooled {
		p.chunks = append(p.chunks, it.frame[:0])
	}
}
