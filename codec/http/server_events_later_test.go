//go:build linux

package http

import (
	"context"
	"io"
	"testing"

	"fanloop/engine"
)

// serveLater lets in whom the test decides for.
func serveLater(t *testing.T) (*eventWorld, chan func(decide func(x *Exchange))) {
	held := make(chan func(decide func(x *Exchange)), 10)
	e := &Events{}
	e.OnRequest = func(x *Exchange) { held <- e.Later(x) }
	e.OnConnect = func(c *EventStream, x *Exchange) { _ = c.Send(x.Head().Target) }
	return serveEvents(t, e), held
}

// Who is held back is let in, or answered, when the decision has come; what was asked behind it waits.
func TestEventsLater(t *testing.T) {
	w, held := serveLater(t)
	c := w.dial()
	c.send(get("/page"), get("/events?a"), get("/page"))
	c.want(200, `GET /page ""`)
	no := receive(t, held)
	refuse := func(x *Exchange) { _ = x.Respond(403, nil, append([]byte("no "), x.Head().Target...)) }
	no(refuse)
	c.want(403, "no /events?a")
	no(refuse) // changes nothing
	c.want(200, `GET /page ""`)

	c.send(get("/events?b"))
	yes := receive(t, held)
	yes(func(*Exchange) {})
	yes(func(*Exchange) { t.Error("decided twice") })
	res := c.listen("")
	var data [64]byte
	if n, err := io.ReadAtLeast(res.Body, data[:], len("data: /events?b\n\n")); string(data[:n]) != "data: /events?b\n\n" {
		t.Errorf("%q, %v", data[:n], err)
	}
}

// Who has gone meanwhile is not decided on.
func TestEventsLaterGone(t *testing.T) {
	w, held := serveLater(t)
	c := w.dial()
	c.send(get("/events"))
	goOn := receive(t, held)
	_ = c.SetLinger(0)
	_ = c.Close()
	other := w.dial()
	other.send(get("/page"))
	other.want(200, `GET /page ""`)
	w.until("gone", func(s engine.Stats) bool { return s.Connections == 1 })
	goOn(func(*Exchange) { t.Error("decided on nobody") })
	other.send(get("/page"))
	other.want(200, `GET /page ""`)
}

// A decision that comes while the engine stops is no stream without end.
func TestEventsLaterWhileStopping(t *testing.T) {
	w, held := serveLater(t)
	witness := w.dial()
	witness.send(get("/events"))
	receive(t, held)(func(*Exchange) {})
	stream := witness.listen("")
	c := w.dial()
	c.send(get("/events"))
	goOn := receive(t, held)
	stopped := make(chan error, 1)
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	go func() { stopped <- w.Shutdown(ctx) }()
	if _, err := io.ReadAll(stream.Body); err != nil { // streams that have begun end
		t.Error(err)
	}
	goOn(func(*Exchange) {})
	c.want(503, "the server stops\n")
	if err := receive(t, stopped); err != nil {
		t.Error(err)
	}
}
