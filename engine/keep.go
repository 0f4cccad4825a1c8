//go:build linux

package engine

// Keep says that what waits for the peer now is sent even when the connection is closed as a slow consumer, which drops what comes behind
// it. Protocols call it when they have answered what all that follows stands on, such as an upgrade: without its head no goodbye could be
// read.
func (c *Conn) Keep() {
	if c.out == nil {
		return
	}
	for i := c.out.first; i < len(c.out.items); i++ {
		it := &c.out.items[i]
		it.keep = !it.push && len(it.frame) > 0
	}
}

// takeKept appends what Keep has named to dst, but for the first few items. The log does not come between them any more.
func (o *outbox) takeKept(dst []item, except int) []item {
	for i := o.first + except; i < len(o.items); i++ {
		it := &o.items[i]
		if !it.keep {
			continue
		}
		dst = append(dst, item{frame: it.frame, chunk: it.chunk, keep: true})
		it.chunk = false // it is not to be given back with the box
	}
	return dst
}
