package http

import "bytes"

// validHostPort checks uri-host [ ":" port ] (RFC 9110 4.2, 7.2). An empty host would be grammatical, and is meant for
// URIs that have none; http and https URIs always have one (RFC 9110 4.2.1).
func validHostPort(b []byte) bool {
	if n := span(b, isRegName); n > 0 && (n == len(b) || b[n] == ':') {
		return validPort(b[min(n+1, len(b)):]) // nearly all
	}
	host, port, ok := splitPort(b)
	return ok && validHost(host) && validPort(port)
}

// splitPort cuts at the colon that is not inside the brackets of an IP literal.
func splitPort(b []byte) (host, port []byte, ok bool) {
	end := 0
	if len(b) > 0 && b[0] == '[' {
		end = bytes.IndexByte(b, ']') + 1
	} else if end = bytes.IndexByte(b, ':'); end < 0 {
		end = len(b)
	}
	if end == len(b) {
		return b, nil, true
	}
	return b[:end], b[end+1:], b[end] == ':'
}

// validPort takes the empty port too (RFC 3986 3.2.3). Above 65535 there is none.
func validPort(b []byte) bool {
	port := 0
	for _, c := range b {
		if !isDigit(c) {
			return false
		}
		if port = port*10 + int(c-'0'); port > 65535 {
			return false
		}
	}
	return true
}

// validHost checks an IP-literal, an IPv4address or a reg-name (RFC 3986 3.2.2); the grammar of the last takes any of
// the middle. IPvFuture names an address format that does not exist, and a zone is of no use to anybody but its host.
func validHost(b []byte) bool {
	if len(b) > 0 && b[0] == '[' {
		return b[len(b)-1] == ']' && validIPv6(b[1:len(b)-1])
	}
	return len(b) > 0 && validEncoded(b, isRegName)
}

// validIPv6 checks an IPv6address of RFC 3986 3.2.2: eight groups of one to four digits, of which the last two may be
// an IPv4 address, and one "::" may stand for one group or more.
func validIPv6(b []byte) bool {
	groups, gap := 0, false
	if bytes.HasPrefix(b, []byte("::")) {
		gap, b = true, b[2:]
	}
	for len(b) > 0 {
		n := span(b, isHexDigit)
		if n < len(b) && b[n] == '.' {
			return validIPv4(b) && fullIPv6(groups+2, gap)
		}
		if n < 1 || n > 4 {
			return false
		}
		groups, b = groups+1, b[n:]
		if len(b) == 0 {
			break
		}
		if len(b) == 1 || b[0] != ':' || b[1] == ':' && gap {
			return false
		}
		if b = b[1:]; b[0] == ':' {
			gap, b = true, b[1:]
		}
	}
	return fullIPv6(groups, gap)
}

// fullIPv6 reports whether the groups, and a gap of one or more if there is one, make up the eight.
func fullIPv6(groups int, gap bool) bool { return groups == 8 && !gap || groups < 8 && gap }

// validIPv4 checks four numbers up to 255 without leading zeros (RFC 3986 3.2.2).
func validIPv4(b []byte) bool {
	for part := range 4 {
		n := 0
		for n < len(b) && n < 4 && isDigit(b[n]) {
			n++
		}
		if !validOctet(b[:n]) {
			return false
		}
		b = b[n:]
		if part < 3 {
			if len(b) == 0 || b[0] != '.' {
				return false
			}
			b = b[1:]
		}
	}
	return len(b) == 0
}

func validOctet(b []byte) bool {
	if len(b) == 0 || len(b) > 3 || b[0] == '0' && len(b) > 1 {
		return false
	}
	value := 0
	for _, c := range b {
		value = value*10 + int(c-'0')
	}
	return value < 256
}
