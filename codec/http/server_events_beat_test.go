//go:build linux

package http

import (
	"bufio"
	"io"
	nethttp "net/http"
	"net/http/httputil"
	"testing"
	"time"

	"fanloop/engine"
	"fanloop/internal/rounds"
)

// A quiet stream gets heartbeats; all streams together have one timer, which ends with the last.
func TestServerEventsHeartbeat(t *testing.T) {
	w := serveEvents(t, &Events{Heartbeat: 16 * time.Millisecond})
	first, second := w.dial(), w.dial()
	one := bufio.NewReader(first.listen(get("/events")).Body)
	es := receive(t, w.streams)
	second.send("GET /events HTTP/1.0\r\n\r\n")
	res, err := nethttp.ReadResponse(second.r, nil)
	if err != nil {
		t.Fatal(err)
	}
	two := bufio.NewReader(res.Body)
	receive(t, w.streams)
	for _, r := range []*bufio.Reader{one, two, one, two} {
		for _, want := range []string{":\n", "\n"} {
			if line, err := r.ReadString('\n'); line != want || err != nil {
				t.Fatalf("%q, %v", line, err)
			}
		}
	}
	_ = first.Close()
	receive(t, w.closed)
	if line, err := two.ReadString('\n'); line != ":\n" || err != nil {
		t.Fatalf("the other one: %q, %v", line, err)
	}
	_ = second.Close()
	receive(t, w.closed)
	on(t, es, func() {
		if n := len(es.desk.beats); n != 0 {
			t.Errorf("%d timers are left", n)
		}
	})
}

func TestServerEventsHeartbeatAllocatesNothing(t *testing.T) {
	w := serveEvents(t, &Events{Heartbeat: time.Hour})
	c := w.dial()
	c.listen(get("/events"))
	es := receive(t, w.streams)
	go func() { _, _ = io.Copy(io.Discard, c.r) }()
	on(t, es, func() {
		b := es.desk.beats[es.events]
		beat := func() {
			for range rounds.Slots {
				b.Turn()
			}
		}
		message := func() {
			if es.Send([]byte("a message")) != nil || es.Comment("x") != nil {
				t.Error("not sent")
			}
		}
		for _, what := range []func(){beat, message} {
			if n := testing.AllocsPerRun(100, what); n > 0.5 { // a chunk of the loop's now and then
				t.Errorf("%v allocations", n)
			}
		}
	})
}

// What is under way to others keeps no heartbeat from a quiet stream.
func TestServerEventsHeartbeatAmongOthersMessages(t *testing.T) {
	w := serveEvents(t, &Events{Heartbeat: time.Hour})
	var streams []*EventStream
	var outlets []engine.Outlet
	clients := []*client{w.dial(), w.dial()}
	for _, c := range clients {
		c.listen(get("/events"))
		es := receive(t, w.streams)
		on(t, es, func() {
			outlet, _ := es.Ref().Attach(func() {})
			outlet.Hear(true)
			streams, outlets = append(streams, es), append(outlets, outlet)
		})
	}
	on(t, streams[0], func() {
		others := streams[0].Loop().NewAudience()
		others.Add(outlets[1])
		streams[0].Loop().BroadcastTo([]engine.Audience{others}, &shared{data: "a"}, nil)
		for range rounds.Slots {
			streams[0].desk.beats[streams[0].events].Turn()
		}
		_ = streams[0].Comment("end")
	})
	line, err := bufio.NewReader(httputil.NewChunkedReader(clients[0].r)).ReadString('\n')
	if line != ":\n" || err != nil {
		t.Errorf("got %q, %v", line, err)
	}
}
