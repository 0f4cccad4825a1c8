// Package http is the server's side of HTTP/1.1 (RFC 9110, RFC 9112): a pure codec, and a server of it on the engine's
// loops. It is strict: what two parsers could read in two ways is refused, with the status to answer.
//
// The shortest program:
//
//	web := &http.Server{}
//	web.Handle("GET /hello/{name}", func(x *http.Exchange) { // on the loop: it must not block
//		_ = x.Respond(200, nil, []byte("hello "+x.PathValue("name")))
//	})
//	web.Upgrade("/ws", &websocket.Server{OnMessage: ...})  // WebSockets on the same port
//	web.Upgrade("/events", &http.Events{OnConnect: ...})   // and Server-Sent Events
//	web.Mount("/metrics", promhttp.Handler())              // any net/http.Handler, in a pool of goroutines
//	ln, err := eng.Listen("127.0.0.1:8080", web)
//
// # The codec
//
// HeadDecoder, BodyDecoder, the Append functions and Event are bytes in, bytes out: nothing in them knows a connection, a
// clock, a goroutine or a logger, and they build everywhere. A decoder and what it returned belong to one goroutine at a
// time, on a loop to that loop's; functions, and the Err values, may be used by any.
//
//	var d http.HeadDecoder // the zero value has the default limits
//	for len(piece) > 0 {
//		head, n, err := d.Decode(piece)
//		if err != nil {
//			out, _ = err.(*http.Refusal).Append(out, head) // write out, then close
//			break
//		}
//		piece = piece[n:]
//		if head != nil {
//			out = answer(out, head) // before the next Decode; a BodyDecoder reads what follows if it HasBody
//		}
//	}
//
// # Answers
//
// A handler answers with Respond, now or later; with a Stream, piece by piece as the peer takes them; or gives the answer to
// any goroutine with Reply. Requests may come pipelined; answers leave in the order of the requests, and those that are
// ready together in one write. In the ordinary case, a request that is answered by its handler allocates nothing.
//
// # What is refused
//
// Each refusal is answered with its status, in its turn, with Connection: close; the connection then closes in order, so that
// the client can read it. Server.OnRefusal may say it in another form. Where the grammar or other servers are more generous:
//
//   - Content-Length is one line with one number: neither two equal lines nor "5, 5". With Transfer-Encoding it is refused.
//   - Transfer-Encoding is chunked and nothing else (501 for other codings before it), and in HTTP/1.0 nothing at all.
//   - Lines end with CR LF. One empty line before a request is read over.
//   - Host is there once, and not empty, also when the target is absolute; an absolute target's host is the one that counts.
//   - Field lines are never folded, no white space stands before a colon. A chunk's extensions are read over, by their grammar.
//   - Targets may have bytes from 0x80 on, as scripts send them; no others that are in no URI but for "[]|^" and, in queries,
//     "{}`\", which browsers send.
//   - Trailers are kept apart from the head's fields, and those that frame or address a message are refused.
//   - CONNECT is 501, unless the program has an OnRequest. An Upgrade that no route takes is ignored.
//   - Expect has no other value than 100-continue (417). 100 is sent when the body is wanted and nothing of it has come.
//   - What a trusted proxy says of its client (engine.ListenOptions.TrustedProxies) has one meaning: a malformed Forwarded, and one that
//     contradicts X-Forwarded-For, is refused. ReadForwarded tells the rest.
//   - A body that nobody waited for is read away up to 256 KiB, else the connection closes.
//
// # Limits
//
// Each has a default, a field of Server or of the decoder, a status and a counter in Stats: request line 8 KiB (414),
// head 16 KiB and 100 fields (431), trailers likewise (431), a chunk's line 1 KiB (400), a body for a handler on the
// loop 1 MiB (413), a head 10 s (408), a body 30 s with less than 240 bytes in each second (408), an idle connection 75 s (closed without a
// word), 64 requests owed an answer (reading pauses), 256 KiB of a stream ahead of the peer (ErrFull), 30 s in which it
// takes nothing of that (cut off), requests and bytes a second (429, or reading pauses; the listener's MessageRate and
// ByteRate), 16 handlers of net/http at once and 1,024 waiting (503). What a peer does not read is bounded by the listener's
// MaxOutbox.
package http
