// Package text is the protocol of lines: a message is what stands before a \n. Decoder and AppendLine are the protocol itself, for
// any stream of bytes; Server and Conn, on Linux, put it on the engine's connections.
//
//	backend := &text.Server{OnMessage: func(c *text.Conn, line []byte) {
//		_ = c.Send(line)
//	}}
//	_, err := eng.Listen("127.0.0.1:5678", backend)
//
// # Goroutines
//
// A Decoder belongs to one goroutine. A Conn belongs to its loop, and a Server's callbacks run there. A Reply may be sent from any
// goroutine, and so may what c.Ref() offers be used.
//
// # Order
//
// Lines leave a connection in the order in which they were sent or, with Conn.Reply, asked for. So pipelined questions are answered
// in their order, however late an answer is ready. Messages that a hub pushes go out as they come, between those.
//
// # Limits
//
// A line has at most Server.MaxLine bytes (default 10 MiB). A connection that brings none for Server.IdleTimeout (default 24 h) is closed. A connection that waits for 1,024 of its answers reads no further
// until half of them have left; one whose peer does not read them stops reading at the listener's MaxOutbox. What waits behind an
// answer that is owed counts against the 1,024, not against MaxOutbox.
package text
