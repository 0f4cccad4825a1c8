package websocket

import (
	"errors"

	"fanloop/codec/http"
)

// What CheckUpgrade refuses a request with (RFC 6455 4.2.2: an appropriate error code, such as 400).
var (
	// ErrUpgradeMethod: not GET. 405, with Allow (RFC 9110 15.5.6).
	ErrUpgradeMethod = http.NewRefusal(405, "a WebSocket begins with GET",
		http.NewField("Allow", "GET"))
	// ErrUpgradeHTTP: HTTP/1.0, whose Upgrade a server has to ignore (RFC 9110 7.8). 400: 505 is about the major
	// version (RFC 9110 15.6.6), and that is spoken here.
	ErrUpgradeHTTP = http.NewRefusal(400, "a WebSocket begins with HTTP/1.1 (a proxy in between has to use it too)")
	// ErrUpgradeRequired: a plain HTTP request. 426, with what is spoken here (RFC 9110 15.5.22).
	ErrUpgradeRequired = http.NewRefusal(426, "only WebSockets are served here", upgradeFields...)
	// ErrUpgradeHalf: some fields of an upgrade without the others. 400.
	ErrUpgradeHalf = http.NewRefusal(400, "Upgrade: websocket and Connection: Upgrade belong together (a proxy in between has to pass them on)")
	// ErrUpgradeBody: Content-Length above 0, or Transfer-Encoding. 400.
	ErrUpgradeBody = http.NewRefusal(400, "a WebSocket begins with a request without a body")
	// ErrUpgradeVersion: Sec-WebSocket-Version is not 13, once. 426, with the version wanted (RFC 6455 4.2.2 (4), 4.4).
	ErrUpgradeVersion = http.NewRefusal(426, "only version 13 of the WebSocket protocol is spoken here", upgradeFields...)
	// ErrUpgradeKey: not one Sec-WebSocket-Key that is base64 of 16 bytes. 400.
	ErrUpgradeKey = http.NewRefusal(400, "malformed Sec-WebSocket-Key")
	// ErrUpgradeProtocols: Sec-WebSocket-Protocol is no list of different tokens. 400.
	ErrUpgradeProtocols = http.NewRefusal(400, "malformed Sec-WebSocket-Protocol")
	// ErrUpgradeExtensions: Sec-WebSocket-Extensions is no list of extensions with their parameters. 400.
	ErrUpgradeExtensions = http.NewRefusal(400, "malformed Sec-WebSocket-Extensions")
	// ErrUpgradeTooManyProtocols: more than 32 subprotocols are offered. 431 (RFC 6585 5).
	ErrUpgradeTooManyProtocols = http.NewRefusal(431, "too many subprotocols")
)

// upgradeFields go with every 426: the protocol (RFC 9110 15.5.22) and its version. What appends the refusal adds
// "Upgrade" to Connection.
var upgradeFields = http.Fields{
	http.NewField("Upgrade", "websocket"),
	http.NewField("Sec-WebSocket-Version", "13"),
}

// ErrProtocolNotOffered is returned by AppendAccept for a subprotocol that the client would fail the connection for
// (RFC 6455 4.1, the last step 6).
var ErrProtocolNotOffered = errors.New("websocket: the client does not offer this subprotocol")
