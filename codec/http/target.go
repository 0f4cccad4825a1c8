package http

import "bytes"

// checkTarget applies RFC 9112 3.2: each form has its methods.
func checkTarget(method, target []byte) error {
	ok := false
	switch {
	case string(method) == "CONNECT":
		ok = validAuthority(target)
	case target[0] == '/':
		ok = validPathQuery(target)
	case string(target) == "*":
		ok = string(method) == "OPTIONS"
	default:
		ok = validAbsolute(target)
	}
	if !ok {
		return ErrTarget
	}
	return nil
}

// validAuthority: RFC 9110 9.3.6 has a CONNECT to an empty or invalid port refused.
func validAuthority(b []byte) bool {
	host, port, ok := splitPort(b)
	return ok && validHost(host) && len(port) > 0 && validPort(port)
}

// validPathQuery checks a path and what may follow it. A fragment is never sent (RFC 9112 3.2.1), so "#" is in neither.
// The path's triplets are whole, because routes decode it; the query is handed on, and browsers send a stray "%" in it.
func validPathQuery(b []byte) bool {
	rest := afterEncoded(b, isPath)
	return len(rest) == 0 || rest[0] == '?' && span(rest[1:], isQuery) == len(rest)-1
}

// validAbsolute takes http and https URIs, the only ones that can be meant for this server (RFC 9112 3.2.2,
// RFC 6455 4.1 (3)): with a host (RFC 9110 4.2.1), and without user information, which only ever deceives (4.2.4).
func validAbsolute(b []byte) bool {
	scheme, rest, found := bytes.Cut(b, []byte("://"))
	if !found || !equalFold(scheme, "http") && !equalFold(scheme, "https") {
		return false
	}
	end := bytes.IndexAny(rest, "/?")
	if end < 0 {
		end = len(rest)
	}
	return validHostPort(rest[:end]) && validPathQuery(rest[end:])
}
