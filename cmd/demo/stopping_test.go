//go:build linux

package main

import (
	"encoding/json"
	"net"
	"strings"
	"syscall"
	"testing"
	"time"

	"fanloop/internal/peers"
)

// awaitReadiness asks /readyz until it answers so, and tells how long that took.
func awaitReadiness(t *testing.T, address string, want string) {
	t.Helper()
	for ctx := bounded(t); ctx.Err() == nil; {
		if answer := head(t, address, "GET /readyz HTTP/1.1", "Host: a", "Connection: close"); strings.HasPrefix(answer, "HTTP/1.1 "+want) {
			return
		}
	}
	t.Fatalf("/readyz never says %s", want)
}

// Readiness turns first. Until the delay is over everybody is served, who comes now too.
func TestDrainDelay(t *testing.T) {
	const delay = 2 * time.Second
	d := startSite(t, "-drain-delay", delay.String())
	page := d.page("u1")
	awaitReadiness(t, d.http, "200")
	began, ended := time.Now(), make(chan error, 1)
	go func() { ended <- d.stop() }()
	awaitReadiness(t, d.http, "503")
	late, backend := d.page("u2"), peers.Connect(t, d.text)
	expect(t, backend, `{"all":true}`, "ok", page, late)
	for _, p := range []*peers.Page{page, late} {
		if code, _ := p.Ended(); code != 1001 {
			t.Errorf("code %d", code)
		}
	}
	if took := time.Since(began); took < delay {
		t.Errorf("goodbyes after %v", took)
	}
	if err := <-ended; err != nil {
		t.Error(err)
	}
}

// So it is with stop -g: the ports close when the delay is over.
func TestDrainDelayOfGentleStop(t *testing.T) {
	d := newHome(t).startDaemon("-drain-delay", "1s", "-listen", "websocket://127.0.0.1:0", "-listen", "text://127.0.0.1:0", "-listen", "http://127.0.0.1:0")
	page := d.page("u1")
	stopping := launch(t, d.args("stop", "-g")...)
	awaitReadiness(t, d.http, "503")
	late := d.page("u2")
	for ctx := bounded(t); ; {
		c, err := net.Dial("tcp", d.websocket)
		if err != nil {
			break
		}
		c.Close()
		if ctx.Err() != nil {
			t.Fatal("the ports never close")
		}
	}
	late.Close()
	page.Close()
	stopping.wantExit(0)
	d.wantNothingLeft()
}

// Who does not go is cut off, and the exit status is 0 all the same.
func TestDrainTimeout(t *testing.T) {
	p := launch(t, "start", "-listen", "websocket://127.0.0.1:0", "-drain-timeout", "50ms")
	p.stdout.Await(t, "listens on", 1)
	page := peers.OpenPage(t, p.opened("websocket"))
	page.Settle()
	p.signal(syscall.SIGTERM)
	if code, _ := page.Dismissed(); code != 1001 { // and does not answer
		t.Errorf("code %d", code)
	}
	p.wantExit(0)
	p.stderr.Await(t, "some connections did not close in time and were cut off", 1)
}

// Pages and event streams are told when to come back, each at another time.
func TestRestartSpread(t *testing.T) {
	d := startSite(t, "-restart-spread", "100s")
	a, b, c := d.page("a"), peers.OpenPageAt(t, d.http, "/ws"), d.listener("uid=c")
	b.Settle()
	ended := make(chan error, 1)
	go func() { ended <- d.stop() }()
	waits := map[int]bool{}
	for _, p := range []*peers.Page{a, b} {
		code, reason := p.Ended()
		var hint struct {
			Retry int `json:"retry_ms"`
		}
		if err := json.Unmarshal([]byte(reason), &hint); err != nil || code != 1012 || hint.Retry < 10_000 || hint.Retry > 100_000 {
			t.Errorf("code %d, reason %q, %v", code, reason, err)
		}
		waits[hint.Retry] = true
	}
	if wait := c.Ended(); wait < 10*time.Second || wait > 101*time.Second || len(waits) != 2 {
		t.Errorf("the stream is to wait %v, the others %v", wait, waits)
	}
	if err := <-ended; err != nil {
		t.Error(err)
	}
}
