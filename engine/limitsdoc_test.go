//go:build linux

package engine

import (
	"testing"

	"fanloop/internal/limits"
)

func TestLimitsAreDocumented(t *testing.T) {
	e, ln, tls := Options{}.withDefaults(), ListenOptions{}.withDefaults(), TLSOptions{}.withDefaults()
	limits.Check(t, "engine", map[string]string{
		"Options.MaxConnections":             limits.Count(e.MaxConnections),
		"Options.MaxMemory":                  "", // the machine's
		"Options.Workers":                    limits.Count(e.Workers),
		"Options.OffloadQueue":               limits.Count(e.OffloadQueue),
		"Options.DrainTimeout":               limits.Period(e.DrainTimeout),
		"ListenOptions.MaxOutbox":            limits.Bytes(ln.MaxOutbox),
		"ListenOptions.MaxUnfinished":        limits.Bytes(ln.MaxUnfinished),
		"ListenOptions.Linger":               limits.Period(ln.Linger),
		"ListenOptions.MaxConnections":       limits.Count(ln.MaxConnections),
		"ListenOptions.MaxPerAddress":        limits.Count(ln.MaxPerAddress),
		"ListenOptions.AddressRate":          limits.Count(ln.AddressRate),
		"ListenOptions.ProxyTimeout":         limits.Period(ln.ProxyTimeout),
		"ListenOptions.UserTimeout":          limits.Period(ln.UserTimeout),
		"ListenOptions.KeepAlive":            limits.Period(ln.KeepAlive),
		"ListenOptions.MessageRate":          limits.Count(ln.MessageRate),
		"ListenOptions.ByteRate":             limits.Bytes(ln.ByteRate),
		"TLSOptions.HandshakeTimeout":        limits.Period(tls.HandshakeTimeout),
		"TLSOptions.MaxHandshakes":           limits.Count(tls.MaxHandshakes),
		"TLSOptions.MaxHandshakesPerAddress": limits.Count(tls.MaxHandshakesPerAddress),

		"length of a PROXY header, version 2":                      limits.Bytes(proxyBinaryMost),
		"descriptors of the system":                                "",
		"encrypted bytes ahead of the kernel":                      limits.Bytes(maxAhead),
		"messages of one connection before others have their turn": limits.Count(turnMessages),
		"bytes that a loop has not offered to the kernel":          limits.Bytes(backlogHigh),
	})
}
