package main

import (
	"errors"
	"flag"
	"net/netip"
	"slices"

	"fanloop/cmd/demo/internal/config"
)

// proxies are the networks that are believed when they say for whom they speak.
type proxies [][]netip.Prefix

func (p *proxies) addFlags(flags *flag.FlagSet) {
	flags.Var(config.List((*[][]netip.Prefix)(p), parseNetwork), "trust-proxy", "")
}

// loopback is this machine, for those who do not want to spell it.
var loopback = []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8"), netip.MustParsePrefix("::1/128")}

// parseNetwork takes a network, an address, or loopback.
func parseNetwork(s string) ([]netip.Prefix, error) {
	if s == "loopback" {
		return loopback, nil
	}
	if a, err := netip.ParseAddr(s); err == nil && a.Zone() == "" {
		return []netip.Prefix{netip.PrefixFrom(a, a.BitLen())}, nil
	}
	p, err := netip.ParsePrefix(s)
	if err != nil {
		return nil, errors.New("want a network such as 10.0.0.0/8 or 2001:db8::/32, an address, or loopback")
	}
	if p.Masked() != p {
		return nil, errors.New("the address has bits behind the prefix: the network is " + p.Masked().String())
	}
	return []netip.Prefix{p}, nil
}

func (p proxies) networks() []netip.Prefix { return slices.Concat(p...) }

// checkProxies: a port for proxies has to know them.
func (o *options) checkProxies() {
	if len(o.proxies) > 0 {
		return
	}
	missing := errors.New("want trust-proxy too: a PROXY header is believed of nobody else")
	if o.port.proxy {
		o.reading.Problem("proxy", missing)
		return
	}
	if slices.ContainsFunc(o.listen, func(e endpoint) bool { return o.portOptions(e).proxy }) {
		o.reading.Problem("listen", missing)
	}
}
