//go:build linux

package http

import (
	"bytes"
	"fmt"
	"io"
	nethttp "net/http"
	"reflect"
	"strings"
	"testing"
	"time"

	"fanloop/engine"
)

// listen asks for a stream and reads its head.
func (c *client) listen(request string) *nethttp.Response {
	c.t.Helper()
	c.send(request)
	res, err := nethttp.ReadResponse(c.r, &nethttp.Request{Method: "GET"})
	if err != nil {
		c.t.Fatal(err)
	}
	if res.StatusCode != 200 || res.Header.Get("Content-Type") != "text/event-stream" {
		c.t.Fatalf("%s %v", res.Status, res.Header)
	}
	return res
}

// shared is a message as a hub makes it, which counts how often it is encoded.
type shared struct {
	data    string
	binary  bool
	frames  map[int][]byte
	encoded int
}

func (m *shared) Len() int    { return len(m.data) }
func (m *shared) Key() string { return "" }

func (m *shared) Encoded(slot int, encode func(dst, data []byte, binary bool) []byte) []byte {
	if m.frames == nil {
		m.frames = map[int][]byte{}
	}
	if _, ok := m.frames[slot]; !ok {
		m.encoded++
		m.frames[slot] = encode(nil, []byte(m.data), m.binary)
	}
	return m.frames[slot]
}

// eventWorld is a server with one route of events, whose streams come over a channel.
type eventWorld struct {
	*world
	streams chan *EventStream
	closed  chan error
}

func serveEvents(t testing.TB, e *Events, options ...engine.ListenOptions) *eventWorld {
	w := &eventWorld{streams: make(chan *EventStream, 10), closed: make(chan error, 10)}
	connect := e.OnConnect
	e.OnConnect = func(c *EventStream, x *Exchange) {
		if connect != nil {
			connect(c, x)
		}
		w.streams <- c
	}
	e.OnClose = func(_ *EventStream, err error) { w.closed <- err }
	s := &Server{}
	s.Upgrade("/events", e)
	s.Handle("/page", tell)
	w.world = serve(t, s, options...)
	return w
}

func receive[T any](t testing.TB, from <-chan T) (got T) {
	t.Helper()
	select {
	case got = <-from:
	case <-time.After(patience):
		t.Fatal("nothing came")
	}
	return got
}

// on runs fn on the stream's loop and waits for it.
func on(t testing.TB, c *EventStream, fn func()) {
	t.Helper()
	done := make(chan struct{})
	if err := c.Loop().Post(func() { defer close(done); fn() }); err != nil {
		t.Fatal(err)
	}
	receive(t, done)
}

func TestServerEvents(t *testing.T) {
	w := serveEvents(t, &Events{
		Retry:  1500 * time.Millisecond,
		Fields: Fields{NewField("X-More", "yes")},
		OnConnect: func(c *EventStream, x *Exchange) {
			_ = c.SendEvent(&Event{Type: "hello", ID: "8", Data: []byte("after " + x.LastEventID() + " " + string(x.Head().Query()))})
		},
	})
	c := w.dial()
	c.send(get("/page")) // the stream waits for the answer
	res := c.wantThenListen("GET /events?q HTTP/1.1\r\nHost: a\r\nLast-Event-ID: 7\r\n\r\n")
	for name, want := range map[string]string{"Cache-Control": "no-store", "X-Accel-Buffering": "no", "X-More": "yes"} {
		if got := res.Header.Get(name); got != want {
			t.Errorf("%s: %q", name, got)
		}
	}
	es := receive(t, w.streams)
	long := strings.Repeat("long\n", 1000)
	on(t, es, func() {
		for _, err := range []error{es.Send([]byte("a\nb")), es.Send(nil), es.Comment("skip"), es.Send([]byte(long))} {
			if err != nil {
				t.Error(err)
			}
		}
		for want, err := range map[error]error{
			ErrEventText: es.Send([]byte("\xff")),
			ErrEventID:   es.SendEvent(&Event{ID: "\n"}),
		} {
			if err != want {
				t.Errorf("%v, want %v", err, want)
			}
		}
		es.Close()
		if err := es.Send([]byte("late")); err != engine.ErrClosed {
			t.Errorf("after Close: %v", err)
		}
	})
	body, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	var s eventSource
	s.read(body)
	want := []got{{"hello", "after 7 q", "8"}, {"message", "a\nb", "8"}, {"message", "", "8"}, {"message", long, "8"}}
	if !reflect.DeepEqual(s.events, want) || s.retry != "1500" {
		t.Errorf("%.200q, retry %q", s.events, s.retry)
	}
	c.wantEnd()
	if err := receive(t, w.closed); err != engine.ErrClosed {
		t.Errorf("OnClose: %v", err)
	}
}

// wantThenListen reads the answer of /page and then asks for a stream.
func (c *client) wantThenListen(request string) *nethttp.Response {
	c.t.Helper()
	c.want(200, `GET /page ""`)
	return c.listen(request)
}

