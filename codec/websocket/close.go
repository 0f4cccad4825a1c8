package websocket

import (
	"encoding/binary"
	"unicode/utf8"

	"github.com/gobwas/ws"
)

// The closing handshake (RFC 6455 7.1) as a server goes through it. Each side sends one Close frame and no message after it;
// what arrives after the peer's is discarded. The server ends the TCP connection, the client waits for that.
//
//	        the peer's Close: answer with its code
//	open ──────────────────────────────────────────────▶ closed: drain, shutdown, linger
//	 │                                                      ▲
//	 │ our Close: the user's, a limit's, a stop's           │ the peer's Close, or the time limit;
//	 └────────────────────────────▶ closing ────────────────┘ until then its frames are read and discarded
//
// An Error from Decode goes from open to closed with our Close frame and the Error's code: what follows it in the stream
// has no meaning, so no answer can be awaited. EOF and resets end every state at once; when they come before the peer's
// Close frame, the connection's code is StatusAbnormalClosure.

// Status codes say in a Close frame why a connection ends (RFC 6455 7.4.1 and the IANA registry). Programs have 3000-3999
// (registered by libraries) and 4000-4999 (private) for their own.
const (
	// StatusNormalClosure: the purpose of the connection has been fulfilled.
	StatusNormalClosure = 1000
	// StatusGoingAway: the server stops, or the browser leaves the page.
	StatusGoingAway = 1001
	// StatusProtocolError: the peer broke a rule of the protocol.
	StatusProtocolError = 1002
	// StatusUnsupportedData: a kind of message that the endpoint does not take, such as binary.
	StatusUnsupportedData = 1003
	// StatusNoStatusReceived is what an EventClose has when the Close frame had no code. It is never sent.
	StatusNoStatusReceived = 1005
	// StatusAbnormalClosure stands for a connection that ended without a Close frame. It is never sent.
	StatusAbnormalClosure = 1006
	// StatusInvalidPayload: data that does not fit its message, such as text that is not UTF-8.
	StatusInvalidPayload = 1007
	// StatusPolicyViolation: the peer does what the endpoint does not allow, and no other code fits.
	StatusPolicyViolation = 1008
	// StatusMessageTooBig: a message over the limit.
	StatusMessageTooBig = 1009
	// StatusMandatoryExtension: the client wants an extension that the server did not agree to. Servers do not send it.
	StatusMandatoryExtension = 1010
	// StatusInternalError: something went wrong on the endpoint itself.
	StatusInternalError = 1011
	// StatusServiceRestart: the service restarts; come back after a random delay.
	StatusServiceRestart = 1012
	// StatusTryAgainLater: the service is overloaded.
	StatusTryAgainLater = 1013
	// StatusBadGateway: a server behind this one gave no valid answer.
	StatusBadGateway = 1014
	// StatusTLSHandshake stands for a TLS handshake that failed. It is never sent.
	StatusTLSHandshake = 1015
)

// maxReason is what a control frame leaves for the reason after the status code.
const maxReason = MaxControlPayload - 2

// AppendClose appends an unmasked Close frame with a status code and a reason, which is cut to 123 bytes between two
// characters. StatusNoStatusReceived makes a frame without code and reason, so that the answer to an EventClose is
// AppendClose(dst, ev.Code, ""). It appends nothing and returns ErrCloseCode for any other code that must not be sent, and
// ErrInvalidUTF8 for a reason that is not UTF-8.
func AppendClose(dst []byte, code int, reason string) ([]byte, error) {
	if code == StatusNoStatusReceived {
		return appendFrameHeader(dst, ws.OpClose, 0), nil
	}
	if !sendable(code) {
		return dst, ErrCloseCode
	}
	if !utf8.ValidString(reason) {
		return dst, ErrInvalidUTF8
	}
	reason = cutReason(reason)
	dst = appendFrameHeader(dst, ws.OpClose, 2+len(reason))
	dst = binary.BigEndian.AppendUint16(dst, uint16(code))
	return append(dst, reason...), nil
}

func cutReason(reason string) string {
	if len(reason) <= maxReason {
		return reason
	}
	n := maxReason
	for !utf8.RuneStart(reason[n]) {
		n--
	}
	return reason[:n]
}

// parseClose reads the payload of a Close frame (RFC 6455 5.5.1).
func parseClose(payload []byte) (code int, reason []byte, err error) {
	switch len(payload) {
	case 0:
		return StatusNoStatusReceived, nil, nil
	case 1:
		return 0, nil, ErrClosePayload
	}
	code, reason = int(binary.BigEndian.Uint16(payload)), payload[2:]
	if !sendable(code) {
		return 0, nil, ErrCloseCode
	}
	if !utf8.Valid(reason) {
		return 0, nil, ErrInvalidUTF8
	}
	return code, reason, nil
}

// sendable says whether a Close frame may carry code (RFC 6455 7.4). Of the protocol's own range those are the codes in
// the registry without the reserved 1004 and the three that only stand for something; from 5000 on nothing is defined.
func sendable(code int) bool {
	switch code {
	case 1004, StatusNoStatusReceived, StatusAbnormalClosure:
		return false
	}
	return StatusNormalClosure <= code && code <= StatusBadGateway || 3000 <= code && code <= 4999
}
