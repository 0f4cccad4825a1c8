//go:build linux

package engine

import (
	"fmt"
	"net"
	"strings"
)

// parseAddress splits an address of Listen into the network and the address that the net package wants:
// "host:port", "tcp://host:port", "tcp4://", "tcp6://", "unix:/path", "unix:///path".
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
		if _, _, err := net.SplitHostPort(address); err != nil {
			return "", "", fmt.Errorf("engine: address %q: %w", s, err)
		}
		return network, address, nil
	default:
		return "", "", fmt.Errorf("engine: address %q: network %q is none of tcp, tcp4, tcp6, unix", s, network)
	}
}
