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
	if err := hubapi.Line(s.hub, c.Loop(), line, func(a []byte) { answer(reply, a) }); err != nil {
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
