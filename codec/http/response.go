package http

import (
	"errors"
	"strconv"
)

// What cannot be sent. A function that returns one has appended nothing.
var (
	// ErrStatus: a status code outside of 100-599 (RFC 9110 15), or in AppendRefusal one that refuses nothing.
	ErrStatus = errors.New("http: status code cannot be sent")
	// ErrField: a name that is not a token or a value with CR, LF, NUL or another control byte. The client would read
	// another message than was meant (RFC 9110 5.5, RFC 9112 11.1).
	ErrField = errors.New("http: field cannot be sent")
	// ErrReservedField: a field that the codec writes itself, given as an extra one.
	ErrReservedField = errors.New("http: field is the codec's own")
)

// AppendStatusLine appends the status line of a response, with the code's usual reason phrase (RFC 9112 4). The version
// is HTTP/1.1 whatever the request's was (RFC 9110 2.5). The error is ErrStatus.
func AppendStatusLine(dst []byte, status int) ([]byte, error) {
	if status < 100 || status > 599 {
		return dst, ErrStatus
	}
	return append(dst, statusLines[status-100]...), nil
}

var statusLines = makeStatusLines()

func makeStatusLines() (lines [500]string) {
	for i := range lines {
		status := 100 + i
		lines[i] = "HTTP/1.1 " + strconv.Itoa(status) + " " + StatusText(status) + "\r\n" // the blank also before an empty phrase
	}
	return lines
}

// AppendField appends one field line. The error is ErrField. Blanks around the value are sent, but no recipient sees
// them (RFC 9110 5.5).
func AppendField(dst []byte, name, value string) ([]byte, error) {
	start := len(dst)
	dst = append(dst, name...)
	colon := len(dst)
	dst = append(append(dst, ": "...), value...)
	return endField(dst, start, colon)
}

// Append appends the field lines in their order, as AppendField does. On an error none of them is appended.
func (f Fields) Append(dst []byte) ([]byte, error) {
	out := dst
	for i := range f {
		var err error
		if out, err = appendField(out, f[i].Name, f[i].Value); err != nil {
			return dst, err
		}
	}
	return out, nil
}

func appendField(dst, name, value []byte) ([]byte, error) {
	start := len(dst)
	dst = append(dst, name...)
	colon := len(dst)
	dst = append(append(dst, ": "...), value...)
	return endField(dst, start, colon)
}

// endField checks the line that has been appended from start on, with its colon, and ends it.
func endField(dst []byte, start, colon int) ([]byte, error) {
	if !IsToken(dst[start:colon]) || !validValue(dst[colon:]) {
		return dst[:start], ErrField
	}
	return append(dst, "\r\n"...), nil
}

// AppendRefusal appends a whole response after which the connection is to be closed: the status (300-599 without 304,
// else ErrStatus), the extra fields, Content-Length, Connection: close, and the body, as text/plain unless extra has a
// Content-Type. With Upgrade among the extra fields Connection names it too (RFC 9110 7.8). Content-Length,
// Transfer-Encoding and Connection in extra are ErrReservedField. On an error dst is returned as it was.
//
// to is the request that is answered, nil when it could not be read: the answer to HEAD has no body, though it tells
// the length (RFC 9110 9.3.2). A server with a clock adds Date as an extra field (RFC 9110 6.6.1).
func AppendRefusal(dst []byte, to *Head, status int, extra Fields, body string) ([]byte, error) {
	if status < 300 || status == 304 {
		return dst, ErrStatus
	}
	if extra.Has("Content-Length") || extra.Has("Transfer-Encoding") || extra.Has("Connection") {
		return dst, ErrReservedField
	}
	out, err := AppendStatusLine(dst, status)
	if err != nil {
		return dst, err
	}
	if out, err = extra.Append(out); err != nil {
		return dst, err
	}
	if !extra.Has("Content-Type") {
		out = append(out, "Content-Type: text/plain; charset=utf-8\r\n"...)
	}
	out = append(out, "Content-Length: "...)
	out = strconv.AppendInt(out, int64(len(body)), 10)
	out = append(out, "\r\nConnection: close"...)
	if extra.Has("Upgrade") {
		out = append(out, ", Upgrade"...)
	}
	out = append(out, "\r\n\r\n"...)
	if to != nil && string(to.Method) == "HEAD" {
		return out, nil
	}
	return append(out, body...), nil
}
