//go:build linux

package engine

// ring is a queue of connections, first come first served.
type ring struct {
	conns []*Conn // length is a power of two
	first int
	n     int
}

// maxIdleRing is how long an empty ring's slice may be kept for the next burst.
const maxIdleRing = 64 << 10

func (r *ring) push(c *Conn) {
	if r.n == len(r.conns) {
		r.grow()
	}
	r.conns[(r.first+r.n)&(len(r.conns)-1)] = c
	r.n++
}

func (r *ring) pop() *Conn {
	c := r.conns[r.first]
	r.conns[r.first] = nil
	r.first = (r.first + 1) & (len(r.conns) - 1)
	if r.n--; r.n == 0 && len(r.conns) > maxIdleRing {
		*r = ring{}
	}
	return c
}

func (r *ring) grow() {
	bigger := make([]*Conn, max(64, 2*len(r.conns)))
	n := copy(bigger, r.conns[r.first:])
	copy(bigger[n:], r.conns[:r.first])
	r.conns, r.first = bigger, 0
}
