package http

import (
	"bytes"
	"path"
	"strings"
)

// exact tells whether the pattern matches the path without a wildcard for the rest that takes something.
func exact(p *pattern, path []byte) bool {
	return p.last() != restSegment ||
		path[len(path)-1] == '/' && bytes.Count(path, []byte("/")) == len(p.segments)
}

// redirect answers with another path of the same server. The path is the client's own, of bytes that a head may have, and begins
// with one slash only: it cannot name another host.
func (f *found[T]) redirect(path, query []byte) {
	f.route, f.status = nil, 307
	f.location = string(path)
	if len(query) > 0 {
		f.location += "?" + string(query)
	}
}

func (f *found[T]) refuse(allowed []string) {
	f.status = 404
	if len(allowed) > 0 {
		f.status, f.allow = 405, strings.Join(allowed, ", ")
	}
}

// appendValue appends the part of a path that the wildcard of the name stands for, decoded. values are what a find has found.
func (p *pattern) appendValue(dst, path []byte, values []pathPart, name string) []byte {
	if p == nil || name == "" {
		return dst
	}
	for i, n := range p.names {
		if n == name {
			return appendUnescaped(dst, path[values[i].from:values[i].to])
		}
	}
	return dst
}

// cleanPath tells whether path has no empty segment but the last, and none that is "." or "..". One without a segment, as
// CONNECT's, is clean too.
func cleanPath(path []byte) bool {
	for len(path) > 0 {
		path = path[1:] // the slash
		n := segmentLen(path)
		switch {
		case n == 0 && len(path) > 0, n == 1 && path[0] == '.', n == 2 && path[0] == '.' && path[1] == '.':
			return false
		}
		path = path[n:]
	}
	return true
}

// cleaned is the path without empty segments, "." and "..", with its slash at the end.
func cleaned(p []byte) []byte {
	clean := []byte(path.Clean(string(p)))
	if p[len(p)-1] == '/' && len(clean) > 1 {
		clean = append(clean, '/')
	}
	return clean
}

// withoutPort cuts the port off a Host, and leaves an IPv6 address in its brackets.
func withoutPort(host []byte) []byte {
	bracket := bytes.IndexByte(host, ']') + 1
	if i := bytes.IndexByte(host[bracket:], ':'); i >= 0 {
		return host[:bracket+i]
	}
	return host
}

func appendLower(dst, text []byte) []byte {
	for _, c := range text {
		dst = append(dst, lower(c))
	}
	return dst
}

// appendUnescaped appends text with its "%" triplets decoded (RFC 3986 2.1); a "%" that begins none stays.
func appendUnescaped(dst, text []byte) []byte {
	for {
		i := bytes.IndexByte(text, '%')
		if i < 0 {
			return append(dst, text...)
		}
		dst = append(dst, text[:i]...)
		if text = text[i:]; len(text) > 2 && span(text[1:3], isHexDigit) == 2 {
			dst = append(dst, unhex(text[1])<<4|unhex(text[2]))
			text = text[3:]
		} else {
			dst, text = append(dst, '%'), text[1:]
		}
	}
}

func unhex(c byte) byte {
	if c <= '9' {
		return c - '0'
	}
	return lower(c) - 'a' + 10
}
