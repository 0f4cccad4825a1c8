//go:build linux

package main

import (
	"net"
	"net/http"
	"strings"
	"testing"

	"github.com/gobwas/ws"

	"fanloop/engine"
	"fanloop/internal/peers"
)

func TestFastPolicies(t *testing.T) {
	for i, name := range fastPolicies {
		s := server{options: options{port: portOptions{fast: name}}}
		if got := s.listenOptions(endpoint{}).Fast; got != engine.FastPolicy(i) || got.String() != string(name) {
			t.Errorf("-fast %s is %v", name, got)
		}
	}
	if next := engine.FastPolicy(len(fastPolicies)); next.UnmarshalText([]byte(next.String())) == nil {
		t.Errorf("-fast does not know %v", next)
	}
}

// A page that sends too much is closed; back ends, by text and by HTTP, push as fast as they like, and the others get it.
func TestMessageRate(t *testing.T) {
	d := start(t, "-message-rate", "1", "-fast", "close", "-listen", "websocket://127.0.0.1:0", "-listen", "text://127.0.0.1:0", "-listen", "http://127.0.0.1:0")
	other, fast := d.page("other"), d.page("fast")
	fast.SayAll("so fast", 20)
	if code, reason := fast.Ended(); code != 1008 || reason != "too many messages or bytes a second" {
		t.Errorf("closed with %d %q", code, reason)
	}
	backend := peers.Connect(t, d.text)
	const pushes = 50
	for range pushes {
		expect(t, backend, `{"uid":"other"}`, "ok", other)
	}
	client := &http.Client{Transport: &http.Transport{MaxConnsPerHost: 1}}
	defer client.CloseIdleConnections()
	for range pushes {
		res, err := client.Post("http://"+d.http+"/push", "application/json", strings.NewReader(`{"uid":"other","text":"by HTTP"}`))
		if err != nil {
			t.Fatal(err)
		}
		_ = res.Body.Close()
		if res.StatusCode != 200 || other.Next() != `{"uid":"other","text":"by HTTP"}` {
			t.Fatal(res.Status)
		}
	}
	if s := d.server.status(d.server.sample(), d.server.sample()); s.RateCloses != 1 || s.RatePauses != 0 {
		t.Errorf("%d closed, %d paused", s.RateCloses, s.RatePauses)
	}
}

// Without a word said of it pages are held to a rate too: they are not closed, but read slowly.
func TestStandardMessageRate(t *testing.T) {
	d := start(t)
	fast := d.page("u1")
	fast.SayAll("so fast", 4000) // forty seconds' worth
	for ctx := bounded(t); d.server.engine.Stats().RatePauses == 0; {
		if ctx.Err() != nil {
			t.Fatal("it is never paused")
		}
	}
	expect(t, peers.Connect(t, d.text), `{"uid":"u1"}`, "ok", fast)
	if n := d.server.engine.Stats().RateCloses; n != 0 {
		t.Errorf("%d closed", n)
	}
	fast.Hangup()
	d.log.Await(t, "msg=closed", 1)
}

// Who does not say a uid is closed, and told why. Who has said one stays: it is said together with the request, so that the time does not
// run out before.
func TestBindTimeout(t *testing.T) {
	d := start(t, "-bind-timeout", "100ms")
	bound := openThrongPage(t, func() (net.Conn, error) { return net.Dial("tcp", d.websocket) }, "u1")
	stranger := peers.OpenPage(t, d.websocket)
	if code, reason := stranger.Ended(); code != 1008 || reason != "no uid in time" {
		t.Errorf("closed with %d %q", code, reason)
	}
	expect(t, peers.Connect(t, d.text), `{"uid":"u1"}`, "ok")
	if f, err := ws.ReadFrame(bound.conn); err != nil || string(f.Payload) != `{"uid":"u1"}` {
		t.Errorf("%q, %v", f.Payload, err)
	}
	if n := d.server.status(d.server.sample(), d.server.sample()).Unbound; n != 1 {
		t.Errorf("counted %d", n)
	}
}

// A page that asks for more than it may have is closed, and told why.
func TestGroupLimits(t *testing.T) {
	d := start(t, "-max-groups", "2", "-max-name", "10")
	other := d.page("other")
	for wish, want := range map[string]string{
		`{"join":"third"}`:       "hub: connection is in too many groups",
		`{"join":"elevenbytes"}`: "hub: name too long",
	} {
		p := d.page("u1")
		p.Say(`{"join":"first"}`)
		p.Say(`{"join":"tenletters"}`)
		p.Settle()
		p.Say(wish)
		if code, reason := p.Ended(); code != 1008 || reason != want {
			t.Errorf("%s: closed with %d %q", wish, code, reason)
		}
	}
	p := peers.OpenPage(t, d.websocket)
	p.Say("a uid of eleven and more")
	if code, reason := p.Ended(); code != 1008 || reason != "hub: name too long" {
		t.Errorf("closed with %d %q", code, reason)
	}
	expect(t, peers.Connect(t, d.text), `{"uid":"other"}`, "ok", other)
	if s := d.server.status(d.server.sample(), d.server.sample()); s.TooManyGroups != 1 || s.NamesTooLong != 2 {
		t.Errorf("counted %d groups, %d names", s.TooManyGroups, s.NamesTooLong)
	}
}

func TestTextIdle(t *testing.T) {
	d := start(t, "-listen", "websocket://127.0.0.1:0", "-listen", "text://127.0.0.1:0?idle=100ms")
	peers.Connect(t, d.text).Ended()
	d.log.Await(t, "text: idle connection", 1)
	if n := d.server.status(d.server.sample(), d.server.sample()).IdleBackEnds; n != 1 {
		t.Errorf("counted %d", n)
	}
}
