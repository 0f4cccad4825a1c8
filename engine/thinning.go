//go:build linux

package engine

// thinning is what it takes to drop pushes from the midst of an outbox. Only the outbox of a peer that is behind has one, made
// when the first is to be dropped. A dropped item leaves a gap, an item without a frame, until half of the items are gaps. The
// first item is never a gap.
//
// An item's number is its index and base, which grows when the items before it go; so it keeps its number until the gaps are
// closed.
type thinning struct {
	base   int
	gaps   int
	pushes int            // bytes of the pushes, itemOverhead included
	scan   int            // the number from which on the oldest push is looked for
	newest map[string]int // by key, the number of the newest push; nil unless conflating
}

// minGaps is how many gaps are not worth closing.
const minGaps = 64

// prepare makes the outbox's thinning, and tells how many it has conflated. written are the bytes of its first item that are
// with the kernel already.
func (o *outbox) prepare(conflate bool, written int) (conflated int) {
	t := &thinning{}
	if conflate {
		t.newest = make(map[string]int)
	}
	for i := len(o.items) - 1; i >= o.first; i-- {
		it := &o.items[i]
		_, newer := t.newest[it.key]
		switch {
		case conflate && it.key != "" && newer && (i > o.first || written == 0):
			o.leaveGap(t, i)
			conflated++
			continue
		case conflate && it.key != "" && !newer:
			t.newest[it.key] = i
		}
		t.pushes += it.pushBytes()
	}
	o.thin = t
	o.skipGaps()
	o.closeGaps()
	return conflated
}

func (it *item) pushBytes() int {
	if !it.push {
		return 0
	}
	return len(it.frame) + itemOverhead
}

func (o *outbox) leaveGap(t *thinning, i int) {
	o.bytes -= len(o.items[i].frame)
	o.items[i] = item{position: o.items[i].position}
	t.gaps++
}

// droppable is how many bytes of pushes could be dropped: what is written in part cannot.
func (t *thinning) droppable(o *outbox, written int) int {
	if written > 0 {
		return t.pushes - o.head().pushBytes()
	}
	return t.pushes
}

// oldest is the index of the first push that can be dropped; there is one.
func (t *thinning) oldest(o *outbox, written int) int {
	i := max(t.scan-t.base, o.first)
	if written > 0 {
		i = max(i, o.first+1)
	}
	for !o.items[i].push {
		i++
	}
	t.scan = t.base + i
	return i
}

// drop takes the item at index i out.
func (o *outbox) drop(i int) {
	if i == o.first {
		o.bytes -= len(o.items[i].frame)
		o.pop()
		return
	}
	o.thin.forget(&o.items[i], i)
	o.leaveGap(o.thin, i)
	o.closeGaps()
}

func (t *thinning) note(it *item, i int) {
	t.pushes += it.pushBytes()
	if it.key != "" && t.newest != nil {
		t.newest[it.key] = t.base + i
	}
}

func (t *thinning) forget(it *item, i int) {
	t.pushes -= it.pushBytes()
	if it.key == "" {
		return
	}
	if number, ok := t.newest[it.key]; ok && number == t.base+i {
		delete(t.newest, it.key)
	}
}

// skipGaps makes the first item one that is no gap.
func (o *outbox) skipGaps() {
	for o.len() > 0 && len(o.head().frame) == 0 {
		o.thin.gaps--
		o.shift()
	}
}

// closeGaps gives the room of gaps back when they are many.
func (o *outbox) closeGaps() {
	t := o.thin
	if t.gaps < minGaps || t.gaps < o.len()/2 {
		return
	}
	kept := o.items[:0]
	for _, it := range o.items[o.first:] {
		if len(it.frame) > 0 {
			kept = append(kept, it)
		}
	}
	clear(o.items[len(kept):])
	o.items, o.first = kept, 0
	t.base, t.gaps, t.scan = 0, 0, 0
	if t.newest == nil {
		return
	}
	for i := range o.items {
		if key := o.items[i].key; key != "" {
			t.newest[key] = i
		}
	}
}
