package hubapi

import (
	"bytes"

	"fanloop/codec/http"
)

// An answer is what a call is answered with.
type answer struct {
	status int
	media  media
	body   []byte
}

// A media is a media type (RFC 9110 8.3.1).
type media string

const (
	mediaJSON    media = "application/json"
	mediaLines   media = "application/x-ndjson" // a JSON text a line
	mediaProblem media = "application/problem+json"
)

// A problem is the answer of what went wrong (RFC 9457). Its type is about:blank, which need not be said: the title is the status's
// own. A failure that has counts has them beside these members.
type problem struct {
	Title  string `json:"title"`
	Status int    `json:"status"`
	Detail string `json:"detail"`
}

// object is the failure as a problem.
func (f failure) object() []byte {
	return encode(problem{http.StatusText(f.status), f.status, f.reason})
}

// answer is the result of a call.
func (r result) answer() answer {
	if r.failure.failed() {
		return answer{r.failure.status, mediaProblem, append(r.beside(r.failure.object()), '\n')}
	}
	return answer{statusOK, mediaJSON, append(encode(r.body), '\n')}
}

// inBatch is the result as one of many: it has its status with it.
func (r result) inBatch() []byte {
	if r.failure.failed() {
		return r.beside(r.failure.object())
	}
	return r.beside(encode(struct {
		Status int `json:"status"`
	}{statusOK}))
}

// mediaOf is the media type that a Content-Type names, without its parameters and in lower case; "" without one.
func mediaOf(contentType []byte) media {
	name, _, _ := bytes.Cut(contentType, []byte{';'})
	return media(bytes.ToLower(bytes.TrimSpace(name)))
}
