//go:build linux

package engine

import "fmt"

// SlowPolicy is what becomes of pushes to a connection that does not read, when they would bring what waits for it above
// ListenOptions.MaxOutbox. It is about pushes only (Outlet.Push, Loop.Broadcast and BroadcastTo): what a connection answers its peer itself is
// never dropped, and stops its reading instead. Nor is a frame that has been written in part.
type SlowPolicy uint8

const (
	// CloseSlow closes the connection: what it has not begun to get is dropped, and its protocol says why (WebSocket: 1013).
	// The push is refused.
	CloseSlow SlowPolicy = iota
	// DropNewest refuses the push.
	DropNewest
	// DropOldest takes the push, and drops older ones until it fits. It refuses what does not fit even then, because of the
	// connection's own answers.
	DropOldest
	// Conflate keeps, of pushes with the same key (Shared.Key), only the newest, in its place behind the others: not just at
	// the mark, but whenever the connection is stalled. When what is left, of many keys or without one, passes the mark, the
	// connection is closed as with CloseSlow: nothing tells which of them it could do without.
	Conflate
)

var slowPolicies = []string{CloseSlow: "close", DropNewest: "drop-newest", DropOldest: "drop-oldest", Conflate: "conflate"}

// String is close, drop-newest, drop-oldest or conflate.
func (p SlowPolicy) String() string {
	if int(p) < len(slowPolicies) {
		return slowPolicies[p]
	}
	return fmt.Sprintf("SlowPolicy(%d)", uint8(p))
}

// MarshalText is String as bytes.
func (p SlowPolicy) MarshalText() ([]byte, error) { return []byte(p.String()), nil }

// UnmarshalText reads what String writes.
func (p *SlowPolicy) UnmarshalText(text []byte) error {
	for i, name := range slowPolicies {
		if string(text) == name {
			*p = SlowPolicy(i)
			return nil
		}
	}
	return fmt.Errorf("%q is none of close, drop-newest, drop-oldest and conflate", text)
}

// fits tells whether m, of size bytes, may wait for a stalled connection. The largest message that fits alone is taken, once,
// also when a little waits, up to half of the mark: else a page that is hardly behind could never get it. So pushes make at
// most one and a half times MaxOutbox wait, and what m's encoding adds.
func (c *Conn) fits(m Shared, size int) bool {
	waits, high := c.pending(), c.limits.MaxOutbox
	return waits+size <= high || waits <= high/2 && m.Len() <= high
}

// admits tells whether a push of size bytes may join what waits for c, and makes room for it as the policy says. A connection that
// is to be closed is closed now, or, when the push is one of many, soon.
func (c *Conn) admits(m Shared, size int, one bool) bool {
	switch {
	case !c.stalled:
		return true
	case c.hold&holdSlow != 0:
		return false
	}
	if c.conflates(m) {
		c.catchUp()
		c.supersede(m.Key())
	}
	if c.fits(m, size) {
		return true
	}
	c.catchUp() // what the log has may not all be for it
	if c.fits(m, size) {
		return true
	}
	if !one && c.limits.closesSlow() {
		c.loop.closeSoon(c)
		return false
	}
	c.passMark()
	if c.state != open || c.detached {
		return false // whoever was told has closed it
	}
	switch c.limits.Slow {
	case DropNewest:
		c.loop.stats.droppedNewest.Add(1)
		return false
	case DropOldest:
		return c.dropOldest(m, size)
	}
	c.endSlow()
	return false
}

// closesSlow tells whether the policy closes connections, and does not drop pushes.
func (o *ListenOptions) closesSlow() bool { return o.Slow == CloseSlow || o.Slow == Conflate }

func (c *Conn) conflates(m Shared) bool { return c.limits.Slow == Conflate && m.Key() != "" }

// keyOf is the key that a push is kept with for c.
func (c *Conn) keyOf(m Shared) string {
	if c.limits.Slow != Conflate {
		return ""
	}
	return m.Key()
}

// dropOldest drops pushes until m fits, or nothing when it would not even then. What waits is c's own, none of it the log's.
func (c *Conn) dropOldest(m Shared, size int) bool {
	c.catchUp() // whoever was told of the mark may have broadcast
	stats := &c.loop.stats
	if c.out != nil {
		t := c.thinned()
		kept, high := c.pending()-t.droppable(c.out, c.written), c.limits.MaxOutbox
		for kept+size <= high || kept <= high/2 && m.Len() <= high {
			if c.fits(m, size) {
				return true
			}
			c.drop(t.oldest(c.out, c.written))
			stats.droppedOldest.Add(1)
		}
	}
	stats.droppedNewest.Add(1)
	return false
}

// supersede drops what waits with the key, but for a frame that has been written in part.
func (c *Conn) supersede(key string) {
	if c.out == nil {
		return
	}
	t := c.thinned()
	number, waits := t.newest[key]
	if i := number - t.base; waits && (c.written == 0 || i != c.out.first) {
		c.drop(i)
		c.loop.stats.conflated.Add(1)
	}
}

// drop takes the item at index i out of c's outbox, whose peer does not read.
func (c *Conn) drop(i int) {
	before := c.ownBytes()
	c.out.drop(i)
	c.loop.account(c, c.ownBytes()-before)
	if c.out != nil && c.out.len() == 0 {
		c.freeOutbox()
	}
}

// thinned is c's outbox prepared for items to be dropped from its midst.
func (c *Conn) thinned() *thinning {
	if c.out.thin == nil {
		before := c.ownBytes()
		conflated := c.out.prepare(c.limits.Slow == Conflate, c.written)
		c.loop.account(c, c.ownBytes()-before)
		c.loop.stats.conflated.Add(uint64(conflated))
	}
	return c.out.thin
}

// conflateWaiting is called when a connection stalls: what waited before that is conflated too.
func (c *Conn) conflateWaiting() {
	if c.limits.Slow != Conflate || c.keyedWaiting() < 2 {
		return
	}
	c.catchUp()
	if c.out != nil {
		c.thinned()
	}
}

// keyedWaiting counts what waits for c with a key.
func (c *Conn) keyedWaiting() (n int) {
	if c.out != nil {
		for i := range c.out.items[c.out.first:] {
			if c.out.items[c.out.first+i].key != "" {
				n++
			}
		}
	}
	if c.hears {
		for at, b := c.cursor, &c.loop.everybody; at != b.end(); at++ {
			if b.at(at).message.Key() != "" {
				n++
			}
		}
	}
	return n
}
