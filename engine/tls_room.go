//go:build linux

package engine

import (
	"container/list"
	"net/netip"
	"sync"
)

// room holds a listener's handshakes that are under way, so that peers that say nothing cannot keep others out. Who is not
// being computed is silent, and stands in a queue with the longest silent first; a peer that sends less than a whole record
// stays where it is.
type room struct {
	mu     sync.Mutex
	most   int // handshakes
	each   int // of one address
	n      int
	silent list.List
	groups map[netip.Prefix]*group
}

// group is the handshakes of one address.
type group struct {
	n      int
	silent list.List
}

// seat is a handshake's place in the room, which guards it.
type seat struct {
	taken   bool
	address netip.Prefix
	group   *group        // nil for an address that is exempt
	inRoom  *list.Element // among the silent; nil when it is not
	inGroup *list.Element
}

func (r *room) init(most, each int) {
	r.most, r.each, r.groups = most, each, map[netip.Prefix]*group{}
}

// addressGroup is whom a peer is counted with. The zero prefix is exempt.
func addressGroup(e *endpoint, proxies []netip.Prefix) netip.Prefix {
	if !e.isTCP() || trusts(proxies, e) {
		return netip.Prefix{}
	}
	ip := netip.AddrFrom16(e.ip).Unmap()
	switch {
	case ip.IsLoopback():
		return netip.Prefix{}
	case ip.Is4():
		return netip.PrefixFrom(ip, 32)
	}
	p, _ := ip.Prefix(64)
	return p
}

// enter takes a place for h, and tells who has lost his for that. ok is false when nobody could give way.
func (r *room) enter(h *handshake, address netip.Prefix) (gone *handshake, ok bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	g := r.group(address)
	switch {
	case g != nil && g.n >= r.each:
		gone = longestSilent(&g.silent)
	case r.n >= r.most:
		gone = longestSilent(&r.silent)
	default:
		r.seat(h, g, address)
		return nil, true
	}
	if gone == nil {
		return nil, false
	}
	r.unseat(gone)
	r.seat(h, r.group(address), address) // the group may have gone with its last
	return gone, true
}

func longestSilent(queue *list.List) *handshake {
	if first := queue.Front(); first != nil {
		return first.Value.(*handshake)
	}
	return nil
}

// group is nil for an exempt address. One that nobody is in yet is kept only when seat puts somebody in.
func (r *room) group(address netip.Prefix) *group {
	if address == (netip.Prefix{}) {
		return nil
	}
	if g := r.groups[address]; g != nil {
		return g
	}
	return &group{}
}

func (r *room) seat(h *handshake, g *group, address netip.Prefix) {
	h.seat = seat{taken: true, address: address, group: g}
	r.n++
	if g != nil {
		g.n++
		r.groups[address] = g
	}
	r.queue(h)
}

func (r *room) unseat(h *handshake) {
	r.unqueue(h)
	r.n--
	if g := h.seat.group; g != nil {
		if g.n--; g.n == 0 {
			delete(r.groups, h.seat.address)
		}
	}
	h.seat = seat{}
}

func (r *room) queue(h *handshake) {
	h.seat.inRoom = r.silent.PushBack(h)
	if g := h.seat.group; g != nil {
		h.seat.inGroup = g.silent.PushBack(h)
	}
}

func (r *room) unqueue(h *handshake) {
	if h.seat.inRoom == nil {
		return
	}
	r.silent.Remove(h.seat.inRoom)
	if g := h.seat.group; g != nil {
		g.silent.Remove(h.seat.inGroup)
	}
	h.seat.inRoom, h.seat.inGroup = nil, nil
}

// hear notes that h is to be computed.
func (r *room) hear(h *handshake) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if h.seat.taken {
		r.unqueue(h)
	}
}

// rest notes that h waits for its peer.
func (r *room) rest(h *handshake) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if h.seat.taken && h.seat.inRoom == nil {
		r.queue(h)
	}
}

func (r *room) leave(h *handshake) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if h.seat.taken {
		r.unseat(h)
	}
}

// crowded tells whether the room is full, and not for silent peers: those who are computed would have been served.
func (r *room) crowded() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.n >= r.most && r.silent.Len() <= r.n/2
}
