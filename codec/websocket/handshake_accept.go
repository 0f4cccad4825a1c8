package websocket

import "fanloop/codec/http"

// AppendAccept appends the answer that opens the connection (RFC 6455 4.2.2 (5)): everything behind it is frames.
// protocol is one of u.Protocols, or "" for none; any other is ErrProtocolNotOffered. extra are fields for the client,
// such as Set-Cookie; the ones that the handshake is made of, and Content-Length and Transfer-Encoding, which no 101
// has (RFC 9110 8.6, RFC 9112 6.1), are http.ErrReservedField, and what cannot be sent is http.ErrField. On an error dst
// is returned as it was. u is only read.
func AppendAccept(dst []byte, u Upgrade, protocol string, extra http.Fields) ([]byte, error) {
	if protocol != "" && !u.offers(protocol) {
		return dst, ErrProtocolNotOffered
	}
	for _, name := range handshakeFields {
		if extra.Has(name) {
			return dst, http.ErrReservedField
		}
	}
	out := append(dst, "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: "...)
	out = append(appendAcceptKey(out, u.Key), "\r\n"...)
	if protocol != "" {
		out = append(out, "Sec-WebSocket-Protocol: "...)
		out = append(append(out, protocol...), "\r\n"...)
	}
	out, err := extra.Append(out)
	if err != nil {
		return dst, err
	}
	return append(out, "\r\n"...), nil
}

var handshakeFields = [...]string{
	"Upgrade", "Connection", "Content-Length", "Transfer-Encoding",
	"Sec-WebSocket-Accept", "Sec-WebSocket-Protocol", "Sec-WebSocket-Extensions", "Sec-WebSocket-Version", "Sec-WebSocket-Key",
}
