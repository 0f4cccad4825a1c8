//go:build linux

package main

import (
	"encoding/json"
	"fmt"
	"os"
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
	p := launch(t, "start", "-drain-delay", "1h", "-log-level", "debug",
		"-listen", "websocket://127.0.0.1:0", "-listen", "text://127.0.0.1:0", "-listen", "http://127.0.0.1:0")
	p.stdout.Await(t, "listens on", 1)
	d := &demo{t: t, log: p.stderr, websocket: p.opened("websocket"), text: p.opened("text"), http: p.opened("http")}
	page := d.page("u1")
	awaitReadiness(t, d.http, "200")
	p.signal(syscall.SIGTERM)
	awaitReadiness(t, d.http, "503")
	late, backend := d.page("u2"), peers.Connect(t, d.text)
	expect(t, backend, `{"all":true}`, "ok", page, late)
	p.signal(syscall.SIGTERM) // nobody waits for an hour: a second one has its usual effect
	p.wantExit(-1)
}

// When it is over, and not before, everybody is said goodbye to.
func TestDrainDelayEnds(t *testing.T) {
	const delay = time.Second
	d := startSite(t, "-drain-delay", delay.String())
	page := d.page("u1")
	began, ended := time.Now(), make(chan error, 1)
	go func() { ended <- d.stop() }()
	if code, _ := page.Ended(); code != 1001 {
		t.Errorf("code %d", code)
	}
	if took := time.Since(began); took < delay {
		t.Errorf("goodbye after %v", took)
	}
	if err := <-ended; err != nil {
		t.Error(err)
	}
}

var threePorts = []string{"-listen", "websocket://127.0.0.1:0", "-listen", "text://127.0.0.1:0", "-listen", "http://127.0.0.1:0", "-log-level", "debug"}

// So it is with stop -g: until the delay is over the ports are open. A stop without -g does not wait for it.
func TestDrainDelayOfGentleStop(t *testing.T) {
	d := newHome(t).startDaemon(append(threePorts, "-drain-delay", "1h")...)
	page := d.page("u1")
	gentle := launch(t, d.args("stop", "-g")...)
	awaitReadiness(t, d.http, "503")
	late := d.page("u2")
	hurry := launch(t, d.args("stop")...)
	for _, p := range []*peers.Page{page, late} {
		if code, _ := p.Ended(); code != 1001 {
			t.Errorf("code %d", code)
		}
	}
	gentle.wantExit(0)
	hurry.wantExit(0)
	d.wantNothingLeft()
}

// Then they close.
func TestGentleStopClosesPortsAfterDelay(t *testing.T) {
	d := newHome(t).startDaemon(append(threePorts, "-drain-delay", "100ms")...)
	page := d.page("u1")
	stopping := launch(t, d.args("stop", "-g")...)
	for ctx := bounded(t); listening(t, d.pid) > 0; {
		if ctx.Err() != nil {
			t.Fatal("the ports never close")
		}
	}
	page.Close()
	stopping.wantExit(0)
	d.wantNothingLeft()
}

// listening is how many TCP ports a process has open. A port that it has closed may be somebody else's by the time that one tries it.
func listening(t *testing.T, pid int) (n int) {
	t.Helper()
	table, err := os.ReadFile("/proc/net/tcp")
	if err != nil {
		t.Fatal(err)
	}
	fds := fmt.Sprintf("/proc/%d/fd/", pid)
	entries, _ := os.ReadDir(fds) // none when the process has ended
	for _, fd := range entries {
		to, _ := os.Readlink(fds + fd.Name())
		inode, is := strings.CutPrefix(to, "socket:[")
		if !is {
			continue
		}
		for line := range strings.Lines(string(table)) {
			const state, number, listens = 3, 9, "0A" // of proc_net_tcp(5)
			if fields := strings.Fields(line); len(fields) > number && fields[state] == listens && fields[number]+"]" == inode {
				n++
			}
		}
	}
	return n
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
	pages, c := []*peers.Page{d.page("a"), d.page("b"), peers.OpenPageAt(t, d.http, "/ws")}, d.listener("uid=c")
	pages[2].Settle()
	ended := make(chan error, 1)
	go func() { ended <- d.stop() }()
	waits := map[int]bool{}
	for _, p := range pages {
		code, reason := p.Ended()
		var hint struct {
			Retry int `json:"retry_ms"`
		}
		if err := json.Unmarshal([]byte(reason), &hint); err != nil || code != 1012 || hint.Retry < 10_000 || hint.Retry > 100_000 {
			t.Errorf("code %d, reason %q, %v", code, reason, err)
		}
		waits[hint.Retry] = true
	}
	if wait := c.Ended(); wait < 10*time.Second || wait > 101*time.Second || len(waits) == 1 { // two of the three may well be told the same
		t.Errorf("the stream is to wait %v, the others %v", wait, waits)
	}
	if err := <-ended; err != nil {
		t.Error(err)
	}
}
