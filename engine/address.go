//go:build linux

package engine

import (
	"fmt"
	"net"
	"net/netip"
	"strings"
)

// parseAddress splits an address of Listen into the network and the address that the net package wants:
// "host:port", "tcp://host:port", "tcp4://", "tcp6://", "unix:/path", "unix:///path". An IPv4 address stands for IPv4 only;
// an empty host for every address of both families.
func parseAddress(s string) (network, address string, err error) {
	network, address = "tcp", s
	if scheme, rest, found := strings.Cut(s, "://"); found {
		network, address = scheme, rest
	} else if rest, found := strings.CutPrefix(s, "unix:"); found {
		network, address = "unix", rest
	}
	switch network {
	case "unix":
		if address == "" {
			return "", "", fmt.Errorf("engine: address %q: no path", s)
		}
		return network, address, nil
	case "tcp", "tcp4", "tcp6":
		host, _, err := net.SplitHostPort(address)
		if err != nil {
			return "", "", fmt.Errorf("engine: address %q: %w", s, err)
		}
		if ip, err := netip.ParseAddr(host); network == "tcp" && err == nil && ip.Is4() {
			network = "tcp4" // or 0.0.0.0 would be taken for [::]
		}
		return network, address, nil
	default:
		return "", "", fmt.Errorf("engine: address %q: network %q is none of tcp, tcp4, tcp6, unix", s, network)
	}
}
