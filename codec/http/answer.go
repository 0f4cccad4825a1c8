package http

import "strconv"

// framing is how the end of an answer's body is found (RFC 9112 6.3).
type framing uint8

const (
	noBody    framing = iota // HEAD, 1xx, 204, 304: there is none
	byLength                 // Content-Length
	byChunks                 // Transfer-Encoding: chunked
	byTheEnd                 // the connection's end: HTTP/1.0
	hasLength                // HEAD, 205: there is none, and Content-Length tells how long it would be
)

// persistence is what an answer says of the connection (RFC 9112 9.3, 9.6).
type persistence uint8

const (
	staysOpen persistence = iota // HTTP/1.1 stays open without a word
	keepAlive                    // HTTP/1.0 that asked for it
	closes
)

// answerHead is the head of an answer.
type answerHead struct {
	status      int
	fields      Fields
	lines       []byte // more fields, as lines that have been checked
	dated       bool   // there is a Date among them
	upgrade     bool   // and an Upgrade
	date        []byte // a whole line, left out when fields has a Date
	framing     framing
	length      int64
	persistence persistence
}

// append appends the head to its empty line. The errors are ErrStatus, ErrField and ErrReservedField; then nothing is
// appended.
func (h *answerHead) append(dst []byte) ([]byte, error) {
	out, err := AppendStatusLine(dst, h.status)
	if err != nil {
		return dst, err
	}
	dated, upgrade := h.dated, h.upgrade
	for i := range h.fields {
		f := &h.fields[i]
		if isReserved(f.Name) {
			return dst, ErrReservedField
		}
		dated = dated || equalFold(f.Name, "Date")
		upgrade = upgrade || equalFold(f.Name, "Upgrade")
		if out, err = appendField(out, f.Name, f.Value); err != nil {
			return dst, err
		}
	}
	out = append(out, h.lines...)
	if !dated {
		out = append(out, h.date...)
	}
	return append(h.appendFraming(out, upgrade), '\r', '\n'), nil
}

// appendFraming appends what the codec says itself. An Upgrade field is named by Connection (RFC 9110 7.8).
func (h *answerHead) appendFraming(dst []byte, upgrade bool) []byte {
	switch h.framing {
	case byLength, hasLength:
		dst = append(dst, "Content-Length: "...)
		dst = strconv.AppendInt(dst, h.length, 10)
		dst = append(dst, "\r\n"...)
	case byChunks:
		dst = append(dst, "Transfer-Encoding: chunked\r\n"...)
	}
	switch {
	case h.persistence == closes && upgrade:
		dst = append(dst, "Connection: close, Upgrade\r\n"...)
	case h.persistence == closes:
		dst = append(dst, "Connection: close\r\n"...)
	case h.persistence == keepAlive:
		dst = append(dst, "Connection: keep-alive\r\n"...)
	case upgrade:
		dst = append(dst, "Connection: Upgrade\r\n"...)
	}
	return dst
}

// isReserved tells the fields that frame the message: they are the server's to set.
func isReserved(name []byte) bool {
	switch len(name) {
	case len("Connection"):
		return equalFold(name, "Connection")
	case len("Content-Length"):
		return equalFold(name, "Content-Length")
	case len("Transfer-Encoding"):
		return equalFold(name, "Transfer-Encoding")
	}
	return false
}

// bodyless tells the statuses that have no body, whatever the request was (RFC 9110 6.4.1).
func bodyless(status int) bool { return status < 200 || status == 204 || status == 304 }

// appendChunk appends data as one chunk (RFC 9112 7.1). An empty one would be the last: it is left out.
func appendChunk(dst, data []byte) []byte {
	if len(data) == 0 {
		return dst
	}
	dst = strconv.AppendInt(dst, int64(len(data)), 16)
	dst = append(dst, "\r\n"...)
	dst = append(dst, data...)
	return append(dst, "\r\n"...)
}

// appendLastChunk ends a chunked body. The errors are ErrField, and ErrReservedField for a trailer that frames the message.
func appendLastChunk(dst []byte, trailers Fields) ([]byte, error) {
	for i := range trailers {
		if framesMessage(trailers[i].Name) {
			return dst, ErrReservedField
		}
	}
	out, err := trailers.Append(append(dst, "0\r\n"...))
	if err != nil {
		return dst, err
	}
	return append(out, "\r\n"...), nil
}
