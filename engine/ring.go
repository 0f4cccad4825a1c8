//go:build linux

package engine

// ring is a queue of connections, first come first served.
type ring struct {
	conns []*Conn // length is a power of two; the one with a position is at that modulo the length
	first uint32  // position of the first
	n     int     // those in it, and the holes between them
}

// maxIdleRing is how long an empty ring's slice may be kept for the next burst.
const maxIdleRing = 64 << 10

func (r *ring) at(position uint32) **Conn { return &r.conns[position&uint32(len(r.conns)-1)] }

// push tells c's position.
func (r *ring) push(c *Conn) (position uint32) {
	if r.n == len(r.conns) {
		r.grow()
	}
	position = r.first + uint32(r.n)
	*r.at(position) = c
	r.n++
	return position
}

func (r *ring) pop() *Conn {
	at := r.at(r.first)
	c := *at
	*at = nil
	r.first++
	r.n--
	r.skipHoles()
	if r.n == 0 && len(r.conns) > maxIdleRing {
		*r = ring{}
	}
	return c
}

func (r *ring) skipHoles() {
	for r.n > 0 && *r.at(r.first) == nil {
		r.first++
		r.n--
	}
}

// remove takes out who was pushed at a position. What is left is a hole, unless it is at one of the ends: pop never finds one.
func (r *ring) remove(position uint32) {
	*r.at(position) = nil
	r.skipHoles()
	for r.n > 0 && *r.at(r.first + uint32(r.n-1)) == nil {
		r.n--
	}
}

func (r *ring) grow() {
	old := *r
	r.conns = make([]*Conn, max(64, 2*len(r.conns)))
	for i := range old.n {
		position := old.first + uint32(i)
		*r.at(position) = *old.at(position)
	}
}
