//go:build linux

package http

import (
	nethttp "net/http"
	"net/textproto"
	"slices"
	"strconv"
	"strings"
)

// writtenFields is what the handler's fields say about its answer.
type writtenFields struct {
	typed    bool // there is a Content-Type, or is meant to be none
	encoded  bool // there is a Content-Encoding
	coded    bool // there was a Transfer-Encoding: it is the server's to choose, but nothing is guessed then
	trailed  bool // something comes behind the body
	trailers []string
}

// encode appends the handler's fields as lines, in the order of their names. As in net/http, what cannot be sent is left out.
func (w *writer) encode(dst []byte, status int) []byte {
	names := w.call.memory.names[:0]
	for name := range w.header {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
		if w.judge(name, w.header[name], status) {
			dst = appendHeaderLines(dst, name, w.header[name])
		}
	}
	w.call.memory.names = names
	return dst
}

// judge takes note of the fields that mean something to the server, and tells whether a field is to be sent.
func (w *writer) judge(name string, values []string, status int) bool {
	switch name {
	case "Content-Length":
		length, err := strconv.ParseInt(textproto.TrimString(first(values)), 10, 64)
		if err == nil && length >= 0 && !w.bodyless && status >= 200 {
			w.limit = length
		}
		return false
	case "Transfer-Encoding":
		w.fields.coded = len(values) > 0
		return false
	case "Connection":
		for _, value := range values {
			for option := range strings.SplitSeq(value, ",") {
				w.head.closes = w.head.closes || strings.EqualFold(textproto.TrimString(option), "close")
			}
		}
		return false
	case "Content-Type":
		w.fields.typed = true
		return status != 304
	case "Content-Encoding":
		w.fields.encoded = first(values) != ""
	case "Date":
		w.head.dated = true
	case "Trailer":
		w.fields.trailed = w.fields.trailed || len(values) > 0
		w.announce(values)
	case "Upgrade":
		w.head.upgrade = len(values) > 0
	}
	if strings.HasPrefix(name, nethttp.TrailerPrefix) {
		w.fields.trailed = true
		return false
	}
	return IsToken([]byte(name))
}

func first(values []string) string {
	if len(values) == 0 {
		return ""
	}
	return values[0]
}

// announce notes which fields will come behind the body.
func (w *writer) announce(values []string) {
	for _, value := range values {
		for name := range strings.SplitSeq(value, ",") {
			name = nethttp.CanonicalHeaderKey(textproto.TrimString(name))
			if IsToken([]byte(name)) && !framesMessage([]byte(name)) {
				w.fields.trailers = append(w.fields.trailers, name)
			}
		}
	}
}

// trailers are the fields that the handler has set for behind the body.
func (w *writer) trailers() (out Fields) {
	add := func(name string, values []string) {
		for _, value := range values {
			f := NewField(name, cleanValue(value))
			if _, err := appendField(nil, f.Name, f.Value); err == nil && !framesMessage(f.Name) {
				out = append(out, f)
			}
		}
	}
	for _, name := range w.fields.trailers {
		add(name, w.header[name])
	}
	for name, values := range w.header {
		if own, ok := strings.CutPrefix(name, nethttp.TrailerPrefix); ok {
			add(own, values)
		}
	}
	return out
}

func appendHeaderLines(dst []byte, name string, values []string) []byte {
	for _, value := range values {
		dst = append(append(dst, name...), ": "...)
		dst = append(append(dst, cleanValue(value)...), "\r\n"...)
	}
	return dst
}

// cleanValue has a blank for each control byte: a value never ends a line.
func cleanValue(value string) string {
	value = textproto.TrimString(value)
	for i := range len(value) {
		if class[value[i]]&isControl != 0 {
			return strings.Map(func(r rune) rune {
				if r < 0x80 && class[r]&isControl != 0 {
					return ' '
				}
				return r
			}, value)
		}
	}
	return value
}
