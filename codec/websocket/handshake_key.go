package websocket

import (
	"crypto/sha1"
	"encoding/base64"

	"fanloop/codec/http"
)

// acceptGUID is what the key is joined with, so that no server accepts by chance (RFC 6455 1.3).
const acceptGUID = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"

const (
	nonceSize = 16                      // bytes that a key encodes (RFC 6455 4.1 (7))
	keySize   = (nonceSize + 2) / 3 * 4 // and the characters it has, "==" included
)

// checkKey: RFC 6455 4.2.1 (5); once only (11.3.1). The clause asks for what decodes to 16 bytes, so the four bits that the
// last character has too many may be anything (RFC 4648 3.5 leaves it open).
func checkKey(h *http.Head) error {
	if h.Fields.Count("Sec-WebSocket-Key") != 1 || !validKey(h.Fields.Get("Sec-WebSocket-Key")) {
		return ErrUpgradeKey
	}
	return nil
}

func validKey(key []byte) bool {
	if len(key) != keySize {
		return false
	}
	var nonce [keySize / 4 * 3]byte
	n, err := base64.StdEncoding.Decode(nonce[:], key)
	return err == nil && n == nonceSize
}

// appendAcceptKey appends the proof that the key was read: RFC 6455 4.2.2 (5), /accept/.
func appendAcceptKey(dst, key []byte) []byte {
	var joined [keySize + len(acceptGUID)]byte
	sum := sha1.Sum(append(append(joined[:0], key...), acceptGUID...))
	return base64.StdEncoding.AppendEncode(dst, sum[:])
}
