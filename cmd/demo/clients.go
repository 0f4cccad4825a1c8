//go:build linux

package main

import (
	"log/slog"

	"fanloop/codec/websocket"
	"fanloop/engine"
	"fanloop/hub"
	"fanloop/hubapi"
)

func (s *server) onClientClose(c *websocket.Conn, err error) {
	s.log.Debug("closed", c.Log(), "err", err)
}

// bound is the Value of a connection that has said its uid: this.
type bound string

// LogValue is what log lines of the connection say.
func (b bound) LogValue() slog.Value { return slog.GroupValue(slog.String("uid", string(b))) }

// onClientMessage is called with each message of a page: the first is its uid, later ones may ask for groups.
func (s *server) onClientMessage(c *websocket.Conn, m websocket.Message) {
	s.messagesIn.add(c.Loop())
	if c.Value() == nil {
		// What is too long is refused by the hub, and no more of it kept than that takes: it may be as long as a message.
		s.bind(c, string(m.Data[:min(len(m.Data), s.options.limits.name+1)]))
		return
	}
	if s.clientGroups.Load() {
		s.changeGroups(c, m.Data)
	}
}

func (s *server) bind(c *websocket.Conn, uid string) {
	c.SetValue(bound(uid))
	ref := c.Ref()
	s.hub.Do(c.Loop(), func(x *hub.Home) {
		if err := x.Bind(ref, uid); err != nil {
			s.refuse(ref, uid, err)
			return
		}
		s.log.Debug("bound", ref.Log(), "uid", uid)
	})
}

// refuse closes the connection of a client that cannot be bound, and tells it why. It comes from home, which need not be
// the connection's loop.
func (s *server) refuse(ref engine.Ref, uid string, cause error) {
	s.log.Info("client refused", ref.Log(), "uid", brief(uid), "err", cause)
	_ = ref.Kick(websocket.StatusPolicyViolation, cause.Error()) // fails when its loop has stopped
}

// brief is as much of what a client has said as a log line is worth.
func brief(said string) string {
	if len(said) <= 100 {
		return said
	}
	return said[:100] + "..."
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
			s.log.Debug("left", ref.Log(), "group", brief(m.Group))
			return
		}
		s.join(x, ref, m.Group)
	})
}
