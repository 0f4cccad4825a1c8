package http

import (
	"bytes"
	"net/netip"
	"strconv"
)

// hop is one element of a Forwarded field.
type hop struct {
	Forwarded
	told bool // it is not empty
	seen uint8
}

// The parameters that are read; the others are only looked at for their form.
const (
	seenFor = 1 << iota
	seenHost
	seenProto
)

// cutHop reads the first element of a list, and the comma behind it: [ forwarded-pair ] *( ";" [ forwarded-pair ] ) (RFC 7239 4). Blanks
// around a semicolon are not in the grammar, but in what proxies send.
func cutHop(list []byte) (h hop, rest []byte, err error) {
	for {
		list = skipBlanks(list)
		if len(list) > 0 && class[list[0]]&isTchar != 0 {
			if list, err = h.takePair(list); err != nil {
				return h, nil, err
			}
			list = skipBlanks(list)
		}
		switch {
		case len(list) == 0:
			return h, nil, nil
		case list[0] == ',':
			return h, list[1:], nil
		case list[0] != ';':
			return h, nil, ErrForwarded
		}
		list = list[1:]
	}
}

func skipBlanks(b []byte) []byte {
	for len(b) > 0 && isBlank(b[0]) {
		b = b[1:]
	}
	return b
}

// takePair reads token "=" ( token / quoted-string ).
func (h *hop) takePair(b []byte) (rest []byte, err error) {
	n := span(b, isTchar)
	if n == len(b) || b[n] != '=' {
		return nil, ErrForwarded
	}
	name, value, rest, ok := b[:n], []byte(nil), b[n+1:], true
	if len(rest) > 0 && rest[0] == '"' {
		value, rest, ok = cutQuoted(rest[1:])
	} else {
		n = span(rest, isTchar)
		value, rest, ok = rest[:n], rest[n:], n > 0
	}
	if !ok || !h.take(name, value) {
		return nil, ErrForwarded
	}
	return rest, nil
}

// cutQuoted reads a quoted-string behind its first mark (RFC 9110 5.6.4). What fields may not have, the decoder has refused.
func cutQuoted(b []byte) (value, rest []byte, ok bool) {
	n := bytes.IndexAny(b, `"\`)
	if n < 0 || b[n] == '"' {
		return b[:max(n, 0)], b[n+1:], n >= 0
	}
	value = append(value, b[:n]...)
	for ; n < len(b); n++ {
		switch {
		case b[n] == '"':
			return value, b[n+1:], true
		case b[n] == '\\':
			if n++; n == len(b) {
				return nil, nil, false
			}
		}
		value = append(value, b[n])
	}
	return nil, nil, false
}

// take notes a parameter. Each may come once (RFC 7239 4).
func (h *hop) take(name, value []byte) (ok bool) {
	h.told = true
	switch {
	case equalFold(name, "for"):
		h.Client, ok = nodeAddress(value)
		return ok && h.once(seenFor)
	case equalFold(name, "host"):
		h.Host = value
		return validHostPort(value) && h.once(seenHost)
	case equalFold(name, "proto"):
		h.Proto = schemeOf(value)
		return h.once(seenProto)
	}
	return true
}

func (h *hop) once(parameter uint8) bool {
	before := h.seen
	h.seen |= parameter
	return before&parameter == 0
}

// nodeAddress reads nodename [ ":" node-port ] (RFC 7239 6). An invalid address is a node that is not told: unknown, or one under
// another name.
func nodeAddress(b []byte) (a netip.AddrPort, ok bool) {
	name, portText, ok := splitPort(b)
	if !ok || len(name) == 0 {
		return a, false
	}
	port := uint64(0)
	if len(name) < len(b) {
		var err error
		if port, err = strconv.ParseUint(string(portText), 10, 16); err != nil && !isObfuscated(portText) {
			return a, false
		}
	}
	switch {
	case equalFold(name, "unknown"), isObfuscated(name):
		return a, true
	case name[0] == '[':
		if !validHost(name) {
			return a, false
		}
		name = name[1 : len(name)-1]
	case !validIPv4(name):
		return a, false
	}
	ip, err := netip.ParseAddr(string(name))
	return plainAddress(ip, uint16(port)), err == nil
}

// isObfuscated: "_" 1*( ALPHA / DIGIT / "." / "_" / "-" ) (RFC 7239 6.3).
func isObfuscated(b []byte) bool {
	if len(b) < 2 || b[0] != '_' {
		return false
	}
	for _, c := range b[1:] {
		if !isDigit(c) && !('a' <= lower(c) && lower(c) <= 'z') && c != '.' && c != '_' && c != '-' {
			return false
		}
	}
	return true
}
