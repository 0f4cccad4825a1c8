package http

// check applies the rules that are about the whole head, and sets how its body is framed.
func (h *Head) check() error {
	var hosts, lengths, codings int
	var host, length []byte
	for i := range h.Fields {
		switch f := &h.Fields[i]; {
		case equalFold(f.Name, "Host"):
			hosts, host = hosts+1, f.Value
		case equalFold(f.Name, "Content-Length"):
			lengths, length = lengths+1, f.Value
		case equalFold(f.Name, "Transfer-Encoding"):
			codings++
		case equalFold(f.Name, "Connection"):
			h.has |= hasConnection
		case equalFold(f.Name, "Expect"):
			h.has |= hasExpect
		}
	}
	if err := checkHost(h.Minor, hosts, host); err != nil {
		return err
	}
	switch {
	case codings > 0 && lengths > 0:
		return ErrFraming // RFC 9112 6.3 (3): it might be an attempt to smuggle a request
	case codings > 0 && h.Minor == 0:
		return ErrTransferEncoding // RFC 9112 6.1: the framing of such a request is faulty
	case codings > 0:
		h.ContentLength, h.Chunked = -1, true
		return checkCodings(h.Fields)
	case lengths > 1:
		// RFC 9110 8.6 lets equal ones pass; no client sends two, and it is one thing less that two parsers can
		// read in two ways. For the same reason "5, 5" is no number.
		return ErrContentLength
	case lengths == 1:
		return h.setLength(length)
	}
	return nil
}

// checkHost: RFC 9112 3.2 asks for the 400 of these, also when the target is absolute and Host will not be used.
func checkHost(minor, count int, value []byte) error {
	switch {
	case count > 1:
		return ErrHostDoubled
	case count == 1 && !validHostPort(value):
		return ErrHost
	case count == 0 && minor > 0:
		return ErrHostMissing
	}
	return nil
}

// setLength reads 1*DIGIT (RFC 9110 8.6).
func (h *Head) setLength(value []byte) error {
	const most = 1<<63 - 1
	n := int64(0)
	for _, c := range value {
		if !isDigit(c) || n > (most-int64(c-'0'))/10 {
			return ErrContentLength
		}
		n = n*10 + int64(c-'0')
	}
	if len(value) == 0 {
		return ErrContentLength
	}
	h.ContentLength = n
	return nil
}

// checkCodings reads all Transfer-Encoding lines as one list. Without chunked at its end nobody knows where the body
// ends: 400 (RFC 9112 6.3 (4)). A coding before chunked is one that this server does not know: 501 (6.1). An empty
// element is refused, although lists may have some: who skips it and who does not would see two framings.
func checkCodings(fields Fields) error {
	chunked, others := false, false
	for value := range fields.Values("Transfer-Encoding") {
		for more := true; more; {
			var coding []byte
			coding, value, more = cutElement(value)
			if chunked || !validCoding(coding) {
				return ErrTransferEncoding
			}
			chunked = equalFold(coding, "chunked")
			others = others || !chunked
		}
	}
	if !chunked {
		return ErrTransferEncoding
	}
	if others {
		return ErrTransferCoding
	}
	return nil
}

// validCoding takes a token, and parameters behind a semicolon, of which chunked has none (RFC 9112 7, 7.1).
func validCoding(b []byte) bool {
	n := span(b, isTchar)
	if n == len(b) {
		return n > 0
	}
	rest := trimBlanks(b[n:])
	return n > 0 && rest[0] == ';' && !equalFold(b[:n], "chunked")
}
