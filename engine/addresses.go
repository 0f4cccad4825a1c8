//go:build linux

package engine

import (
	"net/netip"
	"sync"
	"time"
)

// addresses counts a listener's connections by the addresses that they come from. It holds those that have one open, and a
// bounded number of those that had one lately. Loopback, unix sockets and trusted proxies are not counted. Its lock is taken where a
// connection begins and where it ends, never for a message.
type addresses struct {
	most int // connections an address, below 0 for no limit
	rate int // new ones a second and address, below 0 for no limit
	// proxies are not counted: each speaks for many.
	proxies []netip.Prefix

	mu    sync.Mutex
	known map[addressKey]addressUse
	idle  []idleAddress // the oldest first, from first on
	first int
}

// addressKey is an IPv4 address as IPv6 maps it, or the first 64 bits of one of IPv6, which is what a network's customer gets.
type addressKey [16]byte

type addressUse struct {
	open  int32
	idles uint32        // how often it has become idle: only its last entry among the idle ones counts
	spent time.Duration // when its bucket of new connections will be full again
}

type idleAddress struct {
	key   addressKey
	idles uint32
}

const (
	// maxIdleAddresses is how many addresses without a connection are remembered, for their rate; the oldest are forgotten.
	maxIdleAddresses = 1 << 14
	// tidiedAtOnce bounds how many are forgotten when a connection ends.
	tidiedAtOnce = 16
	// rateBurst is how many seconds' worth of new connections may come at once.
	rateBurst = 4
)

// keyOf tells the address that peer counts for; false: it is exempt.
func (a *addresses) keyOf(peer *endpoint) (addressKey, bool) {
	if !peer.tcp || trusts(a.proxies, peer) {
		return addressKey{}, false
	}
	ip := netip.AddrFrom16(peer.ip)
	if ip.Unmap().IsLoopback() {
		return addressKey{}, false
	}
	key := addressKey(peer.ip)
	if !ip.Is4In6() {
		clear(key[8:])
	}
	return key, true
}

// enter counts a connection in, or says why it is too many; now is the engine's clock.
func (a *addresses) enter(peer *endpoint, now time.Duration) error {
	key, counts := a.keyOf(peer)
	if !counts {
		return nil
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	use := a.known[key]
	if a.most >= 0 && int(use.open) >= a.most {
		return ErrPerAddress
	}
	if a.rate >= 0 {
		filled, ok := spend(use.spent, now, a.rate)
		if !ok {
			return ErrAddressRate
		}
		use.spent = filled
	}
	use.open++
	if a.known == nil {
		a.known = map[addressKey]addressUse{}
	}
	a.known[key] = use
	return nil
}

// spend takes one from a bucket that is full again at spent, and tells when it will be then; false: it is empty.
func spend(spent, now time.Duration, rate int) (time.Duration, bool) {
	filled := max(spent, now) + time.Second/time.Duration(rate)
	return filled, filled <= now+rateBurst*time.Second
}

// leave counts a connection out.
func (a *addresses) leave(peer *endpoint, now time.Duration) {
	key, counts := a.keyOf(peer)
	if !counts {
		return
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	use := a.known[key]
	if use.open--; use.open == 0 {
		use.idles++
		a.idle = append(a.idle, idleAddress{key, use.idles})
	}
	a.known[key] = use
	a.tidy(now)
}

// tidy forgets addresses without a connection: those whose bucket is full again, and the oldest of too many.
func (a *addresses) tidy(now time.Duration) {
	for range tidiedAtOnce {
		if a.first == len(a.idle) {
			break
		}
		oldest := a.idle[a.first]
		use := a.known[oldest.key]
		idle := use.open == 0 && use.idles == oldest.idles
		if idle && use.spent > now && len(a.idle)-a.first <= maxIdleAddresses {
			break
		}
		if idle {
			delete(a.known, oldest.key)
		}
		a.first++
	}
	if a.first > len(a.idle)/2 {
		a.idle = a.idle[:copy(a.idle, a.idle[a.first:])]
		a.first = 0
	}
}
