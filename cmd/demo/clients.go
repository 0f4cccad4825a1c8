//go:build linux

package main

import (
	"fanloop/codec/http"
	"fanloop/codec/websocket"
	"fanloop/engine"
	"fanloop/hub"
	"fanloop/hubapi"
)

// origins are the pages that may connect. As long as what a page says is believed anyway, pages that were opened as a file may too.
func (s *server) origins() http.Origins { return http.Origins{"same-host", "null"} }

func (s *server) onClientClose(c *websocket.Conn, err error) {
	s.log.Debug("closed", "conn", c.ID(), "why", err)
}

// bound marks a connection that has said its uid.
type bound struct{}

// onClientMessage is called with each message of a page: the first is its uid, later ones may ask for groups.
func (s *server) onClientMessage(c *websocket.Conn, m websocket.Message) {
	s.messagesIn.Add(1)
	if c.Value() == nil {
		s.bind(c, string(m.Data))
		return
	}
	if s.clientGroups.Load() {
		s.changeGroups(c, m.Data)
	}
}

func (s *server) bind(c *websocket.Conn, uid string) {
	c.SetValue(bound{})
	ref := c.Ref()
	s.hub.Do(c.Loop(), func(x *hub.Home) {
		if err := x.Bind(ref, uid); err != nil {
			s.refuse(ref, err)
			return
		}
		s.log.Debug("bound", "conn", ref.ID(), "uid", uid)
	})
}

// refuse closes the connection of a client that cannot be bound, and tells it why. It comes from home, which need not be
// the connection's loop.
func (s *server) refuse(ref engine.Ref, cause error) {
	s.log.Info("client refused", "conn", ref.ID(), "addr", ref.RemoteAddr(), "err", cause)
	_ = ref.Kick(websocket.StatusPolicyViolation, cause.Error()) // fails when its loop has stopped
}

func (s *server) changeGroups(c *websocket.Conn, message []byte) {
	m, err := hubapi.ParseWish(message)
	if err != nil {
		return // what else a page says is its own business
	}
	ref := c.Ref()
	s.hub.Do(c.Loop(), func(x *hub.Home) {
		if m.Leave {
			x.Leave(ref, m.Group)
			s.log.Debug("left", "conn", ref.ID(), "group", m.Group)
			return
		}
		s.join(x, ref, m.Group)
	})
}
