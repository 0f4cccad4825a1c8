package websocket

import (
	"iter"

	"fanloop/codec/http"
)

// Upgrade is an opening handshake that CheckUpgrade has found right (RFC 6455 4.2.1). It aliases the head it was made
// from and is valid as long as that.
type Upgrade struct {
	// Head is the request: path, query, Origin and the other fields.
	Head *http.Head
	// Key is the Sec-WebSocket-Key as it was sent: 24 characters, base64 of 16 bytes.
	Key []byte
}

// CheckUpgrade checks the request that asks for a WebSocket, clause by clause of RFC 6455 4.2.1. The error is an
// *http.Refusal, one of the ErrUpgrade values or http.ErrHostMissing, which knows its status and the fields to answer
// with. Origin, path, query and cookies are for the caller to judge (RFC 6455 4.2.2 (2) to (4)); so is what
// Sec-WebSocket-Extensions offers, of which ChooseDeflate reads what it knows: a server may ignore the rest (9.1).
//
// It keeps nothing and may be called by any goroutine that owns h.
func CheckUpgrade(h *http.Head) (Upgrade, error) {
	for _, check := range [...]func(*http.Head) error{
		checkRequest,
		checkUpgradeFields,
		checkNoBody,
		checkVersion,
		checkKey,
		checkProtocols,
		checkExtensions,
	} {
		if err := check(h); err != nil {
			return Upgrade{}, err
		}
	}
	return Upgrade{Head: h, Key: h.Fields.Get("Sec-WebSocket-Key")}, nil
}

// Protocols yields the subprotocols that the client offers, in its order of preference: tokens, each once
// (RFC 6455 4.1 (10)). Valid as long as u.
func (u Upgrade) Protocols() iter.Seq[[]byte] { return u.Head.Fields.List("Sec-WebSocket-Protocol") }

// Choose returns the first of the server's subprotocols that the client offers, "" when it offers none of them: then the
// connection is accepted without one, and the client decides (RFC 6455 4.2.2 (4)). Case matters.
func (u Upgrade) Choose(supported ...string) string {
	for _, protocol := range supported {
		if u.offers(protocol) {
			return protocol
		}
	}
	return ""
}

func (u Upgrade) offers(protocol string) bool {
	for offered := range u.Protocols() {
		if string(offered) == protocol {
			return true
		}
	}
	return false
}

// checkRequest: RFC 6455 4.2.1 (1) and (2). The grammar of Host is the head decoder's to check.
func checkRequest(h *http.Head) error {
	switch {
	case string(h.Method) != "GET":
		return ErrUpgradeMethod
	case h.Minor < 1:
		return ErrUpgradeHTTP
	case len(h.Host()) == 0:
		return http.ErrHostMissing
	}
	return nil
}

// checkUpgradeFields: RFC 6455 4.2.1 (3) and (4). A request without "websocket" in Upgrade and without a key never meant
// to be a handshake, whatever else it would upgrade to: 426 tells it what is spoken here (RFC 9110 15.5.22). With one of
// the two, or without "upgrade" in Connection, it did mean to, and somebody between has taken the other part away, as
// a proxy does that forwards no hop-by-hop fields. To such a client 426 would say what it knows already: 400.
func checkUpgradeFields(h *http.Head) error {
	switch {
	case h.Fields.HasToken("Upgrade", "websocket"):
		if !h.Fields.HasToken("Connection", "upgrade") {
			return ErrUpgradeHalf
		}
	case h.Fields.Has("Sec-WebSocket-Key"):
		return ErrUpgradeHalf
	default:
		return ErrUpgradeRequired
	}
	return nil
}

// checkNoBody: the protocol changes behind the whole request (RFC 9110 7.8). A body there would be taken for frames, or
// frames for the body, by somebody.
func checkNoBody(h *http.Head) error {
	if h.HasBody() {
		return ErrUpgradeBody
	}
	return nil
}

// checkVersion: RFC 6455 4.2.1 (6) and 4.4. It comes before the key, which another version may have changed.
func checkVersion(h *http.Head) error {
	if h.Fields.Count("Sec-WebSocket-Version") != 1 || string(h.Fields.Get("Sec-WebSocket-Version")) != "13" {
		return ErrUpgradeVersion
	}
	return nil
}
