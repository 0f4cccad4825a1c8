//go:build linux

package websocket

import (
	"errors"
	"fmt"
	"testing"

	"fanloop/codec/http"
	"fanloop/engine"
)

func TestServerSubprotocols(t *testing.T) {
	for _, test := range []struct {
		speaks []string
		offers string
		want   string
	}{
		{nil, "chat, superchat", ""},
		{[]string{"superchat"}, "chat, superchat", "superchat"},
		{[]string{"superchat", "chat"}, "chat, superchat", "superchat"},
		{[]string{"v2", "chat"}, "chat\r\nSec-WebSocket-Protocol: superchat", "chat"},
		{[]string{"Chat"}, "chat", ""},
	} {
		w := serve(t, &Server{Subprotocols: test.speaks})
		c := dial(t, w.addr)
		c.send([]byte(but("chat, superchat", test.offers)))
		res := c.wantOpen()
		conn := receive(t, w.conns)
		values := res.Header.Values("Sec-WebSocket-Protocol")
		if (test.want == "") != (len(values) == 0) || res.Header.Get("Sec-WebSocket-Protocol") != test.want {
			t.Errorf("%q offered to %q: %q", test.offers, test.speaks, values)
		}
		w.onLoop(func() {
			if conn.Subprotocol() != test.want {
				t.Errorf("Subprotocol: %q, want %q", conn.Subprotocol(), test.want)
			}
		})
	}
}

