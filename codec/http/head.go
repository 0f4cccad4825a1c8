package http

import (
	"bytes"
	"slices"
)

// Head is the head of a request: the request line and the fields (RFC 9112 2.1). What a HeadDecoder returns obeys all
// the rules of this package; its slices alias the bytes it was read from and are valid as HeadDecoder.Decode says.
// It belongs to one goroutine at a time.
type Head struct {
	// Method is any token, such as GET. Methods are case-sensitive (RFC 9110 9.1).
	Method []byte
	// Target is the request target as the client wrote it, in one of the four forms of RFC 9112 3.2. Nothing in it
	// is decoded. Path, Query and Host cut it. Path and query may have bytes from 0x80 on, which are in no URI but in
	// what scripts send; browsers encode them.
	Target []byte
	// Minor is the minor version: 0 for HTTP/1.0, 1 for HTTP/1.1. A request of a higher HTTP/1.x shows 1, because it
	// has to be processed as the highest one known (RFC 9110 2.5).
	Minor int
	// Fields are the field lines in the order they came.
	Fields Fields
	// ContentLength is the length of the body in bytes, 0 without a body, -1 when it is Chunked.
	ContentLength int64
	// Chunked says that the body comes in chunks (RFC 9112 7.1).
	Chunked bool

	has uint8 // fields that few requests have, and a server asks for with each
}

const (
	hasConnection = 1 << iota
	hasExpect
)

// HasBody reports whether bytes of a body follow the head (RFC 9112 6.3). A chunked body may turn out to be empty.
func (h *Head) HasBody() bool { return h.ContentLength != 0 }

// Path returns the path of the target as it was sent, percent-encoded; "/" for an absolute URI without a path
// (RFC 9110 4.2.3), "*" for OPTIONS * and OPTIONS of such a URI, which is the same (RFC 9112 3.2.4), and nil for CONNECT, whose
// target has none. Valid as long as Target.
func (h *Head) Path() []byte {
	authority, path, _ := splitTarget(h.Target)
	if authority != nil && string(h.Method) == "OPTIONS" && bytes.Index(h.Target, []byte("://"))+3+len(authority) == len(h.Target) {
		return asterisk
	}
	return path
}

var asterisk = []byte{'*'}

// Query returns what follows the first "?" of the target, as it was sent, and nil without a "?". It may hold
// characters and stray "%" that RFC 3986 does not allow but browsers send. Valid as long as Target.
func (h *Head) Query() []byte {
	_, _, query := splitTarget(h.Target)
	return query
}

// Host returns whom the request is for, as uri-host [":" port]: what an absolute or authority target says, whatever
// the Host field says (RFC 9112 3.2.2, 3.3), else the Host field. Nil is possible in HTTP/1.0 only. Valid as the Head.
func (h *Head) Host() []byte {
	if authority, _, _ := splitTarget(h.Target); authority != nil {
		return authority
	}
	return h.Fields.Get("Host")
}

// splitTarget cuts a target by its form, of which the first byte and "://" tell enough once checkTarget took it.
func splitTarget(target []byte) (authority, path, query []byte) {
	if len(target) == 0 || target[0] == '*' {
		return nil, target, nil
	}
	if target[0] == '/' {
		path, query = splitQuery(target)
		return nil, path, query
	}
	scheme := bytes.Index(target, []byte("://"))
	if scheme < 0 {
		return target, nil, nil
	}
	authority = target[scheme+3:]
	if end := bytes.IndexAny(authority, "/?"); end >= 0 {
		path, query = splitQuery(authority[end:])
		authority = authority[:end]
	}
	if len(path) == 0 {
		path = target[scheme+1 : scheme+2] // a "/" that is at hand
	}
	return authority, path, query
}

func splitQuery(b []byte) (path, query []byte) {
	if i := bytes.IndexByte(b, '?'); i >= 0 {
		return b[:i], b[i+1:]
	}
	return b, nil
}

// Clone returns a copy of h that is valid for ever.
func (h *Head) Clone() *Head {
	c, _, _ := h.copyTo(nil, nil)
	return &c
}

// copyTo copies what h aliases to the end of the two slices, and returns a head that aliases these, and them.
func (h *Head) copyTo(memory []byte, fields Fields) (Head, []byte, Fields) {
	size := len(h.Method) + len(h.Target)
	for i := range h.Fields {
		size += len(h.Fields[i].Name) + len(h.Fields[i].Value)
	}
	memory = slices.Grow(memory, size) // it must not move any more
	add := func(b []byte) []byte {
		at := len(memory)
		memory = append(memory, b...)
		return memory[at:len(memory):len(memory)]
	}
	c := *h
	c.Method, c.Target = add(h.Method), add(h.Target)
	for i := range h.Fields {
		fields = append(fields, Field{add(h.Fields[i].Name), add(h.Fields[i].Value)})
	}
	c.Fields = fields
	return c, memory, fields
}