// Messages of a hub are encoded once for all streams, with chunks or without; a kick ends a stream in its protocol.
func TestServerEventsOutlet(t *testing.T) {
	w := serveEvents(t, &Events{})
	var outlets []engine.Outlet
	var bodies []io.Reader
	var last *EventStream
	for _, request := range []string{get("/events"), get("/events"), "GET /events HTTP/1.0\r\n\r\n"} {
		res := w.dial().listen(request)
		bodies = append(bodies, res.Body)
		last = receive(t, w.streams)
		on(t, last, func() {
			outlet, ok := last.Ref().Attach(func() {})
			if !ok {
				t.Error("not attached")
			}
			outlets = append(outlets, outlet)
		})
	}
	on(t, last, func() {
		text, binary, wrong := &shared{data: "a\rb"}, &shared{data: "a", binary: true}, &shared{data: "\xff"}
		for i, outlet := range outlets {
			if !outlet.Push(text) || outlet.Push(binary) || outlet.Push(wrong) {
				t.Errorf("stream %d: text is refused, or what is none taken", i)
			}
			outlet.Kick(&shared{data: "bye"}, 1000, "reason")
		}
		if text.encoded != 2 {
			t.Errorf("encoded %d times", text.encoded)
		}
	})
	for i, body := range bodies {
		if got, err := io.ReadAll(body); string(got) != "data: a\ndata: b\n\ndata: bye\n\n" || err != nil {
			t.Errorf("stream %d: %q, %v", i, got, err)
		}
		receive(t, w.closed)
	}
	if s := w.Server.Stats(); s.EventStreams != 3 || s.EventStreamsOpen != 0 || s.Upgrades != 0 {
		t.Errorf("%+v", s)
	}
}

// A client that does not read is given up. What it finds when it reads after all is whole events and a whole stream.
func TestServerEventsSlow(t *testing.T) {
	w := serveEvents(t, &Events{}, engine.ListenOptions{MaxOutbox: 64 << 10})
	res := w.dial().listen(get("/events"))
	es := receive(t, w.streams)
	pushed := 0
	on(t, es, func() {
		outlet, _ := es.Ref().Attach(func() {})
		for outlet.Push(&shared{data: fmt.Sprint(pushed, strings.Repeat("x", 20_000))}) && pushed < 100_000 {
			pushed++
		}
	})
	body, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatalf("after %d bytes: %v", len(body), err)
	}
	var s eventSource
	s.read(body)
	if len(s.events) == 0 || len(s.events) > pushed {
		t.Fatalf("%d events of %d", len(s.events), pushed)
	}
	for i, e := range s.events {
		if want := fmt.Sprint(i, strings.Repeat("x", 20_000)); e.data != want {
			t.Fatalf("event %d has %d bytes: %.20s", i, len(e.data), e.data)
		}
	}
	if err := receive(t, w.closed); err != engine.ErrSlowConsumer {
		t.Errorf("OnClose: %v", err)
	}
}

// What Goodbye makes of a kick is the last event, behind the kick's own message; nothing is said when the stream is just closed.
func TestServerEventsGoodbye(t *testing.T) {
	for code, want := range map[int]string{
		4001: "data: bye\n\nevent: goodbye\ndata: 4001 reason\n\n",
		4002: "data: bye\n\n", // nothing to say
		4003: "data: bye\n\n", // what cannot be said
		0:    "",
	} {
		w := serveEvents(t, &Events{Goodbye: func(code int, reason string) *Event {
			switch code {
			case 4001:
				return &Event{Type: "goodbye", Data: fmt.Appendf(nil, "%d %s", code, reason)}
			case 4003:
				return &Event{Type: "good\nbye"}
			}
			return nil
		}})
		for _, request := range []string{get("/events"), "GET /events HTTP/1.0\r\n\r\n"} {
			res := w.dial().listen(request)
			c := receive(t, w.streams)
			on(t, c, func() {
				if code == 0 {
					c.Close()
				} else if outlet, ok := c.Ref().Attach(func() {}); ok {
					outlet.Kick(&shared{data: "bye"}, code, "reason")
				}
			})
			if got, err := io.ReadAll(res.Body); string(got) != want || err != nil {
				t.Errorf("%d: %q, %v, want %q", code, got, err, want)
			}
		}
	}
}

// A client that goes is noticed at once.
func TestServerEventsGone(t *testing.T) {
	w := serveEvents(t, &Events{})
	c := w.dial()
	c.listen(get("/events"))
	gone := make(chan struct{})
	es := receive(t, w.streams)
	on(t, es, func() { _, _ = es.Ref().Attach(func() { close(gone) }) })
	c.send("GET /page HTTP/1.1\r\nHost: a\r\n\r\n") // has no answer, and does no harm
	_ = c.Close()
	receive(t, gone)
	receive(t, w.closed)
}

// When the engine stops, a stream ends with the time after which its client comes back.
func TestServerEventsShutdown(t *testing.T) {
	for _, test := range []struct {
		spread, retry time.Duration
		low, high     int // ms; without, nothing is sent
	}{
		{0, 0, 500, 5001},
		{-1, 0, 0, 0},
		{-1, time.Second, 0, 0},
		{100 * time.Second, time.Second, 11000, 101001},
		{1, 0, 1, 1},
	} {
		for _, request := range []string{get("/events"), "GET /events HTTP/1.0\r\n\r\n"} {
			w := serveEvents(t, &Events{RestartSpread: test.spread, Retry: test.retry})
			c := w.dial()
			res := c.listen(request)
			receive(t, w.streams)
			read := make(chan struct{})
			go func() { // a stop waits for it to close
				defer close(read)
				defer c.Close()
				body, err := io.ReadAll(res.Body)
				if test.retry > 0 {
					first := fmt.Sprintf("retry: %d\n\n", test.retry.Milliseconds())
					body = bytes.TrimPrefix(body, []byte(first))
				}
				if err != nil || test.high == 0 && len(body) > 0 {
					t.Errorf("%q, %v", body, err)
				}
				if test.high == 0 {
					return
				}
				ms := 0
				if n, _ := fmt.Sscanf(string(body), "retry: %d\n\n", &ms); n != 1 || ms < test.low || ms > test.high || bytes.Count(body, []byte("\n")) != 2 {
					t.Errorf("%q, want from %d to %d", body, test.low, test.high)
				}
			}()
			w.end()
			if err := receive(t, w.closed); err != engine.ErrShutdown {
				t.Errorf("OnClose: %v", err)
			}
			receive(t, read)
		}
	}
}
