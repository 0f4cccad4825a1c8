package hub

import (
	"hash/maphash"
	"math/bits"
)

// byID orders connections by their IDs. Those are numbers that the process gives, and which of them come here may follow a
// pattern: the product's upper bits, which depend on all of the number's, break it up.
type byID struct{}

func (byID) hash(id uint64) uint64   { return bits.ReverseBytes64(id * 0x9e3779b97f4a7c15) }
func (byID) key(m *member) uint64    { return m.ref.ID() }
func (byID) next(m *member) **member { return &m.nextByID }

// byUID orders the first members of uids. Strangers choose those, so the hash has a seed that they do not know.
type byUID struct{ seed maphash.Seed }

func (o byUID) hash(uid string) uint64 { return maphash.String(o.seed, uid) }
func (byUID) key(m *member) string     { return m.uid }
func (byUID) next(m *member) **member  { return &m.nextByUID }
