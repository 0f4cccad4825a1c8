package ambiguous

import (
	"fmt"
	"slices"
)

// A Request is bytes that two servers have been known to read in two ways.
type Request struct {
	Name string
	Raw  string
	// Want are the answers of a server of ours that says what it was asked: that, for each request that it read, or the status of a
	// refusal, behind which it hears nothing more.
	Want string
	// Nginx is what ours is asked when nginx stands in front; empty when nginx itself refuses.
	Nginx string
}

// Refused tells whether ours refuses the whole of it.
func (r Request) Refused() bool { return len(r.Want) == len("400") }

// next is what one who smuggles wants to be read as a request of its own; where it stands behind a whole request, it is one.
const next = "GET /next HTTP/1.1\r\nHost: a\r\n\r\n"

// post is a request with these lines in its head, and bytes behind it.
func post(fields, rest string) string {
	return "POST / HTTP/1.1\r\nHost: a\r\n" + fields + "\r\n" + rest
}

// chunked is a request with a chunked body, and another request behind it.
func chunked(body string) string { return post("Transfer-Encoding: chunked\r\n", body) + next }

// coded is a request with this line in place of Transfer-Encoding: chunked, and a body that is whole to whom it is chunked.
func coded(line string) string { return post(line+"\r\n", "5\r\nhello\r\n0\r\n\r\n"+next) }

// sized is a request with this line in place of Content-Length: 5.
func sized(line string) string { return post(line+"\r\n", "hello"+next) }

// inside is next as the body of one request.
var inside = fmt.Sprintf("POST / %q", next)

const (
	hello         = `POST / "hello"`
	helloThenNext = hello + "; GET /next"
)

// Requests are all of them.
var Requests = slices.Concat(twoLengths, codings, lengths, chunks, lines, targets)

// twoLengths: RFC 9112 6.3: a request with both is an attack or an error.
var twoLengths = []Request{
	{"CL.TE", post("Content-Length: 37\r\nTransfer-Encoding: chunked\r\n", "0\r\n\r\n"+next), "400", ""},
	{"TE.CL", post("Transfer-Encoding: chunked\r\nContent-Length: 4\r\n", "21\r\n"+next+"\r\n0\r\n\r\n"), "400", ""},
	{"TE.CL with a length of 0", post("Transfer-Encoding: chunked\r\nContent-Length: 0\r\n", "0\r\n\r\n"+next), "400", ""},
	{"both, and close", post("Content-Length: 5\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n", "0\r\n\r\n"+next), "400", ""},
	{"CL.0: a body that looks like a request", post(fmt.Sprintf("Content-Length: %d\r\n", len(next)), next), inside, inside},
	{"GET with a body that looks like a request", fmt.Sprintf("GET / HTTP/1.1\r\nHost: a\r\nContent-Length: %d\r\n\r\n", len(next)) + next, "GET" + inside[4:], "GET" + inside[4:]},
	{"no length: no body", post("", next), "POST /; GET /next", "POST /; GET /next"},
	{"Content-Length is named in Connection", post("Connection: Content-Length\r\nContent-Length: 5\r\n", "hello"+next), helloThenNext, helloThenNext},
	{"Transfer-Encoding is named in Connection", post("Connection: Transfer-Encoding\r\nTransfer-Encoding: chunked\r\n", "5\r\nhello\r\n0\r\n\r\n"+next), helloThenNext, helloThenNext},
	{"an expectation that nobody has", post(fmt.Sprintf("Expect: 200-ok\r\nContent-Length: %d\r\n", len(next)), next), "417", inside},
	{"two expectations, one that nobody has", post(fmt.Sprintf("Expect: 100-continue\r\nExpect: 200-ok\r\nContent-Length: %d\r\n", len(next)), next), "417", inside},
	{"a folded expectation", post(fmt.Sprintf("Expect:\r\n 100-continue\r\nContent-Length: %d\r\n", len(next)), next), "400", ""},
	{"an upgrade to what is not spoken here", post("Connection: upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQAAP__\r\nContent-Length: 5\r\n", "hello"+next), helloThenNext, helloThenNext},
}

