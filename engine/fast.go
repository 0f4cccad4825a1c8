//go:build linux

package engine

import "fmt"

// FastPolicy is what becomes of a connection that sends more than ListenOptions.MessageRate or ByteRate.
type FastPolicy uint8

const (
	// PauseFast does not read it for a while, so that TCP slows its peer down. Nothing is lost, nobody comes back with a new connection,
	// and the peer gets no more out of it than what is allowed.
	PauseFast FastPolicy = iota
	// CloseFast closes it, and its protocol says why (WebSocket: 1008, HTTP: 429).
	CloseFast
)

var fastPolicies = []string{PauseFast: "pause", CloseFast: "close"}

// String is pause or close.
func (p FastPolicy) String() string {
	if int(p) < len(fastPolicies) {
		return fastPolicies[p]
	}
	return fmt.Sprintf("FastPolicy(%d)", uint8(p))
}

// MarshalText is String as bytes.
func (p FastPolicy) MarshalText() ([]byte, error) { return []byte(p.String()), nil }

// UnmarshalText reads what String writes.
func (p *FastPolicy) UnmarshalText(text []byte) error {
	for i, name := range fastPolicies {
		if string(text) == name {
			*p = FastPolicy(i)
			return nil
		}
	}
	return fmt.Errorf("%q is neither pause nor close", text)
}
