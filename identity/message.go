package identity

import (
	"bytes"
	"encoding/json"
)

var tokenMember = []byte(`"token"`)

// TokenMessage tells whether a client's message is one that brings a token: a JSON object of no other member than "token", a string.
// Of what is none it reads no more than whether it may be one; limit is the longest token in bytes, beside which there is room for
// blanks.
func TokenMessage(message []byte, limit int) (token string, is bool) {
	const room = 64
	if len(message) > limit+room || !bytes.Contains(message, tokenMember) {
		return "", false
	}
	return readTokenMessage(message)
}

func readTokenMessage(message []byte) (token string, is bool) {
	var all map[string]json.RawMessage
	if json.Unmarshal(message, &all) != nil || len(all) != 1 {
		return "", false
	}
	value := all["token"]
	if len(value) == 0 || value[0] != '"' || json.Unmarshal(value, &token) != nil {
		return "", false
	}
	return token, true
}
