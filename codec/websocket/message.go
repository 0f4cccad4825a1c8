package websocket

// Message is what one peer says to the other in one piece (RFC 6455 5.6), however many frames carried it.
type Message struct {
	// Data is the payload. A received message's Data may lie in the loop's read buffer: it is valid, and may be
	// changed, until the callback returns. Copy what is kept longer, or make a string of it.
	Data []byte
	// Binary tells a binary message from a text message. The Data of a received text message is valid UTF-8.
	Binary bool
}

// EventKind says what a Decoder has found.
type EventKind uint8

// The kinds of events. EventNone, the zero value, means that more bytes are needed.
const (
	EventNone   EventKind = iota // nothing yet
	EventText                    // a whole text message (RFC 6455 5.6)
	EventBinary                  // a whole binary message
	EventPing                    // to be answered by a pong with the same Data (RFC 6455 5.5.2)
	EventPong                    // the answer to a ping, or unasked (RFC 6455 5.5.3)
	EventClose                   // the peer's Close frame, the last event there is (RFC 6455 5.5.1)
)

// Event is one thing that the peer has said: a whole message or a control frame.
type Event struct {
	Kind EventKind
	// Data is the message, the payload of the ping or pong, or the reason in the Close frame. It may alias the
	// bytes given to Decode: it is valid until they are overwritten or Decode is called again. Appending to it
	// never writes into bytes that follow it.
	Data []byte
	// Code is the status code of an EventClose, StatusNoStatusReceived when the frame had none; 0 in other events.
	Code int
}
