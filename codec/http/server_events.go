//go:build linux

package http

import (
	"sync/atomic"
	"time"

	"fanloop/engine"
)

// Events serves Server-Sent Events (WHATWG HTML 9.2) on a route: Server.Upgrade("/events", &Events{...}). GET begins a
// stream; HEAD gets its head only; OPTIONS is a browser's question, see CORS; other methods are 405. Its fields are set
// before that and not changed afterwards; each may be left out.
//
// All callbacks run on the connection's loop, one at a time, and must not block.
type Events struct {
	// Retry is how long a client waits before it connects again. 0: the client's own choice, mostly 3 s.
	Retry time.Duration
	// RestartSpread is over how long clients should come back when the engine stops: the last thing that each is sent is a retry
	// field of its own, of Retry and a time at random from a tenth of RestartSpread up to all of it, and browsers obey that.
	// Default 5 s; less than 0: none, and all come back at once.
	RestartSpread time.Duration
	// Heartbeat is how long a stream is quiet at most: then a comment is sent, so that proxies do not take it for dead,
	// and a client that has vanished is noticed. Default 15 s; less than 0: none.
	Heartbeat time.Duration
	// Origins says which pages may connect; those that CORS names may as well. Others are answered 403, before OnRequest. The zero
	// value means pages of the same host.
	Origins Origins
	// BindTimeout is how long a stream may be open without being bound to a uid, or taken by another hub. Beyond it it is closed as
	// by a hub's Kick, with the code 1008, and OnClose gets engine.ErrUnbound. Default 0: for ever.
	BindTimeout time.Duration
	// CORS says which pages of other origins may read the stream: without it their browser keeps it from them.
	CORS CORS
	// Fields are sent beside Content-Type, Cache-Control: no-store, X-Accel-Buffering: no and those of CORS. They are not
	// Content-Length, Transfer-Encoding or Connection.
	Fields Fields

	// Goodbye makes the last event of a stream that a hub's Kick, or the end of a slow consumer, closes: of the close code and the
	// reason, for which event streams have no words. nil, and what it returns nil for: no event. A browser comes back all the
	// same, unless its page has been told by that event to close its EventSource.
	Goodbye func(code int, reason string) *Event

	// OnRequest is called first. When it answers, with Respond, there is no stream. See Later for those who have to ask first.
	OnRequest func(x *Exchange)
	// OnConnect is called when the stream has begun: what is sent is behind its head. Of x the Head, the path values,
	// the body and LastEventID are of use, until OnConnect returns.
	OnConnect func(c *EventStream, x *Exchange)
	// OnClose is called once, last. err says why: io.EOF (the client has gone, as clients do), engine.ErrClosed (Close was
	// called), another of the engine's errors, or the socket's own.
	OnClose func(c *EventStream, err error)

	originsRefused atomic.Uint64
}

// OriginsRefused is how many requests have been refused because of the page that they come from. It may be called from any goroutine.
func (e *Events) OriginsRefused() uint64 { return e.originsRefused.Load() }

// LastEventID is the ID of the last event that the client has got on an earlier connection, "" without one.
func (x *Exchange) LastEventID() string { return string(x.head.Fields.Get("Last-Event-ID")) }

const eventMethods = "GET, HEAD, OPTIONS"

var (
	errEventOrigin = NewRefusal(403, "pages of this origin may not connect")
	errStopping    = NewRefusal(503, "the server stops")
	errEventMethod = NewRefusal(405, "method not allowed", NewField("Allow", eventMethods))

	eventType    = NewField("Content-Type", "text/event-stream")
	eventNoStore = NewField("Cache-Control", "no-store")
	eventNoDelay = NewField("X-Accel-Buffering", "no") // nginx would collect what is meant for now
)

// ServeUpgrade serves a request; the Server calls it.
func (e *Events) ServeUpgrade(x *Exchange) {
	switch string(x.head.Method) {
	case "OPTIONS":
		fields := append(e.CORS.AppendPreflight(nil, &x.head, "GET, HEAD"), NewField("Allow", eventMethods))
		_ = x.Respond(204, fields, nil) // the fields are constants and the client's own
		return
	case "GET", "HEAD":
	default:
		x.answerRefusal(errEventMethod)
		return
	}
	if !e.Origins.AdmitsAt(&x.head, x.Forwarded().Host) && !e.CORS.names(&x.head) {
		e.originsRefused.Add(1)
		x.answerRefusal(errEventOrigin)
		return
	}
	if e.OnRequest != nil {
		e.OnRequest(x)
	}
	if x.state == unanswered && x.reply == nil && !x.later {
		e.begin(x)
	}
}

// begin answers with the stream.
func (e *Events) begin(x *Exchange) {
	fields := append(Fields{eventType, eventNoStore, eventNoDelay}, e.Fields...)
	fields = e.CORS.AppendFields(fields, &x.head)
	x.close = true // a stream has no other end than the connection's, and what is stored with that is the stream's
	if x.isHead {
		if st, err := x.Stream(200, fields); err == nil {
			_ = st.Close()
			return
		}
	}
	h := x.answerHead(200, fields, -1)
	d := x.desk()
	out, err := h.append(d.scratch[:0])
	if err == nil {
		err = e.takeOver(x, out)
	}
	d.keepScratch(out)
	if err != nil && err != engine.ErrClosed && x.state == unanswered {
		x.Loop().Logger().Error("http: an event stream cannot begin", x.Log(), "pattern", x.Pattern(), "err", err)
		_ = x.answerWith(500, nil, nil)
	}
}

// takeOver makes the connection an event stream: what was there for requests is let go.
func (e *Events) takeOver(x *Exchange, head []byte) error {
	conn, err := x.hijack()
	if err != nil {
		return err
	}
	c := &EventStream{conn: conn, events: e, desk: x.session.desk, old: x.old}
	conn.SetHandler((*eventSession)(c))
	conn.SetFormat(c.format())
	_ = conn.Send(head) // inside the connection's callback there is room
	conn.Keep()
	if e.Retry > 0 {
		_ = c.SendEvent(&Event{Retry: e.Retry})
	}
	c.desk.counters.events.Add(1)
	c.desk.counters.eventsOpen.Add(1)
	c.sit()
	conn.AwaitAttach(e.BindTimeout)
	if e.OnConnect != nil {
		e.OnConnect(c, x)
	}
	return nil
}
