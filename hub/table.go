package hub

// table finds members by a key of theirs. It is a linear hash table: with each member that comes it splits one of its
// buckets, and with each that goes it may merge a few, so no call pays for all of them, as a map's growth does. The chains run
// through the members, so that a member costs two words here.
//
//	buckets   0 ... n-low | n-low+1 ... low-1 | low ... n
//	          split       | not yet split     | their other halves
type table[K comparable] struct {
	order    order[K]
	segments []*[segmentSize]*member
	size     uint64 // buckets
	low      uint64 // the largest power of two up to size
	count    uint64 // members
}

// segmentSize is how many buckets are made at once.
const segmentSize = 512

// order is what a table goes by.
type order[K comparable] interface {
	hash(key K) uint32
	hashOf(m *member) uint32
	has(m *member, hash uint32, key K) bool
	next(m *member) **member
}

func newTable[K comparable](o order[K]) table[K] {
	return table[K]{order: o, segments: []*[segmentSize]*member{new([segmentSize]*member)}, size: 1, low: 1}
}

// get returns the member with the key, or nil.
func (t *table[K]) get(key K) *member { return *t.find(key) }

// find returns the link to the member with the key, or where its chain ends.
func (t *table[K]) find(key K) **member {
	hash := t.order.hash(key)
	link := t.chain(hash)
	for *link != nil && !t.order.has(*link, hash, key) {
		link = t.order.next(*link)
	}
	return link
}

// chain is the first link of the bucket that a hash belongs to.
func (t *table[K]) chain(hash uint32) **member {
	i := uint64(hash) & (2*t.low - 1)
	if i >= t.size {
		i -= t.low
	}
	return t.bucket(i)
}

func (t *table[K]) bucket(i uint64) **member { return &t.segments[i/segmentSize][i%segmentSize] }

// put adds a member whose key nobody here has.
func (t *table[K]) put(m *member) {
	t.push(t.chain(t.order.hashOf(m)), m)
	t.count++
	if t.count > t.size {
		t.split()
	}
}

func (t *table[K]) push(chain **member, m *member) {
	*t.order.next(m) = *chain
	*chain = m
}

// remove takes out the member that has the key; there is one.
func (t *table[K]) remove(key K) {
	t.cut(t.find(key))
	for t.count--; t.count < t.size/4; {
		t.merge()
	}
}

// cut takes out what a link leads to.
func (t *table[K]) cut(link **member) *member {
	m := *link
	next := t.order.next(m)
	*link, *next = *next, nil
	return m
}

// replace puts another with the same key into a member's place.
func (t *table[K]) replace(key K, with *member) {
	link := t.find(key)
	t.cut(link)
	t.push(link, with)
}

// split adds a bucket, which gets its part of the one that it is the other half of.
func (t *table[K]) split() {
	i := t.size
	if i%segmentSize == 0 {
		t.segments = append(t.segments, new([segmentSize]*member))
	}
	to := t.bucket(i)
	for link := t.bucket(i - t.low); *link != nil; {
		if uint64(t.order.hashOf(*link))&(2*t.low-1) == i {
			t.push(to, t.cut(link))
		} else {
			link = t.order.next(*link)
		}
	}
	if t.size++; t.size == 2*t.low {
		t.low = t.size
	}
}

// merge undoes the last split.
func (t *table[K]) merge() {
	t.size--
	if t.size < t.low {
		t.low /= 2
	}
	from, to := t.bucket(t.size), t.bucket(t.size-t.low)
	for *from != nil {
		t.push(to, t.cut(from))
	}
	if t.size%segmentSize == 0 {
		last := len(t.segments) - 1
		t.segments[last] = nil
		t.segments = t.segments[:last]
	}
}
