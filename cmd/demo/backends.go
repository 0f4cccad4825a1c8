//go:build linux

package main

import (
	"fanloop/codec/text"
	"fanloop/hub"
)

var (
	answerOK   = []byte("ok")
	answerFail = []byte("fail")
)

// backends serves those who push: one JSON line, a message or a command, one answer.
func (s *server) backends() *text.Server {
	return &text.Server{OnMessage: s.onLine}
}

func (s *server) onLine(c *text.Conn, line []byte) {
	s.messagesIn.Add(1)
	reply := c.Reply()
	target, err := parseLine(line)
	if err == errReserved || err != nil && isCommand(line) {
		runCommand(s.hub, c.Loop(), line, func(a []byte) { answer(reply, a) })
		return
	}
	if err != nil {
		s.log.Debug("line refused", "conn", c.ID(), "err", err)
		answer(reply, answerFail)
		return
	}
	message := hub.Text(line)
	s.hub.Do(c.Loop(), func(x *hub.Home) {
		x.Push(target.hub(), message, func(v hub.Verdict) {
			if v.Taken > 0 {
				answer(reply, answerOK)
			} else {
				answer(reply, answerFail)
			}
		})
	})
}

// answer sends a reply; the only error left is that the back end has gone.
func answer(reply text.Reply, line []byte) { _ = reply.Send(line) }

func (t target) hub() hub.Target {
	switch t.kind {
	case toUID:
		return hub.UID(t.name)
	case toGroup:
		return hub.Group(t.name)
	default:
		return hub.All
	}
}