// OnUpgrade sees the request.
func TestOnUpgradeSees(t *testing.T) {
	saw := make(chan string, 1)
	w := serve(t, &Server{
		Subprotocols: []string{"chat"},
		OnUpgrade: func(c *Conn, h *Handshake) error {
			c.SetValue(string(h.Head.Query()))
			saw <- fmt.Sprintf("%s %s %s %s %q", h.Head.Path(), h.Head.Query(), h.Head.Host(), h.Head.Fields.Get("Origin"), h.Subprotocol)
			if c.Send([]byte("early")) != engine.ErrClosed || c.Subprotocol() != "" {
				t.Error("a connection is open in OnUpgrade")
			}
			return nil
		},
		OnMessage: func(c *Conn, m Message) { _ = c.Send([]byte(c.Value().(string))) },
	})
	c := dial(t, w.addr)
	c.send([]byte(opensWith), text("?"))
	c.wantOpen()
	c.wantText("room=7")
	if got, want := receive(t, saw), `/chat room=7 server.example.com http://Server.Example.com "chat"`; got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

func TestOnUpgradeAnswers(t *testing.T) {
	teapot := http.NewRefusal(418, "short and stout", http.NewField("A", "b"), http.NewField("WWW-Authenticate", "x"))
	for _, test := range []struct {
		name   string
		do     func(h *Handshake) error
		status int
		fields map[string]string
	}{
		{"nothing", func(*Handshake) error { return nil }, 101, nil},
		{"an error", func(*Handshake) error { return errors.New("secret") }, 403, nil},
		{"a refusal", func(*Handshake) error { return teapot }, 418, map[string]string{"A": "b", "Www-Authenticate": "x"}},
		{"a wrapped refusal", func(*Handshake) error { return fmt.Errorf("because: %w", teapot) }, 418, map[string]string{"A": "b"}},
		{"a redirect", func(*Handshake) error { return http.NewRefusal(307, "there", http.NewField("Location", "/b")) }, 307,
			map[string]string{"Location": "/b"}},
		{"fields", func(h *Handshake) error {
			h.Fields = http.Fields{http.NewField("Set-Cookie", "a=b")}
			return nil
		}, 101, map[string]string{"Set-Cookie": "a=b"}},
		{"fields of a refused one", func(h *Handshake) error {
			h.Fields = http.Fields{http.NewField("Set-Cookie", "a=b")}
			return errors.New("no")
		}, 403, map[string]string{"Set-Cookie": ""}},
		{"a subprotocol", func(h *Handshake) error { h.Subprotocol = "superchat"; return nil }, 101,
			map[string]string{"Sec-Websocket-Protocol": "superchat"}},
		{"no subprotocol", func(h *Handshake) error { h.Subprotocol = ""; return nil }, 101, map[string]string{"Sec-Websocket-Protocol": ""}},

		{"a subprotocol that is not offered", func(h *Handshake) error { h.Subprotocol = "other"; return nil }, 500, nil},
		{"a field that cannot be sent", func(h *Handshake) error {
			h.Fields = http.Fields{http.NewField("A", "b\r\nC: d")}
			return nil
		}, 500, map[string]string{"A": "", "C": ""}},
		{"a field of the handshake", func(h *Handshake) error {
			h.Fields = http.Fields{http.NewField("Upgrade", "h2c")}
			return nil
		}, 500, map[string]string{"Upgrade": ""}},
		{"a refusal that is none", func(*Handshake) error { return http.NewRefusal(200, "fine") }, 500, nil},
		{"a refusal that cannot be sent", func(*Handshake) error { return http.NewRefusal(401, "no", http.NewField("A", "b\n")) }, 500, nil},
		{"a panic", func(*Handshake) error { panic("on purpose") }, 500, nil},
	} {
		t.Run(test.name, func(t *testing.T) {
			w := serve(t, &Server{
				Subprotocols: []string{"chat"}, OnMessage: echo,
				OnUpgrade: func(_ *Conn, h *Handshake) error { return test.do(h) },
			})
			c := dial(t, w.addr)
			c.send([]byte(opensWith), text("hello"))
			var header interface{ Get(string) string }
			if test.status == 101 {
				header = c.wantOpen().Header
				c.wantText("hello")
			} else {
				header = c.wantRefusal(test.status).Header
				if len(w.conns) > 0 {
					t.Error("connected")
				}
			}
			for name, want := range test.fields {
				if got := header.Get(name); got != want {
					t.Errorf("%s: %q, want %q", name, got, want)
				}
			}
		})
	}
}

// A connection that is closed in OnUpgrade gets no answer, whatever OnUpgrade returns.
func TestOnUpgradeCloses(t *testing.T) {
	refusal := errors.New("refused too")
	for _, err := range []error{nil, refusal} {
		for name, end := range map[string]func(*Conn){"Close": (*Conn).Close, "Abort": (*Conn).Abort} {
			t.Run(fmt.Sprint(name, err), func(t *testing.T) {
				w := serve(t, &Server{OnUpgrade: func(c *Conn, _ *Handshake) error {
					end(c)
					c.Close() // a second time does nothing
					c.CloseWith(4000, "not open")
					return err
				}})
				c := dial(t, w.addr)
				c.send([]byte(opensWith), text("hello"))
				if name == "Abort" {
					c.wantReset()
				} else {
					c.wantEnd()
				}
				if len(w.conns) > 0 {
					t.Error("connected")
				}
			})
		}
	}
}

// Pause holds from OnUpgrade on: the handshake is answered, what is behind it waits.
func TestOnUpgradePauses(t *testing.T) {
	w := serve(t, &Server{OnMessage: echo, OnUpgrade: func(c *Conn, _ *Handshake) error {
		c.Pause()
		return nil
	}})
	c := dial(t, w.addr)
	c.send([]byte(request), text("hello"))
	c.wantOpen()
	conn := receive(t, w.conns)
	w.onLoop(func() {
		_ = conn.Send([]byte("before it"))
		conn.Resume()
	})
	c.wantText("before it", "hello")
}

// A hub that is told of a connection in OnUpgrade can push from OnConnect on: there are no frames in a handshake.
func TestOnUpgradeAttaches(t *testing.T) {
	var outlet engine.Outlet
	gone := make(chan struct{})
	refuse := false
	w := serve(t, &Server{
		OnUpgrade: func(c *Conn, _ *Handshake) error {
			outlet, _ = c.Ref().Attach(func() { close(gone) })
			if outlet.Push(shared{data: "early"}) {
				t.Error("pushed before the answer")
			}
			if refuse {
				return errors.New("no")
			}
			return nil
		},
		OnConnect: func(*Conn) {
			if !outlet.Push(shared{data: "welcome"}) {
				t.Error("not pushed")
			}
		},
	})
	c, _ := w.connect()
	c.wantText("welcome")
	c.send(closing(1000, ""))
	receive(t, gone)
	w.onLoop(func() { gone, refuse = make(chan struct{}), true })
	c = dial(t, w.addr)
	c.send([]byte(request))
	c.wantRefusal(403)
	receive(t, gone)
}

// shared is a message for many, as a hub makes it.
type shared struct {
	data   string
	binary bool
}

func (s shared) Encoded(_ int, encode func(dst, data []byte, binary bool) []byte) []byte {
	return encode(nil, []byte(s.data), s.binary)
}

func (s shared) Len() int    { return len(s.data) }
func (s shared) Key() string { return "" }
