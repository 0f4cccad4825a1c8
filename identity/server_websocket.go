//go:build linux

package identity

import (
	"bytes"
	"net"
	"time"

	"fanloop/codec/http"
	"fanloop/codec/websocket"
	"fanloop/engine"
)

// Guard puts the Door in front of a server's callbacks, and returns it. From then on OnUpgrade is called first, as before; OnConnect
// when it is known who the client is, and OnMessage with what it says afterwards that is no token; OnClose for those that had their
// OnConnect. The connection's Value is the Door's: see VisitOf.
func (d *Door) Guard(s *websocket.Server) *websocket.Server {
	g := &guarded{d, s.OnUpgrade, s.OnConnect, s.OnMessage, s.OnClose}
	s.OnUpgrade, s.OnConnect, s.OnMessage, s.OnClose = g.onUpgrade, g.onConnect, g.onMessage, g.onClose
	return s
}

// guarded is a WebSocket server's own callbacks, and the Door in front of them.
type guarded struct {
	door      *Door
	upgrade   func(c *websocket.Conn, h *websocket.Handshake) error
	connect   func(c *websocket.Conn)
	message   func(c *websocket.Conn, m websocket.Message)
	connClose func(c *websocket.Conn, err error)
}

func (g *guarded) onUpgrade(c *websocket.Conn, h *websocket.Handshake) error {
	if g.upgrade != nil {
		if err := g.upgrade(c, h); err != nil {
			return err
		}
	}
	v := &Visit{Value: c.Value()}
	c.SetValue(v)
	if err := g.door.look(v, h, c.RemoteAddr()); err != nil {
		g.door.countRefused(err) // the server logs it, as it does each handshake that is refused
		return refusalOf(err)
	}
	return nil
}

// look finds out who it is as far as the request tells.
func (d *Door) look(v *Visit, h *websocket.Handshake, addr net.Addr) (err error) {
	if d.Tokens == nil {
		v.said, err = credentialsOf(h.Head, h.Forwarded, addr)
		return err
	}
	token, err := d.Sources.Find(h.Head)
	switch {
	case err == ErrNoToken && d.FirstToken >= 0:
		return nil
	case err != nil:
		return err
	}
	if v.Identity, err = d.Tokens.Verify(token); err != nil {
		return err
	}
	if h.Subprotocol == "" {
		h.Subprotocol = h.Choose(DefaultProtocol)
	}
	return nil
}

func (g *guarded) onConnect(c *websocket.Conn) {
	v, d := VisitOf(c), g.door
	switch {
	case v.known():
		g.admit(c, v)
	case v.said != nil:
		c.Pause()
		said, ref := *v.said, c.Ref()
		v.said = nil
		d.Backend.Ask(said, func(id Identity, err error) {
			_ = ref.Post(func(*engine.Conn) { g.answered(c, v, id, err) }) // fails when the loop has stopped
		})
	default:
		v.timer = d.wait(c.Loop(), d.firstToken(), func() { g.end(c, ErrNoToken) })
	}
}

func (d *Door) firstToken() time.Duration {
	if d.FirstToken == 0 {
		return 10 * time.Second
	}
	return d.FirstToken
}

// answered is told what the back end has answered.
func (g *guarded) answered(c *websocket.Conn, v *Visit, id Identity, err error) {
	c.Resume()
	if err != nil {
		g.end(c, err)
		return
	}
	v.Identity = id
	g.admit(c, v)
}

func (g *guarded) admit(c *websocket.Conn, v *Visit) {
	g.door.admit(c, v)
	if g.connect != nil {
		g.connect(c)
	}
}

func (g *guarded) end(c *websocket.Conn, err error) {
	g.door.refuse(c.Loop().Logger(), c.Log(), err)
	c.CloseWith(codeOf(err), reasonOf(err))
}

func (g *guarded) onMessage(c *websocket.Conn, m websocket.Message) {
	v, d := VisitOf(c), g.door
	token, is := "", false
	if d.Tokens != nil && !m.Binary {
		token, is = TokenMessage(m.Data, d.Tokens.maxToken())
	}
	switch {
	case is:
		g.show(c, v, token)
	case !v.known():
		g.end(c, ErrNoToken)
	case g.message != nil:
		g.message(c, m)
	}
}

// show takes the first token, or a fresh one.
func (g *guarded) show(c *websocket.Conn, v *Visit, token string) {
	id, err := g.door.Tokens.Verify(token)
	switch {
	case err != nil:
		g.end(c, err)
	case !v.known():
		v.Identity = id
		g.admit(c, v)
	case id.UID != v.UID:
		g.end(c, ErrOtherUID)
	default:
		g.door.refresh(c, v, id)
	}
}

func (g *guarded) onClose(c *websocket.Conn, err error) {
	v := VisitOf(c)
	v.stop()
	if g.connClose != nil && v.known() {
		g.connClose(c, err)
	}
}

// credentialsOf are what a request shows of its client. ErrManyTokens: two Authorization fields.
func credentialsOf(h *http.Head, told http.Forwarded, addr net.Addr) (*Credentials, error) {
	if h.Fields.Count("Authorization") > 1 {
		return nil, ErrManyTokens
	}
	var cookies [][]byte
	for value := range h.Fields.Values("Cookie") {
		cookies = append(cookies, value)
	}
	c := &Credentials{
		Cookie:        string(bytes.Join(cookies, []byte("; "))),
		Authorization: string(h.Fields.Get("Authorization")),
		Path:          string(h.Path()),
		Query:         string(h.Query()),
		Host:          orElse(string(told.Host), string(h.Host())),
		Origin:        string(h.Fields.Get("Origin")),
	}
	if tcp, ok := addr.(*net.TCPAddr); ok {
		c.Address = tcp.IP.String()
	}
	return c, nil
}
