// Package websocket is the server side of the WebSocket protocol, RFC 6455. Server serves connections on the engine's
// loops; Decoder and the Append functions, which it is made of, turn bytes into messages and messages into frames for
// anybody else, and know no connection, clock or goroutine.
//
//	echo := &websocket.Server{OnMessage: func(c *websocket.Conn, m websocket.Message) {
//		c.Send(m.Data) // as text; SendBinary if m.Binary
//	}}
//	ln, err := eng.Listen("0.0.0.0:1234", echo) // ws://localhost:1234
//
// In a program that has a net/http server, the same Server is one of its handlers; see ServeHTTP.
//
//	mux.Handle("/ws", &websocket.Server{Engine: eng, OnMessage: ...})
//
// A Conn belongs to its loop, a Decoder to one goroutine at a time. The Append functions, errors and constants are for any
// goroutine, and a frame may be sent to many connections, as long as nobody writes it after it was made.
//
// Limits on what a client sends: a message has at most MaxMessage bytes (1 MiB) over all its fragments, and is refused
// with code 1009 as soon as a header announces more; at most 1,000 of its fragments may be empty (1008); a control frame
// has at most 125 bytes (1002). Text must be UTF-8 and is refused at its first bad byte (1007). A Server gives the opening
// handshake 10 s (408) and the limits of package http (414, 431), and waits 5 s for the answer to its Close frame. Messages,
// Pings and Pongs count against the listener's MessageRate (engine.ListenOptions), and Server.BindTimeout closes who is bound
// to no uid in time (1008).
package websocket
