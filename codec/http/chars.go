package http

// The classes of bytes that the grammars of HTTP and of URIs are made of.
const (
	isTchar    = 1 << iota // RFC 9110 5.6.2: a byte of a token
	isPath                 // in a path, and no "%"
	isQuery                // in a query, "%" included
	isRegName              // RFC 3986 3.2.2: in a host name, and no "%"
	isHexDigit             // RFC 3986 2.1: after a "%"
	isControl              // RFC 9110 5.5: never in a field value
)

const (
	digits     = "0123456789"
	letters    = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
	unreserved = digits + letters + "-._~" // RFC 3986 2.3
	subDelims  = "!$&'()*+,;="             // RFC 3986 2.2

	// Not in RFC 3986, but the URL Standard (percent-encode sets) has browsers send these as they are, and "?ids[]=7"
	// is in every other PHP page. None of them can be mistaken for the end of anything.
	unencodedInPath  = "[]|^"
	unencodedInQuery = unencodedInPath + "{}`\\"
)

var class = makeClasses()

func makeClasses() (t [256]uint8) {
	mark := func(bit uint8, chars string) {
		for i := range len(chars) {
			t[chars[i]] |= bit
		}
	}
	mark(isTchar, digits+letters+"!#$%&'*+-.^_`|~")
	mark(isPath, unreserved+subDelims+":@/"+unencodedInPath)
	mark(isQuery, unreserved+subDelims+":@/?%"+unencodedInQuery)
	mark(isRegName, unreserved+subDelims)
	mark(isHexDigit, digits+"ABCDEFabcdef")
	for c := range byte(0x20) {
		t[c] |= isControl
	}
	// What is not ASCII is no URI's either, but curl and scripts send "/online/使用者1" as it is typed; net/http takes it
	// too. It is handed on as it came.
	for c := 0x80; c < 0x100; c++ {
		t[c] |= isPath | isQuery
	}
	t['\t'] &^= isControl
	t[0x7F] |= isControl
	return t
}

// span returns how many of the first bytes of b are of the class.
func span(b []byte, bit uint8) int {
	for i, c := range b {
		if class[c]&bit == 0 {
			return i
		}
	}
	return len(b)
}

// IsToken reports whether b is a token (RFC 9110 5.6.2), as methods, field names, codings and subprotocols are.
func IsToken(b []byte) bool { return len(b) > 0 && span(b, isTchar) == len(b) }

// validEncoded reports whether b has only bytes of the class and whole percent-encoded triplets (RFC 3986 2.1).
func validEncoded(b []byte, bit uint8) bool { return len(afterEncoded(b, bit)) == 0 }

// afterEncoded returns what follows the bytes of the class and the whole percent-encoded triplets that b begins with.
func afterEncoded(b []byte, bit uint8) []byte {
	for {
		b = b[span(b, bit):]
		if len(b) < 3 || b[0] != '%' || span(b[1:3], isHexDigit) < 2 {
			return b
		}
		b = b[3:]
	}
}

// equalFold compares as ASCII letters compare. bytes.EqualFold would take the Kelvin sign for a k.
func equalFold(a []byte, b string) bool {
	if len(a) != len(b) {
		return false
	}
	for i, c := range a {
		if c != b[i] && lower(c) != lower(b[i]) {
			return false
		}
	}
	return true
}

func lower(c byte) byte {
	if 'A' <= c && c <= 'Z' {
		c |= 0x20
	}
	return c
}

// trimBlanks takes the optional white space off both ends (RFC 9110 5.6.3).
func trimBlanks(b []byte) []byte {
	for len(b) > 0 && isBlank(b[0]) {
		b = b[1:]
	}
	for len(b) > 0 && isBlank(b[len(b)-1]) {
		b = b[:len(b)-1]
	}
	return b
}

func isBlank(c byte) bool { return c == ' ' || c == '\t' }
