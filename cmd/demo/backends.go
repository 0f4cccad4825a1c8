//go:build linux

package main

import (
	"fanloop/codec/text"
	"fanloop/hubapi"
)

// onLine is called with each line of a back end.
func (s *server) onLine(c *text.Conn, line []byte) {
	s.messagesIn.add(c.Loop())
	reply := c.Reply()
	switch err := hubapi.Line(s.hub, c.Loop(), line, func(a []byte) { answer(reply, a) }); err {
	case nil:
	case hubapi.ErrRequest:
		s.log.Warn("a web browser, or another that speaks HTTP, has come to the port of back ends", c.Log())
		c.Close()
	default:
		s.log.Debug("line refused", c.Log(), "err", err)
	}
}

func (s *server) onBackEndClose(_ *text.Conn, err error) {
	if err == text.ErrIdle {
		s.idleBackEnds.Add(1)
	}
}

// answer sends a reply; the only error left is that the back end has gone.
func answer(reply text.Reply, line []byte) { _ = reply.Send(line) }
