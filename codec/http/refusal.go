package http

import "strconv"

// Refusal is why a request is not served, and how to say so. It is an error; the ones of this package are made once
// and can be compared with ==. After one that Decode returned the stream cannot be trusted: answer and close
// (RFC 9112 2.2, 6.3). It is never changed after it is made, so any goroutine may use it.
type Refusal struct {
	status int
	body   string // the reason as a line
	extra  Fields
}

// NewRefusal makes a refusal: the status to answer, what to tell the client in one line, and fields that the answer
// needs, such as Allow with 405. Append says what of it cannot be sent.
func NewRefusal(status int, reason string, extra ...Field) *Refusal {
	return &Refusal{status, reason + "\n", extra}
}

// Error gives the status and the reason.
func (r *Refusal) Error() string {
	return "http: refused with " + strconv.Itoa(r.status) + ": " + r.Reason()
}

// Status is the status code to answer.
func (r *Refusal) Status() int { return r.status }

// Reason is what to tell the client, in one line.
func (r *Refusal) Reason() string { return r.body[:len(r.body)-1] }

// Fields are those that the answer needs beside the usual ones. They are not to be changed.
func (r *Refusal) Fields() Fields { return r.extra }

// Append appends the whole answer, as AppendRefusal does, with the reason as the body. to is the refused request, or
// nil when it could not be read. Only a refusal of somebody else's making can fail.
func (r *Refusal) Append(dst []byte, to *Head) ([]byte, error) {
	return AppendRefusal(dst, to, r.status, r.extra, r.body)
}

// What a request line is refused for (RFC 9112 3).
var (
	// ErrRequestLine: not a method, one space, a target, one space, a version; or a second empty line before it.
	ErrRequestLine = NewRefusal(400, "malformed request line")
	// ErrMethod: the method is not a token. It is returned at the first byte already: what speaks TLS or something
	// else to this port is told so at once.
	ErrMethod = NewRefusal(400, "malformed method")
	// ErrTarget: a byte that no URI has, or a form that does not go with the method (RFC 9112 3.2).
	ErrTarget = NewRefusal(400, "malformed request target")
	// ErrTargetTooLong: the request line is over Limits.RequestLine.
	ErrTargetTooLong = NewRefusal(414, "request target too long")
	// ErrMethodTooLong: the method alone is over Limits.RequestLine.
	ErrMethodTooLong = NewRefusal(501, "method too long")
	// ErrVersion: not HTTP/1.x, such as the preface of HTTP/2 (RFC 9110 15.6.6).
	ErrVersion = NewRefusal(505, "only HTTP/1.1 and HTTP/1.0 are spoken here")
)

// What lines and fields are refused for.
var (
	// ErrBareLF: a line that ends without CR (RFC 9112 2.2 leaves the choice; the other one lets requests be smuggled).
	ErrBareLF = NewRefusal(400, "line end without CR")
	// ErrBareCR: a CR inside a line (RFC 9112 2.2).
	ErrBareCR = NewRefusal(400, "CR inside a line")
	// ErrFold: a line that begins with a blank: a folded field, or white space before the first one (RFC 9112 2.2, 5.2).
	ErrFold = NewRefusal(400, "line begins with white space")
	// ErrFieldLine: no colon (RFC 9112 5).
	ErrFieldLine = NewRefusal(400, "field line without colon")
	// ErrFieldName: empty or not a token, such as one with a space before the colon (RFC 9112 5.1).
	ErrFieldName = NewRefusal(400, "malformed field name")
	// ErrFieldValue: NUL or another control byte (RFC 9110 5.5).
	ErrFieldValue = NewRefusal(400, "control byte in a field value")
	// ErrTooManyFields: more lines than Limits.Fields (RFC 6585 5).
	ErrTooManyFields = NewRefusal(431, "too many fields")
	// ErrHeadTooLarge: the head is over Limits.Head (RFC 6585 5).
	ErrHeadTooLarge = NewRefusal(431, "request head too large")
)

// What a whole head is refused for.
var (
	// ErrHostMissing: HTTP/1.1 needs a Host field (RFC 9112 3.2).
	ErrHostMissing = NewRefusal(400, "no Host field")
	// ErrHostDoubled: more than one Host line, in any version (RFC 9112 3.2).
	ErrHostDoubled = NewRefusal(400, "more than one Host field")
	// ErrHost: not uri-host [":" port] with a host (RFC 9110 7.2, 4.2.1).
	ErrHost = NewRefusal(400, "malformed Host field")
	// ErrContentLength: not one decimal number, or over 2^63-1 (RFC 9110 8.6).
	ErrContentLength = NewRefusal(400, "malformed Content-Length")
	// ErrTransferEncoding: chunked is not there exactly once, as the last coding, without parameters; or the request
	// is HTTP/1.0 (RFC 9112 6.1, 6.3, 7.1).
	ErrTransferEncoding = NewRefusal(400, "malformed Transfer-Encoding")
	// ErrFraming: Content-Length and Transfer-Encoding in one request (RFC 9112 6.3).
	ErrFraming = NewRefusal(400, "both Content-Length and Transfer-Encoding")
	// ErrTransferCoding: a coding before chunked that is not known here, and none is (RFC 9112 6.1).
	ErrTransferCoding = NewRefusal(501, "unknown transfer coding")
)

// What a body is refused for.
var (
	// ErrBodyTooLarge: over BodyDecoder.MaxBody, or over 2^63-1 (RFC 9110 15.5.14).
	ErrBodyTooLarge = NewRefusal(413, "request body too large")
	// ErrChunkSize: not a hexadecimal number of at most 16 digits below 2^63, followed by CR LF or extensions (RFC 9112 7.1,
	// 7.1.1).
	ErrChunkSize = NewRefusal(400, "malformed chunk size")
	// ErrChunkLine: the line with a chunk's size is over 1 KiB.
	ErrChunkLine = NewRefusal(400, "chunk size line too long")
	// ErrChunkEnd: a line or the data of a chunk does not end with CR LF (RFC 9112 7.1).
	ErrChunkEnd = NewRefusal(400, "malformed end of a chunk")
	// ErrChunkExcess: 16 KiB more of chunk extensions than there is data.
	ErrChunkExcess = NewRefusal(400, "too many chunk extensions")
	// ErrTrailerTooLarge: the trailers are over BodyDecoder.Trailer (RFC 6585 5).
	ErrTrailerTooLarge = NewRefusal(431, "trailers too large")
	// ErrTrailerField: a trailer that would have framed or addressed the message (RFC 9110 6.5.1).
	ErrTrailerField = NewRefusal(400, "field not allowed in trailers")
)
