package http

// chunkExt says what has been read of a chunk's extensions: *( BWS ";" BWS name [ BWS "=" BWS value ] ), the name a token, the
// value a token or a quoted string (RFC 9112 7.1.1). The blanks (BWS) have to be read over (RFC 9110 5.6.3); behind the last
// extension there are none.
//
//	extEnd -> extBlank -> extSemicolon -> extName -> extNameBlank -> extEquals -> extToken ------------------> extEnd
//	                                                                          \-> extQuoted (-> extEscape) --^
type chunkExt uint8

const (
	extEnd       chunkExt = iota // behind the size or a quoted value
	extBlank                     // white space there: a semicolon comes
	extSemicolon                 // a name comes
	extName
	extNameBlank // white space behind a name: "=" or a semicolon comes
	extEquals    // a value comes
	extToken     // in a value
	extQuoted    // in a quoted one
	extEscape    // behind a backslash in it
)

// mayEnd tells whether the line may end here.
func (e chunkExt) mayEnd() bool { return e == extEnd || e == extName || e == extToken }

// take is what comes after c; !ok when c cannot stand here. No byte of a line's end ever can: a bare LF is the end of a
// line to some, and a quoted string goes on behind a CR LF to others.
func (e chunkExt) take(c byte) (next chunkExt, ok bool) {
	switch {
	case class[c]&isControl != 0:
		return e, false
	case e == extEscape:
		return extQuoted, true
	case e == extQuoted:
		return e.inQuotes(c), true
	case isBlank(c):
		return e.blank(), true
	case c == ';':
		return extSemicolon, e != extSemicolon && e != extEquals
	case c == '=':
		return extEquals, e == extName || e == extNameBlank
	case c == '"':
		return extQuoted, e == extEquals
	}
	return e.token(), e.token() != extEnd && class[c]&isTchar != 0
}

func (e chunkExt) inQuotes(c byte) chunkExt {
	switch c {
	case '"':
		return extEnd
	case '\\':
		return extEscape
	}
	return extQuoted
}

func (e chunkExt) blank() chunkExt {
	switch e {
	case extEnd, extToken:
		return extBlank
	case extName:
		return extNameBlank
	}
	return e
}

// token is where a byte of a token leads; extEnd where none may stand.
func (e chunkExt) token() chunkExt {
	switch e {
	case extSemicolon, extName:
		return extName
	case extEquals, extToken:
		return extToken
	}
	return extEnd
}
