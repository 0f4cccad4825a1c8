package websocket

import "fanloop/codec/http"

// Accept is what the server's answer to an opening handshake says.
type Accept struct {
	// Subprotocol is one of those that the client offers, or "" for none.
	Subprotocol string
	// Deflate is what ChooseDeflate returned; its zero value stands for no compression.
	Deflate Deflate
	// Fields are for the client, such as Set-Cookie.
	Fields http.Fields
}

// AppendAccept appends the answer that opens the connection (RFC 6455 4.2.2 (5)): everything behind it is frames. A
// subprotocol that is not offered is ErrProtocolNotOffered. Of a.Fields the ones that the handshake is made of, and
// Content-Length and Transfer-Encoding, which no 101 has (RFC 9110 8.6, RFC 9112 6.1), are http.ErrReservedField, and what
// cannot be sent is http.ErrField. On an error dst is returned as it was. u is only read.
func AppendAccept(dst []byte, u Upgrade, a Accept) ([]byte, error) {
	if a.Subprotocol != "" && !u.offers(a.Subprotocol) {
		return dst, ErrProtocolNotOffered
	}
	for _, name := range handshakeFields {
		if a.Fields.Has(name) {
			return dst, http.ErrReservedField
		}
	}
	out := append(dst, "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: "...)
	out = append(appendAcceptKey(out, u.Key), "\r\n"...)
	if a.Subprotocol != "" {
		out = append(out, "Sec-WebSocket-Protocol: "...)
		out = append(append(out, a.Subprotocol...), "\r\n"...)
	}
	if a.Deflate.agreed() {
		out = append(a.Deflate.appendField(out), "\r\n"...)
	}
	out, err := a.Fields.Append(out)
	if err != nil {
		return dst, err
	}
	return append(out, "\r\n"...), nil
}

var handshakeFields = [...]string{
	"Upgrade", "Connection", "Content-Length", "Transfer-Encoding",
	"Sec-WebSocket-Accept", "Sec-WebSocket-Protocol", "Sec-WebSocket-Extensions", "Sec-WebSocket-Version", "Sec-WebSocket-Key",
}
