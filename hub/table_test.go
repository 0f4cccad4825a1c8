package hub

import (
	"fmt"
	"hash/maphash"
	"math/rand/v2"
	"testing"
	"unsafe"
)

// numbered is a connection that is only a number.
type numbered uint64

func (n numbered) ID() uint64                 { return uint64(n) }
func (numbered) LoopIndex() int               { return 0 }
func (numbered) Attach(func()) (Outlet, bool) { return nil, false }

// Whatever comes and goes, the tables find what a map finds, and shrink again.
func TestTables(t *testing.T) {
	ids, uids := newTable[uint64](byID{}), newTable[string](byUID{maphash.MakeSeed()})
	known := map[uint64]*member{}
	random := rand.New(rand.NewPCG(1, 2))
	const most = 6 * segmentSize
	for step := range 20 * most {
		id := random.Uint64N(most)
		growing := step/(2*most)%2 == 0
		m := known[id]
		switch {
		case ids.get(id) != m || uids.get(uidOf(id)) != m:
			t.Fatalf("step %d: %d is not found as it is", step, id)
		case m == nil && (growing || step%4 == 0):
			m = &member{ref: numbered(id), uid: uidOf(id), uidHash: uids.order.hash(uidOf(id))}
			known[id] = m
			ids.put(m)
			uids.put(m)
		case m != nil && growing && step%8 == 0:
			other := &member{ref: numbered(id), uid: m.uid, uidHash: m.uidHash}
			known[id] = other
			ids.replace(id, other)
			uids.replace(m.uid, other)
		case m != nil && !growing:
			delete(known, id)
			ids.remove(id)
			uids.remove(m.uid)
			if m.nextByID != nil || m.nextByUID != nil {
				t.Fatal("who has gone still leads to others")
			}
		}
	}
	for id := range uint64(most) {
		if ids.get(id) != known[id] || uids.get(uidOf(id)) != known[id] {
			t.Fatalf("%d is not found as it is", id)
		}
	}
	for id := range known {
		ids.remove(id)
		uids.remove(uidOf(id))
	}
	if ids.count != 0 || ids.size > 4 || len(ids.segments) != 1 || uids.count != 0 || uids.size > 4 || len(uids.segments) != 1 {
		t.Errorf("nobody is there, and %d and %d buckets", ids.size, uids.size)
	}
}

func uidOf(id uint64) string { return fmt.Sprint("u", id) }

// No call touches more than a few buckets: the most that one costs does not grow with the table.
func TestTableGrowsByTheBucket(t *testing.T) {
	ids := newTable[uint64](byID{})
	for id := range uint64(100_000) {
		before := ids.size
		ids.put(&member{ref: numbered(id)})
		if ids.size > before+1 {
			t.Fatalf("with member %d, %d buckets became %d", id, before, ids.size)
		}
	}
	longest := 0
	for i := range ids.size {
		n := 0
		for m := *ids.bucket(i); m != nil; m = m.nextByID {
			n++
		}
		longest = max(longest, n)
	}
	if longest > 16 {
		t.Errorf("a chain of %d", longest)
	}
}

// A member fits an allocation of 128 bytes (the next is 144): with a million of them, each step of it counts.
func TestMemberSize(t *testing.T) {
	if size := unsafe.Sizeof(member{}); size > 128 {
		t.Errorf("a member has %d bytes, more than 128", size)
	}
}
