//go:build linux

package websocket

import (
	"testing"

	"fanloop/internal/limits"
)

func TestLimitsAreDocumented(t *testing.T) {
	var s Server
	var d Decoder
	limits.Check(t, "websocket", map[string]string{
		"Server.HandshakeTimeout": limits.Period(s.handshakeTimeout()),
		"Server.BindTimeout":      limits.Period(s.BindTimeout),
		"Server.PingInterval":     limits.Period(s.pingInterval()),
		"Server.MaxMessage":       limits.Bytes(d.limit()),
		"Server.CloseTimeout":     limits.Period(s.closeTimeout()),

		"empty fragments of a message":   limits.Count(MaxEmptyFragments),
		"bytes of a Ping, Pong or Close": limits.Bytes(MaxControlPayload),
	})
}
