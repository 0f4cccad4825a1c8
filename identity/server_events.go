//go:build linux

package identity

import (
	"fanloop/codec/http"
)

// GuardEvents puts the Door in front of the callbacks of event streams, and returns them. From then on OnRequest, and what follows, is
// called for those who have been let in, and finds their Visit.
func (d *Door) GuardEvents(e *http.Events) *http.Events {
	g := &guardedEvents{d, e, e.OnRequest, e.OnConnect, e.OnClose}
	e.OnRequest, e.OnConnect, e.OnClose = g.onRequest, g.onConnect, g.onClose
	return e
}

// guardedEvents is the callbacks of event streams, and the Door in front of them.
type guardedEvents struct {
	door        *Door
	events      *http.Events
	request     func(x *http.Exchange)
	connect     func(c *http.EventStream, x *http.Exchange)
	streamClose func(c *http.EventStream, err error)
}

func (g *guardedEvents) onRequest(x *http.Exchange) {
	d := g.door
	if d.Tokens == nil {
		g.ask(x)
		return
	}
	token, err := d.Sources.Find(x.Head())
	var id Identity
	if err == nil {
		id, err = d.Tokens.Verify(token)
	}
	g.decide(x, id, err)
}

func (g *guardedEvents) ask(x *http.Exchange) {
	said, err := credentialsOf(x.Head(), x.Forwarded(), x.RemoteAddr())
	if err != nil {
		g.decide(x, Identity{}, err)
		return
	}
	goOn := g.events.Later(x)
	g.door.Backend.Ask(*said, func(id Identity, err error) {
		goOn(func(x *http.Exchange) { g.decide(x, id, err) })
	})
}

func (g *guardedEvents) decide(x *http.Exchange, id Identity, err error) {
	if err != nil {
		g.door.refuse(x.Loop().Logger(), x.Log(), err)
		answer(x, err)
		return
	}
	before := x.Value()
	x.SetValue(&Visit{Identity: id})
	if g.request != nil {
		g.request(x)
	}
	if x.Answered() {
		x.SetValue(before) // the next request of the connection may be another client's, whom a proxy speaks for
	}
}

func (g *guardedEvents) onConnect(c *http.EventStream, x *http.Exchange) {
	g.door.admit(c, VisitOf(c))
	if g.connect != nil {
		g.connect(c, x)
	}
}

func (g *guardedEvents) onClose(c *http.EventStream, err error) {
	VisitOf(c).stop()
	if g.streamClose != nil {
		g.streamClose(c, err)
	}
}
