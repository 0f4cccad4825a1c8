package identity

import (
	"container/list"
	"time"
)

// cache keeps what the back end has answered, the oldest of which goes when there is no room left. It has no lock of its own.
type cache struct {
	limit   int
	entries map[question]*list.Element
	order   list.List // of *known, the oldest first
}

// known is an answer.
type known struct {
	question question
	identity Identity
	err      error // nil or ErrRefused
	until    time.Time
}

// maxKept is the size in bytes up to which an identity is kept: there may be MaxCached of them.
const maxKept = 4 << 10

func (c *cache) get(q question, now time.Time) (*known, bool) {
	e := c.entries[q]
	if e == nil {
		return nil, false
	}
	if k := e.Value.(*known); now.Before(k.until) {
		return k, true
	}
	c.remove(e)
	return nil, false
}

func (c *cache) put(k *known) {
	if c.entries == nil {
		c.entries = map[question]*list.Element{}
	}
	if old := c.entries[k.question]; old != nil {
		c.remove(old)
	}
	c.entries[k.question] = c.order.PushBack(k)
	if c.order.Len() > c.limit {
		c.remove(c.order.Front())
	}
}

func (c *cache) remove(e *list.Element) {
	delete(c.entries, e.Value.(*known).question)
	c.order.Remove(e)
}

// keep keeps an answer for as long as it counts. What has failed is asked again.
func (b *Backend) keep(q question, id Identity, err error) {
	last := b.CacheTime
	if last == 0 {
		last = 10 * time.Second
	}
	if last < 0 || err != nil && err != ErrRefused || id.size() > maxKept {
		return
	}
	if err == ErrRefused {
		last /= 10
	}
	until := b.now().Add(last)
	if !id.Expires.IsZero() && id.Expires.Before(until) {
		until = id.Expires
	}
	b.cache.put(&known{q, id, err, until})
}

func (id *Identity) size() int {
	n := len(id.UID)
	for _, g := range id.Groups {
		n += len(g) + 16
	}
	return n
}
