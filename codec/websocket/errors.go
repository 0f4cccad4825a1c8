package websocket

import (
	"errors"

	"github.com/gobwas/ws"
)

// Error is a breach of the protocol, or of a limit, by the peer. The connection cannot go on: it is answered by a
// Close frame with Code and ended (RFC 6455 7.1.7). Errors are comparable: each is one of the values below.
type Error struct {
	code int
	text string // fits the Close frame, and tells the client's author what was wrong
}

// Error says what the peer did.
func (e Error) Error() string { return "websocket: " + e.text }

// Code returns the status code for the Close frame that answers the breach, such as StatusProtocolError.
func (e Error) Code() int { return e.code }

// Returned by Decode for a frame that breaks a rule of RFC 6455 5; all have the code StatusProtocolError.
var (
	// ErrReservedBits: a bit of RSV1-3 is set that no negotiated extension gives a meaning (5.2).
	ErrReservedBits = breach(ws.ErrProtocolNonZeroRsv)
	// ErrReservedOpcode: opcode 3-7 or 11-15 (5.2).
	ErrReservedOpcode = breach(ws.ErrProtocolOpCodeReserved)
	// ErrNotMasked: a client masks every frame (5.1).
	ErrNotMasked = breach(ws.ErrProtocolMaskRequired)
	// ErrControlTooLong: a control frame has at most MaxControlPayload bytes (5.5).
	ErrControlTooLong = breach(ws.ErrProtocolControlPayloadOverflow)
	// ErrControlFragmented: a control frame without FIN (5.5).
	ErrControlFragmented = breach(ws.ErrProtocolControlNotFinal)
	// ErrMessageUnfinished: a new message begins inside another (5.4).
	ErrMessageUnfinished = breach(ws.ErrProtocolContinuationExpected)
	// ErrNothingToContinue: a continuation frame outside of a message (5.4).
	ErrNothingToContinue = breach(ws.ErrProtocolContinuationUnexpected)
	// ErrLengthNotMinimal: a length is not written in the fewest bytes (5.2).
	ErrLengthNotMinimal = newError(StatusProtocolError, "length not in its shortest form")
	// ErrLengthTopBit: the top bit of a 64-bit length is set (5.2).
	ErrLengthTopBit = newError(StatusProtocolError, "top bit of the length is set")
	// ErrClosePayload: a Close frame with half a status code, a payload of one byte (5.5.1).
	ErrClosePayload = newError(StatusProtocolError, "close payload of one byte")
	// ErrCloseCode: a status code that must not be in a Close frame (7.4). AppendClose returns it too.
	ErrCloseCode = newError(StatusProtocolError, "status code that must not be sent")
)

// Returned by Decode for what the frames carry.
var (
	// ErrInvalidUTF8: a text message or the reason of a Close frame is not UTF-8 (RFC 6455 8.1), StatusInvalidPayload.
	// It is returned at the first byte that no continuation can mend. AppendClose returns it for a bad reason.
	ErrInvalidUTF8 = newError(StatusInvalidPayload, "invalid UTF-8")
	// ErrMessageTooBig: a message is, or announces to be, over MaxMessage; StatusMessageTooBig.
	ErrMessageTooBig = newError(StatusMessageTooBig, "message too big")
	// ErrDeflate: a compressed message is no DEFLATE data (RFC 7692 7.2.2); StatusInvalidPayload.
	ErrDeflate = newError(StatusInvalidPayload, "invalid compressed data")
	// ErrEmptyFragments: a message has over MaxEmptyFragments fragments without payload; StatusPolicyViolation.
	ErrEmptyFragments = newError(StatusPolicyViolation, "too many empty fragments")
)

// ErrPongTimeout is what a Server's OnClose gets when nothing has come from the client since three Pings.
var ErrPongTimeout = errors.New("websocket: nothing came after a ping")

// ErrEnded is returned by Decode after it has delivered a Close frame or returned an error: nothing that the peer
// still sends is a frame (RFC 6455 5.5.1). It is no breach by itself: read and discard.
var ErrEnded = errors.New("websocket: the frames have ended")

func newError(code int, text string) error { return Error{code, text} }

// breach is the Error for a rule that ws.CheckHeader checks. Errors are values, so what it makes of a check's result
// equals the variable above.
func breach(err error) error { return newError(StatusProtocolError, err.Error()) }
