//go:build linux

package engine

import (
	"math"
	"math/bits"
	"slices"
)

// Audience is a set of connections on one loop that messages can be broadcast to, made by Loop.NewAudience. Whoever is in it
// hears (Outlet.Hear), and leaves it before the function given to Ref.Attach returns. All methods on the loop only,
// with connections of that loop. It is an alias of an interface literal, as Outlet is.
type Audience = interface {
	// Add puts a connection that hears into the audience. What was broadcast to it before is not for the connection.
	Add(o Outlet)
	// Remove takes a connection out. What was broadcast before is still its own.
	Remove(o Outlet)
	// Has tells whether the connection is in the audience.
	Has(o Outlet) bool
}

// NewAudience makes an empty audience of connections of this loop. One that is not used any more needs no closing once it is
// empty. On the loop only.
func (l *Loop) NewAudience() Audience { return &audience{log: &l.everybody} }

// audience is a set of descriptors: each is one bit, so that a test costs the same for everybody, and a connection in no
// audience pays nothing. The descriptors of a loop's connections are small numbers, unique among those that are there.
type audience struct {
	log    *broadcastLog
	leaves []*leaf
	size   int
	place  int // in the log's list

	// The sweep, see sweep.go.
	next           int   // the descriptor that it has come to
	walked         int64 // how far it has come
	oldest, newest uint64
	pending        int    // entries from oldest to newest, which have not been offered yet
	named          uint64 // the position behind the newest entry that depends on who is in
}

const (
	leafBits = 9 // descriptors in a leaf: 512
	leafSize = 1 << leafBits
)

// leaf is one cache line of the bitmap. There is none where nobody is.
type leaf [leafSize / 64]uint64

func (a *audience) span() int { return len(a.leaves) * leafSize }

func (a *audience) has(fd int) bool {
	i := fd >> leafBits
	return i < len(a.leaves) && a.leaves[i] != nil && a.leaves[i][fd%leafSize/64]>>(fd%64)&1 != 0
}

// add puts in a descriptor that is not in.
func (a *audience) add(fd int) {
	i := fd >> leafBits
	if grown := i + 1 - len(a.leaves); grown > 0 {
		a.leaves = append(a.leaves, make([]*leaf, grown)...)
		a.walked -= int64(grown * leafSize) // the way round has become longer
	}
	if a.leaves[i] == nil {
		a.leaves[i] = new(leaf)
	}
	a.leaves[i][fd%leafSize/64] |= 1 << (fd % 64)
	a.size++
}

// remove takes out a descriptor that is in.
func (a *audience) remove(fd int) {
	i := fd >> leafBits
	a.leaves[i][fd%leafSize/64] &^= 1 << (fd % 64)
	if *a.leaves[i] == (leaf{}) {
		a.leaves[i] = nil
	}
	a.size--
	a.free()
}

// free gives the memory of an audience back that nobody is in and nothing is on its way to.
func (a *audience) free() {
	if a.size == 0 && a.pending == 0 {
		a.leaves, a.next = nil, 0
	}
}

// walk goes to the next member, or as far as one look does.
func (a *audience) walk() (fd int, found bool) {
	if a.next >= a.span() {
		a.next = 0
	}
	fd = a.next
	skip := leafSize - fd%leafSize
	if l := a.leaves[fd>>leafBits]; l != nil {
		word := l[fd%leafSize/64] >> (fd % 64)
		found, skip = word != 0, 64-fd%64
		if found {
			skip = bits.TrailingZeros64(word) + 1
		}
	}
	a.next += skip
	a.walked += int64(skip)
	return a.next - 1, found
}

// union is an audience for one message: whoever is in one of to now. Nobody joins or leaves it: who ends is not visited any more,
// and a new connection with that descriptor begins behind the message.
func (l *Loop) union(to []Audience) *audience {
	u := &audience{log: &l.everybody}
	for _, a := range to {
		leaves := a.(*audience).leaves
		if grown := len(leaves) - len(u.leaves); grown > 0 {
			u.leaves = append(u.leaves, make([]*leaf, grown)...)
		}
		for i, other := range leaves {
			if other != nil {
				u.include(i, other)
			}
		}
	}
	return u
}

// include puts in those of another's leaf.
func (a *audience) include(i int, other *leaf) {
	if a.leaves[i] == nil {
		a.leaves[i] = new(leaf)
	}
	for j, word := range other {
		a.size += bits.OnesCount64(word &^ a.leaves[i][j])
		a.leaves[i][j] |= word
	}
}

func (a *audience) Has(o Outlet) bool {
	c := o.(*outlet)
	return c.hears && a.has(int(c.fd)) // the descriptor of one that has closed may be another's
}

func (a *audience) Add(o Outlet) {
	c := (*Conn)(o.(*outlet))
	if !c.hears || a.has(int(c.fd)) {
		return
	}
	a.settle(c)
	if a.size == 0 {
		a.place = len(a.log.audiences)
		a.log.audiences = append(a.log.audiences, a)
	}
	a.add(int(c.fd))
	if c.audiences < math.MaxUint8 {
		c.audiences++
	}
}

func (a *audience) Remove(o Outlet) {
	c := (*Conn)(o.(*outlet))
	if c.audiences == 0 || !a.has(int(c.fd)) {
		return
	}
	a.settle(c)
	a.drop(c)
}

// settle makes c's own what it is due, so that entries may go by who is in the audience at the time of the visit.
func (a *audience) settle(c *Conn) {
	if c.hears && c.cursor < a.named {
		c.catchUp()
	}
}

func (a *audience) drop(c *Conn) {
	a.remove(int(c.fd))
	if c.audiences < math.MaxUint8 {
		c.audiences--
	}
	if a.size > 0 {
		return
	}
	list := a.log.audiences
	last := len(list) - 1
	list[a.place] = list[last]
	list[a.place].place = a.place
	list[last] = nil
	a.log.audiences = list[:last]
}

// leaveAudiences takes c out of those that nobody took it out of: its descriptor will be another's.
func (c *Conn) leaveAudiences() {
	for _, a := range slices.Backward(c.loop.everybody.audiences) {
		if c.audiences == 0 {
			return
		}
		if a.has(int(c.fd)) {
			a.drop(c)
		}
	}
	c.audiences = 0 // with very many it has not been counted
}