// codings: RFC 9112 6.1. What is not chunked, once and last, has no end that can be trusted.
var codings = []Request{
	{"chunked", coded("Transfer-Encoding: chunked"), helloThenNext, helloThenNext},
	{"another case", coded("tRANSFER-eNCODING: cHUNKED"), helloThenNext, helloThenNext},
	{"tabs around", coded("Transfer-Encoding:\t chunked \t"), helloThenNext, ""},
	{"no blank", coded("Transfer-Encoding:chunked"), helloThenNext, helloThenNext},
	{"xchunked", coded("Transfer-Encoding: xchunked"), "400", ""},
	{"identity", coded("Transfer-Encoding: identity"), "400", ""},
	{"gzip first", coded("Transfer-Encoding: gzip, chunked"), "501", ""},
	{"gzip last", coded("Transfer-Encoding: chunked, gzip"), "400", ""},
	{"identity last", coded("Transfer-Encoding: chunked, identity"), "400", ""},
	{"chunked twice", coded("Transfer-Encoding: chunked, chunked"), "400", ""},
	{"two lines", coded("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked"), "400", ""},
	{"two lines, the other one unknown", coded("Transfer-Encoding: chunked\r\nTransfer-Encoding: x"), "400", ""},
	{"two lines, the first one unknown", coded("Transfer-Encoding: x\r\nTransfer-Encoding: chunked"), "501", ""},
	{"two lines, the first one empty", coded("Transfer-Encoding:\r\nTransfer-Encoding: chunked"), "400", ""},
	{"empty", coded("Transfer-Encoding:"), "400", ""},
	{"a comma first", coded("Transfer-Encoding: , chunked"), "400", ""},
	{"a comma last", coded("Transfer-Encoding: chunked,"), "400", ""},
	{"quoted", coded(`Transfer-Encoding: "chunked"`), "400", ""},
	{"with a parameter", coded("Transfer-Encoding: chunked;q=1"), "400", ""},
	{"two words", coded("Transfer-Encoding: chunked x"), "400", ""},
	{"vertical tab before", coded("Transfer-Encoding: \vchunked"), "400", ""},
	{"form feed behind", coded("Transfer-Encoding: chunked\f"), "400", ""},
	{"NUL behind", coded("Transfer-Encoding: chunked\x00"), "400", ""},
	{"a byte above 127 before", coded("Transfer-Encoding: \xa0chunked"), "400", ""},
	{"space before the colon", coded("Transfer-Encoding : chunked"), "400", ""},
	{"tab before the colon", coded("Transfer-Encoding\t: chunked"), "400", ""},
	{"vertical tab before the colon", coded("Transfer-Encoding\v: chunked"), "400", ""},
	{"NUL in the name", coded("Transfer-\x00Encoding: chunked"), "400", ""},
	{"space in the name", coded("Transfer Encoding: chunked"), "400", ""},
	{"space before the name", coded(" Transfer-Encoding: chunked"), "400", ""},
	{"folded", coded("Transfer-Encoding:\r\n chunked"), "400", ""},
	{"folded behind another field", coded("X: y\r\n Transfer-Encoding: chunked"), "400", ""},
	{"behind a bare LF", coded("X: y\nTransfer-Encoding: chunked"), "400", helloThenNext},
	{"behind a bare CR", coded("X: y\rTransfer-Encoding: chunked"), "400", ""},
	{"CR before the end of the line", coded("Transfer-Encoding: chunked\r"), "400", helloThenNext},
	{"an underscore: another field", post("Transfer_Encoding: chunked\r\nContent-Length: 5\r\n", "hello"+next), helloThenNext, helloThenNext},
	{"HTTP/1.0", "POST / HTTP/1.0\r\nHost: a\r\nConnection: keep-alive\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n" + next, "400", ""},
}

// lengths: RFC 9110 8.6: digits, and one number only.
var lengths = []Request{
	{"5", sized("Content-Length: 5"), helloThenNext, helloThenNext},
	{"zeros in front", sized("Content-Length: 0005"), helloThenNext, helloThenNext},
	{"tabs around", sized("Content-Length:\t5\t"), helloThenNext, ""},
	{"two that differ", sized("Content-Length: 5\r\nContent-Length: 0"), "400", ""},
	{"two that agree", sized("Content-Length: 5\r\nContent-Length: 5"), "400", ""},
	{"a list that differs", sized("Content-Length: 5, 0"), "400", ""},
	{"a list that agrees", sized("Content-Length: 5, 5"), "400", ""},
	{"plus", sized("Content-Length: +5"), "400", ""},
	{"minus", sized("Content-Length: -5"), "400", ""},
	{"minus nothing", sized("Content-Length: -0"), "400", ""},
	{"hexadecimal", sized("Content-Length: 0x5"), "400", ""},
	{"a fraction", sized("Content-Length: 5.0"), "400", ""},
	{"an exponent", sized("Content-Length: 5e0"), "400", ""},
	{"an underscore", sized("Content-Length: 0_5"), "400", ""},
	{"two words", sized("Content-Length: 5 5"), "400", ""},
	{"empty", sized("Content-Length:"), "400", ""},
	{"quoted", sized(`Content-Length: "5"`), "400", ""},
	{"not ASCII's digit", sized("Content-Length: \u0665"), "400", ""},
	{"2^64 + 5", sized("Content-Length: 18446744073709551621"), "400", ""},
	{"2^63", sized("Content-Length: 9223372036854775808"), "400", ""},
	{"space before the colon", sized("Content-Length : 5"), "400", ""},
	{"folded", sized("Content-Length:\r\n 5"), "400", ""},
	{"folded number", sized("Content-Length: 5\r\n 0"), "400", ""},
	{"bare LF behind", sized("Content-Length: 5\nX: y"), "400", helloThenNext},
	{"bare LF before", sized("Content-Length:\n5"), "400", ""},
	{"NUL in the name", sized("Content-Length\x00: 5"), "400", ""},
	{"NUL behind", sized("Content-Length: 5\x00"), "400", ""},
	{"vertical tab before", sized("Content-Length: \v5"), "400", ""},
}
