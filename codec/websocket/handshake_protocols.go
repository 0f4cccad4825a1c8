package websocket

import (
	"bytes"

	"fanloop/codec/http"
)

// maxOffered is how many subprotocols a client may offer: each is compared with all before it.
const maxOffered = 32

// checkProtocols: RFC 6455 4.2.1 (8), 4.1 (10): one list, maybe over several lines (11.3.4), of tokens, all different.
// Empty elements are no fault (RFC 9110 5.6.1.2), but a list of nothing else is one: 1#token (RFC 6455 4.3).
func checkProtocols(h *http.Head) error {
	if !h.Fields.Has("Sec-WebSocket-Protocol") {
		return nil
	}
	var offered [maxOffered][]byte
	n := 0
	for protocol := range h.Fields.List("Sec-WebSocket-Protocol") {
		switch {
		case n == maxOffered:
			return ErrUpgradeTooManyProtocols
		case !http.IsToken(protocol) || contains(offered[:n], protocol):
			return ErrUpgradeProtocols
		}
		offered[n] = protocol
		n++
	}
	if n == 0 {
		return ErrUpgradeProtocols
	}
	return nil
}

func contains(all [][]byte, one []byte) bool {
	for _, b := range all {
		if bytes.Equal(b, one) {
			return true
		}
	}
	return false
}
