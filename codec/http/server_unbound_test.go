//go:build linux

package http

import (
	"fmt"
	"io"
	"testing"
	"time"

	"fanloop/engine"
)

// A stream that nobody binds ends with its goodbye; one that is bound stays.
func TestEventsBindTimeout(t *testing.T) {
	w := serveEvents(t, &Events{
		BindTimeout: 50 * time.Millisecond,
		Goodbye:     func(code int, reason string) *Event { return &Event{Data: fmt.Append(nil, code, " ", reason)} },
		OnConnect: func(c *EventStream, x *Exchange) {
			if len(x.Head().Query()) > 0 {
				c.Ref().Attach(func() {})
			}
		},
	})
	bound, stranger := w.dial(), w.dial()
	bound.listen(get("/events?uid=u1"))
	conn := receive(t, w.streams)
	body, err := io.ReadAll(stranger.listen(get("/events")).Body)
	if string(body) != "data: 1008 no uid in time\n\n" || err != nil {
		t.Errorf("got %q, %v", body, err)
	}
	_ = stranger.Close()
	if err := receive(t, w.closed); err != engine.ErrUnbound {
		t.Errorf("closed with %v", err)
	}
	on(t, conn, func() {
		if err := conn.Send([]byte("still here")); err != nil {
			t.Error(err)
		}
	})
	if n := w.Engine.Stats().Unbound; n != 1 {
		t.Errorf("counted %d", n)
	}
}
