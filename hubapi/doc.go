// Package hubapi is what back ends say to a hub, in JSON: as lines on a text port, and over HTTP. Both have the same messages, the
// same rules and the same limits, for both are read here.
//
//	lines := &text.Server{OnMessage: func(c *text.Conn, line []byte) {
//		reply := c.Reply()
//		if hubapi.Line(h, c.Loop(), line, func(a []byte) { reply.Send(a) }) == hubapi.ErrRequest {
//			c.Close()
//		}
//	}}
//
//	var web http.Server
//	(&hubapi.API{Hub: h, Token: token}).Register(&web, "/api")
//
// docs/backend.md tells what can be said. A message is pushed as it is, byte for byte: what is around it is read, never written anew.
//
// # Goroutines
//
// What comes from a connection is read on its loop, and done on the hub's home. ParseWish may be called from any goroutine, Stats too.
//
// # Limits
//
// A plain message has at most 1 MiB, whatever more the hub may allow; a command's object 4 MiB; a list 10,000 names; a page of a
// list 1,000 entries; a batch 1,000 pushes, of which a loop does 64 before it serves others.
package hubapi
