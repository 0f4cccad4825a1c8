//go:build linux

package engine_test

import (
	"testing"

	"fanloop/codec/http"
	"fanloop/codec/text"
	"fanloop/codec/websocket"
	"fanloop/engine"
	"fanloop/hub"
	"fanloop/hubapi"
)

// A world is what a push server is made of, on a loop that is moved by hand: pages by WebSocket and by Server-Sent Events, back ends by
// lines and requests.
type world struct {
	t     testing.TB
	loop  engine.StillLoop
	hub   *hub.Hub
	pages *websocket.Server
	lines *text.Server
	site  *http.Server
}

func newWorld(t testing.TB, options engine.ListenOptions) *world {
	w := &world{t: t, loop: engine.NewStillLoop(t, options)}
	w.hub = hub.New(w.loop.Loops(), hub.Options{})
	w.pages = &websocket.Server{OnMessage: w.onMessage}
	w.lines = &text.Server{OnMessage: w.onLine}
	w.site = &http.Server{}
	w.site.Upgrade("GET /ws", w.pages)
	w.site.Upgrade("/events", &http.Events{OnConnect: w.onEvents})
	w.site.Handle("GET /{$}", func(x *http.Exchange) { _ = x.Respond(200, nil, []byte("here")) })
	(&hubapi.API{Hub: w.hub, Token: "t"}).Register(w.site, "")
	return w
}

func (w *world) onLine(c *text.Conn, line []byte) {
	reply := c.Reply()
	_ = hubapi.Line(w.hub, c.Loop(), line, func(a []byte) { _ = reply.Send(a) }) // what is wrong with it is its answer
}

// onMessage: the first message is a uid, the others ask for groups.
func (w *world) onMessage(c *websocket.Conn, m websocket.Message) {
	if c.Value() == nil {
		c.SetValue(true)
		w.bind(c.Ref(), c.Loop(), string(m.Data))
		return
	}
	wish, err := hubapi.ParseWish(m.Data)
	if err != nil {
		return
	}
	ref := c.Ref()
	w.hub.Do(c.Loop(), func(x *hub.Home) {
		if wish.Leave {
			x.Leave(ref, wish.Group)
			return
		}
		_ = x.Join(ref, wish.Group)
	})
}

func (w *world) onEvents(c *http.EventStream, x *http.Exchange) {
	w.bind(c.Ref(), c.Loop(), string(x.Head().Query()))
}

func (w *world) bind(ref engine.Ref, l *engine.Loop, uid string) {
	w.hub.Do(l, func(x *hub.Home) {
		if err := x.Bind(ref, uid); err != nil {
			_ = ref.Kick(websocket.StatusPolicyViolation, "uid")
		}
	})
}
