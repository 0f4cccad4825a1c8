//go:build linux

package main

import (
	"fanloop/codec/text"
	"fanloop/codec/websocket"
	"fanloop/hub"
	"fanloop/hubapi"
)

// pages are bound by their first message.
func (s *site) pages() *websocket.Server {
	return &websocket.Server{OnMessage: func(c *websocket.Conn, m websocket.Message) {
		ref, uid := c.Ref(), string(m.Data)
		s.hub.Do(c.Loop(), func(x *hub.Home) { _ = x.Bind(ref, uid) }) // a uid of the benchmark is right
	}}
}

// backEnds are the demo's.
func (s *site) backEnds() *text.Server {
	return &text.Server{OnMessage: func(c *text.Conn, line []byte) {
		reply := c.Reply()
		_ = hubapi.Line(s.hub, c.Loop(), line, func(a []byte) { _ = reply.Send(a) }) // a line that is refused is answered too
	}}
}
