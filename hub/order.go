package hub

import "hash/maphash"

// byID orders connections by their IDs. Those are numbers that the process gives, one after the other, so they spread by
// themselves, and what came together lies together.
type byID struct{}

func (byID) hash(id uint64) uint32                   { return uint32(id) }
func (byID) hashOf(m *member) uint32                 { return uint32(m.ref.ID()) }
func (byID) has(m *member, _ uint32, id uint64) bool { return m.ref.ID() == id }
func (byID) next(m *member) **member                 { return &m.nextByID }

// byUID orders the first members of uids. Strangers choose those, so the hash has a seed that they do not know. A member
// keeps it, so that walking a chain touches the members and not their texts.
type byUID struct{ seed maphash.Seed }

func (o byUID) hash(uid string) uint32                    { return uint32(maphash.String(o.seed, uid)) }
func (byUID) hashOf(m *member) uint32                     { return m.uidHash }
func (byUID) has(m *member, hash uint32, uid string) bool { return m.uidHash == hash && m.uid == uid }
func (byUID) next(m *member) **member                     { return &m.nextByUID }
