package identity

import "net/netip"

// crowd counts the questions that are under way by the addresses of those who have asked them first, so that no address fills the queue
// alone. It has no lock of its own.
type crowd map[netip.Prefix]int

// enter counts a question, unless its address has most already.
func (c crowd) enter(address string, most int) bool {
	from, counts := homeOf(address)
	if !counts || most < 0 {
		return true
	}
	if c[from] >= most {
		return false
	}
	c[from]++
	return true
}

// leave is called once for each that has entered.
func (c crowd) leave(address string) {
	from, _ := homeOf(address)
	if c[from]--; c[from] <= 0 {
		delete(c, from)
	}
}

// homeOf is what counts as one address: of IPv6 the first 64 bits, which is what a network's customer gets. This machine and unix sockets
// do not count.
func homeOf(address string) (from netip.Prefix, counts bool) {
	ip, err := netip.ParseAddr(address)
	if err != nil || ip.Unmap().IsLoopback() {
		return netip.Prefix{}, false
	}
	ip = ip.Unmap().WithZone("")
	bits := ip.BitLen()
	if ip.Is6() {
		bits = 64
	}
	from, err = ip.Prefix(bits)
	return from, err == nil
}
