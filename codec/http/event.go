package http

import (
	"bytes"
	"errors"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
)

// Event is one server-sent event (WHATWG HTML 9.2). The zero value of a field leaves it out.
type Event struct {
	// Type is what the client listens for: addEventListener(Type). "" is "message".
	Type string
	// ID is what the client keeps as the last event's, and sends as Last-Event-ID when it connects again.
	ID string
	// ResetID has the client forget the ID that it keeps; ID is then to be "".
	ResetID bool
	// Retry is how long the client waits before it connects again, in whole milliseconds, rounded up.
	Retry time.Duration
	// Data is the message. Its lines may end with LF, CR LF or CR: the client reads LF for each. Empty, it is the empty
	// message; nil, there is none: the client takes ID and Retry, and calls nobody.
	Data []byte
}

// What an event stream cannot carry. A function that returns one has appended nothing.
var (
	// ErrEventText: data, a type, an ID or a comment that is not UTF-8, which is all that a client reads (WHATWG HTML 9.2.5).
	ErrEventText = errors.New("http: text of an event is not UTF-8")
	// ErrEventType: a type with CR or LF.
	ErrEventType = errors.New("http: type of an event has a line end")
	// ErrEventID: an ID with CR, LF, or NUL, for which clients ignore it (WHATWG HTML 9.2.6); or one beside ResetID.
	ErrEventID = errors.New("http: ID of an event cannot be sent")
	// ErrEventRetry: a negative time.
	ErrEventRetry = errors.New("http: retry of an event is negative")
)

// AppendEvent appends e as it stands in a text/event-stream, with the empty line that ends it.
func AppendEvent(dst []byte, e *Event) ([]byte, error) {
	if err := e.check(); err != nil {
		return dst, err
	}
	return e.append(dst), nil
}

func (e *Event) append(dst []byte) []byte {
	if e.Type != "" {
		dst = appendEventField(dst, "event", e.Type)
	}
	switch {
	case e.ID != "":
		dst = appendEventField(dst, "id", e.ID)
	case e.ResetID:
		dst = append(dst, "id\n"...)
	}
	if e.Retry > 0 {
		dst = append(dst, "retry: "...)
		dst = strconv.AppendInt(dst, int64((e.Retry-1)/time.Millisecond)+1, 10)
		dst = append(dst, '\n')
	}
	if e.Data != nil {
		dst = appendLines(dst, "data: ", e.Data)
	}
	return append(dst, '\n')
}

// AppendComment appends text as a comment, which clients skip: it keeps proxies from taking a quiet connection for a dead
// one. Each line of text becomes a line of the comment. The error is ErrEventText.
func AppendComment(dst []byte, text string) ([]byte, error) {
	if !utf8.ValidString(text) {
		return dst, ErrEventText
	}
	return append(appendLines(dst, ": ", []byte(text)), '\n'), nil
}

func (e *Event) check() error {
	switch {
	case strings.ContainsAny(e.Type, "\r\n"):
		return ErrEventType
	case strings.ContainsAny(e.ID, "\r\n\x00"), e.ID != "" && e.ResetID:
		return ErrEventID
	case e.Retry < 0:
		return ErrEventRetry
	case !utf8.ValidString(e.Type) || !utf8.ValidString(e.ID) || !utf8.Valid(e.Data):
		return ErrEventText
	}
	return nil
}

func appendEventField(dst []byte, name, value string) []byte {
	dst = append(append(dst, name...), ": "...)
	return append(append(dst, value...), '\n')
}

// appendLines appends each line of text behind the prefix, whose space is the one that the client takes off.
func appendLines(dst []byte, prefix string, text []byte) []byte {
	anyCR := bytes.IndexByte(text, '\r') >= 0
	for {
		end, next := lineBreak(text, anyCR)
		dst = append(append(dst, prefix...), text[:end]...)
		dst = append(dst, '\n')
		if end == next {
			return dst
		}
		text = text[next:]
	}
}

// lineBreak finds the first line end: where it begins and where the next line does; both are len(text) without one.
func lineBreak(text []byte, anyCR bool) (end, next int) {
	end = bytes.IndexByte(text, '\n')
	if end < 0 {
		end = len(text)
	}
	if anyCR {
		if cr := bytes.IndexByte(text[:end], '\r'); cr >= 0 {
			end = cr
		}
	}
	switch {
	case end == len(text):
		return end, end
	case text[end] == '\r' && end+1 < len(text) && text[end+1] == '\n':
		return end, end + 2
	}
	return end, end + 1
}

// appendMessage appends the event of a message without a type and an ID.
func appendMessage(dst, data []byte) []byte {
	return append(appendLines(dst, "data: ", data), '\n')
}

// eventChunk is data as one event in one chunk, nil when it is not UTF-8.
func eventChunk(dst, data []byte) []byte {
	if !utf8.Valid(data) {
		return nil
	}
	start := len(dst)
	return endChunk(appendMessage(append(dst, chunkRoom...), data), start)
}

// chunkRoom is where the head of a chunk will stand whose length is not known yet.
const chunkRoom = "0123456789abcdef\r\n"

// endChunk makes what was appended behind chunkRoom, at start, a chunk (RFC 9112 7.1).
func endChunk(dst []byte, start int) []byte {
	var room [len(chunkRoom)]byte
	data := dst[start+len(chunkRoom):]
	head := append(strconv.AppendInt(room[:0], int64(len(data)), 16), "\r\n"...)
	n := start + copy(dst[start:], head)
	n += copy(dst[n:], data)
	return append(dst[:n], "\r\n"...)
}
