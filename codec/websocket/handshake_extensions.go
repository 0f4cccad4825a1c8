package websocket

import (
	"bytes"

	"fanloop/codec/http"
)

// checkExtensions: RFC 6455 9.1, by whose grammar what is no list of extensions MUST fail the connection. That is about the
// form: what is unknown, or cannot be, is declined and nothing more (RFC 7692 7.1).
func checkExtensions(h *http.Head) error {
	if !h.Fields.Has("Sec-WebSocket-Extensions") {
		return nil
	}
	n := 0
	// The list may be cut at its commas: inside a quoted string there has to be a token, which has none.
	for extension := range h.Fields.List("Sec-WebSocket-Extensions") {
		if !isExtension(extension) {
			return ErrUpgradeExtensions
		}
		n++
	}
	if n == 0 {
		return ErrUpgradeExtensions
	}
	return nil
}

// isExtension: extension-token *( ";" extension-param ).
func isExtension(extension []byte) bool {
	name, parameters, more := bytes.Cut(extension, []byte{';'})
	if !http.IsToken(trimBlanks(name)) {
		return false
	}
	for more {
		var parameter []byte
		parameter, parameters, more = bytes.Cut(parameters, []byte{';'})
		if !isExtensionParameter(parameter) {
			return false
		}
	}
	return true
}

// isExtensionParameter: token [ "=" (token | quoted-string) ].
func isExtensionParameter(parameter []byte) bool {
	name, value, hasValue := bytes.Cut(parameter, []byte{'='})
	return http.IsToken(trimBlanks(name)) && (!hasValue || http.IsToken(unquote(trimBlanks(value))))
}

// unquote takes the quotes off, and the backslash of each pair: what is inside has to be a token all the same (RFC 6455 9.1).
func unquote(value []byte) []byte {
	n := len(value)
	if n < 2 || value[0] != '"' || value[n-1] != '"' {
		return value
	}
	value = value[1 : n-1]
	if bytes.IndexByte(value, '\\') < 0 {
		return value
	}
	plain := make([]byte, 0, len(value))
	for i := 0; i < len(value); i++ {
		if value[i] == '\\' && i+1 < len(value) {
			i++
		}
		plain = append(plain, value[i])
	}
	return plain
}

func trimBlanks(b []byte) []byte { return bytes.Trim(b, " \t") }
