package http

import (
	"net/netip"
	"slices"
)

// Forwarded is what trusted proxies tell of a request that they have passed on (RFC 7239). Of all that have, the one is meant that is
// the farthest from the server and still trusted: what was told before, anybody can have made up.
type Forwarded struct {
	// Client is who has asked that proxy. It is invalid when nobody tells, or the proxy does not want to (RFC 7239 6.2, 6.3). Its port is
	// 0 when that is not told.
	Client netip.AddrPort
	// Proto is the scheme that the proxy was asked with, "http" or "https"; "" when that is not told.
	Proto string
	// Host is whom the proxy was asked for, as in a Host field; nil when that is not told. It aliases the fields.
	Host []byte
}

// What is not believed, nor passed over.
var (
	// ErrForwarded: a Forwarded field of a trusted proxy's does not follow the grammar (RFC 7239 4), or an X-Forwarded-Host has no host.
	// Proxies append to what their clients send, so a quotation mark that somebody has left open could hide what they say.
	ErrForwarded = NewRefusal(400, "malformed Forwarded field")
	// ErrForwardedTwice: Forwarded and X-Forwarded-For, -Proto or -Host tell different things. One of them is the proxy's own and the other
	// one is the client's, whom the proxy did not stop.
	ErrForwardedTwice = NewRefusal(400, "the Forwarded and X-Forwarded fields contradict each other")
)

// ReadForwarded reads the fields of a request whose peer is a trusted proxy: Forwarded (RFC 7239), and X-Forwarded-For, X-Forwarded-Proto
// and X-Forwarded-Host. What is told in both ways has to be the same: ErrForwardedTwice. The proxies in trusted are believed, and those
// they name in turn; all lines of a field are one list, read from its end.
//
// X-Forwarded-For has no grammar: what is no address there, with or without a port, is somebody who is not told. X-Forwarded-Proto and
// -Host, which most proxies set anew and do not append to, count by their last element.
func ReadForwarded(fields Fields, trusted []netip.Prefix) (Forwarded, error) {
	told, err := standardForwarded(fields, trusted)
	if err != nil {
		return Forwarded{}, err
	}
	if !fields.Has("X-Forwarded-For") && !fields.Has("X-Forwarded-Proto") && !fields.Has("X-Forwarded-Host") {
		return told, nil
	}
	return told.merge(fields, trusted)
}

// standardForwarded reads Forwarded.
func standardForwarded(fields Fields, trusted []netip.Prefix) (Forwarded, error) {
	walk := hops{trusted: trusted}
	for line := range fields.Values("Forwarded") {
		for len(line) > 0 {
			hop, rest, err := cutHop(line)
			if err != nil {
				return Forwarded{}, err
			}
			if hop.told {
				walk.add(hop.Forwarded)
			}
			line = rest
		}
	}
	return walk.client, nil
}

// merge puts what the X-Forwarded fields tell to what Forwarded does.
func (f Forwarded) merge(fields Fields, trusted []netip.Prefix) (Forwarded, error) {
	if fields.Has("X-Forwarded-For") {
		walk := hops{trusted: trusted}
		for element := range fields.List("X-Forwarded-For") {
			walk.add(Forwarded{Client: looseAddress(element)})
		}
		if fields.Has("Forwarded") && walk.client.Client.Addr() != f.Client.Addr() {
			return Forwarded{}, ErrForwardedTwice
		}
		if f.Client.Port() == 0 {
			f.Client = walk.client.Client
		}
	}
	proto := schemeOf(lastElement(fields, "X-Forwarded-Proto"))
	host := lastElement(fields, "X-Forwarded-Host")
	switch {
	case host != nil && !validHostPort(host):
		return Forwarded{}, ErrForwarded
	case proto != "" && f.Proto != "" && proto != f.Proto,
		host != nil && f.Host != nil && !equalFold(host, string(f.Host)):
		return Forwarded{}, ErrForwardedTwice
	}
	if f.Proto == "" {
		f.Proto = proto
	}
	if f.Host == nil {
		f.Host = host
	}
	return f, nil
}

func lastElement(fields Fields, name string) (last []byte) {
	for element := range fields.List(name) {
		last = element
	}
	return last
}

// hops finds the client in a list of hops, the nearest to the server last, as if it went through it from the end: as long as a hop is a
// trusted proxy's, the one before it is asked. A hop whose address is not told ends that, too, and so does a loopback address, which is
// the machine of whoever tells it.
type hops struct {
	trusted []netip.Prefix
	client  Forwarded
	any     bool
}

func (w *hops) add(hop Forwarded) {
	proxy := w.trusts(hop.Client.Addr())
	switch {
	case !w.any || !proxy:
		w.client, w.any = hop, true
	case !w.client.Client.IsValid(), elsewhere(w.client.Client, hop.Client):
		w.client.Client = hop.Client // the proxy speaks for somebody who is not told, or for itself
	}
}

// elsewhere tells whether a client is on the machine of a proxy that is not this one.
func elsewhere(client, proxy netip.AddrPort) bool {
	return client.Addr().IsLoopback() && !proxy.Addr().IsLoopback()
}

func (w *hops) trusts(a netip.Addr) bool {
	return a.IsValid() && slices.ContainsFunc(w.trusted, func(p netip.Prefix) bool { return p.Contains(a) })
}

// looseAddress reads an address with or without a port, and with or without the brackets of IPv6; invalid: it is none.
func looseAddress(b []byte) netip.AddrPort {
	s := string(b)
	if a, err := netip.ParseAddr(s); err == nil {
		return plainAddress(a, 0)
	}
	if a, err := netip.ParseAddrPort(s); err == nil {
		return plainAddress(a.Addr(), a.Port())
	}
	if len(s) > 1 && s[0] == '[' && s[len(s)-1] == ']' {
		a, _ := netip.ParseAddr(s[1 : len(s)-1])
		return plainAddress(a, 0)
	}
	return netip.AddrPort{}
}

// plainAddress is an address as networks have it: IPv4 as itself, and no zone, which only its own host could understand.
func plainAddress(a netip.Addr, port uint16) netip.AddrPort {
	return netip.AddrPortFrom(a.Unmap().WithZone(""), port)
}

// schemeOf knows the names that proxies have for the two schemes: some say what a request becomes.
func schemeOf(b []byte) string {
	switch {
	case equalFold(b, "https"), equalFold(b, "wss"):
		return "https"
	case equalFold(b, "http"), equalFold(b, "ws"):
		return "http"
	}
	return ""
}
