// Package http is the server's side of HTTP/1.1 (RFC 9110, RFC 9112) as a pure codec: bytes in, request heads out,
// response bytes appended. It is strict: what two parsers could read in two ways is refused, with the status to answer.
//
// The shortest program that reads requests from a stream of pieces:
//
//	var d http.HeadDecoder // one a connection; the zero value has the default limits
//	for len(piece) > 0 {
//		head, n, err := d.Decode(piece)
//		if err != nil {
//			out, _ = err.(*http.Refusal).Append(out, head) // write out, then close
//			break
//		}
//		piece = piece[n:]
//		if head != nil {
//			out = answer(out, head) // before the next Decode
//		}
//	}
//
// Nothing here knows a connection, a clock, a goroutine or a logger. A HeadDecoder and the Head it returned belong to
// one goroutine at a time, on a loop to that loop's; functions, and the Err values, may be used by any. A connection
// needs a decoder of its own only while Pending: the others of a loop can share one.
//
// The limits, with their defaults, are Limits: 8 KiB for the request line, 16 KiB for the head, 100 fields.
//
// Bodies and trailers come after the head and are not read here: a Head says which there will be.
package http
