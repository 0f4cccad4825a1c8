//go:build linux

package main

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"syscall"
	"testing"

	"fanloop/internal/peers"
)

// status is what `status -json` prints.
func (d *daemon) status() (s status) {
	d.t.Helper()
	line := succeed(d.t, d.args("status", "-json")...)
	if strings.Count(line, "\n") != 1 {
		d.t.Errorf("more than a line: %q", line)
	}
	in := json.NewDecoder(strings.NewReader(line))
	in.DisallowUnknownFields()
	if err := in.Decode(&s); err != nil {
		d.t.Fatalf("%q: %v", line, err)
	}
	return s
}

func TestStopSaysGoodbyeAndWaits(t *testing.T) {
	d := newHome(t).startDaemon("-bind-timeout", "off", "-close-timeout", "5m", "-drain-timeout", "5m")
	page, stranger, backend := d.page("u1"), peers.OpenPage(t, d.websocket), peers.Connect(t, d.text)
	expect(t, backend, `{"uid":"nobody"}`, "fail") // it has been accepted
	p := launch(t, d.args("stop")...)
	backend.Ended()
	if code, _ := page.Ended(); code != 1001 {
		t.Errorf("code %d, want 1001", code)
	}
	// One page has not answered: the process is there, and says what it does.
	if s := d.awaitConnections(1); s.State != stateStopping {
		t.Errorf("state %s", s.State)
	}
	select {
	case <-p.ended:
		t.Error("stop has ended before the process")
	default:
	}
	if code, _ := stranger.Ended(); code != 1001 {
		t.Errorf("code %d, want 1001", code)
	}
	p.wantExit(0)
	if got := p.stdout.String(); got != fmt.Sprintf("fanloop: process %d has ended\n", d.pid) {
		t.Errorf("stop prints %q", got)
	}
	d.wantNothingLeft()
}

func TestGentleStop(t *testing.T) {
	d := newHome(t).startDaemon("-loops", "2")
	page, backend := d.page("u1"), peers.Connect(t, d.text)
	for backend.Ask(`{"uid":"u1"}`) != "ok" { // with two loops the hub hears of a page a little later
	}
	page.Next()
	p := launch(t, d.args("stop", "-g")...)
	p.stdout.Await(t, fmt.Sprintf("process %d takes no more connections, and it ends when its last client has left", d.pid), 1)
	for ctx := bounded(t); listening(t, d.pid) > 0; { // the answer comes first
		if ctx.Err() != nil {
			t.Fatal("the ports never close")
		}
	}
	expect(t, backend, `{"uid":"u1","still":true}`, "ok", page)
	page.Close()
	if s := d.awaitConnections(1); s.State != stateLeaving || s.Listeners[0].Open != 0 || s.Listeners[1].Open != 1 {
		t.Errorf("%+v", s)
	}
	if got := backend.Ask(`{"uid":"u1"}`); got != "fail" {
		t.Errorf("the back end is answered %q", got)
	}
	select {
	case <-p.ended:
		t.Error("stop -g has ended before the last connection")
	default:
	}
	backend.Close()
	p.wantExit(0)
	p.stdout.Await(t, fmt.Sprintf("process %d has ended", d.pid), 1)
	d.wantNothingLeft()
}

// awaitConnections waits until so many are open.
func (d *daemon) awaitConnections(n int64) status {
	d.t.Helper()
	for ctx := bounded(d.t); ctx.Err() == nil; {
		if s := d.status(); s.Connections == n {
			return s
		}
	}
	d.t.Fatalf("there are never %d connections", n)
	return status{}
}

func TestGentleStopWithoutConnections(t *testing.T) {
	d := newHome(t).startDaemon()
	succeed(t, d.args("stop", "-g")...)
	d.wantNothingLeft()
}

func TestStopHurriesGentleStop(t *testing.T) {
	d := newHome(t).startDaemon()
	page := d.page("u1")
	gentle := launch(t, d.args("stop", "-g")...)
	gentle.stdout.Await(t, "takes no more connections", 1)
	again := launch(t, d.args("stop", "-g")...) // changes nothing
	again.stdout.Await(t, "takes no more connections", 1)
	hurry := launch(t, d.args("stop")...)
	if code, _ := page.Ended(); code != 1001 {
		t.Errorf("code %d, want 1001", code)
	}
	for _, p := range []*process{gentle, again, hurry} {
		p.wantExit(0)
	}
	d.wantNothingLeft()
}

// Whoever stops waiting does not change what has been asked for.
func TestGentleStopInterrupted(t *testing.T) {
	d := newHome(t).startDaemon()
	page := d.page("u1")
	p := launch(t, d.args("stop", "-g")...)
	p.stdout.Await(t, "takes no more connections", 1)
	p.signal(syscall.SIGINT)
	p.wantExit(1)
	p.stderr.Await(t, fmt.Sprintf("process %d still runs; it ends when its last client has left", d.pid), 1)
	running, err := findHolder(d.place)
	if err != nil {
		t.Fatal(err)
	}
	defer running.close()
	page.Close()
	if err := awaitEnd(bounded(t), running, ""); err != nil {
		t.Error(err)
	}
	d.wantNothingLeft()
}

func TestNotRunning(t *testing.T) {
	h := newHome(t)
	for _, args := range [][]string{h.args("stop"), h.args("stop", "-g"), h.args("status"), h.args("status", "-json"), h.args("status", "-watch")} {
		failWith(t, args, "fanloop: not running: there is no pid file "+h.place.pidFile)
	}
	t.Setenv("FANLOOP_PID_FILE", h.place.pidFile)
	for _, verb := range []string{"stop", "status"} {
		failWith(t, []string{verb}, "fanloop: not running: there is no pid file "+h.place.pidFile)
	}
}

// A process that has its pid file and no control socket yet, or any more.
func TestProcessThatCannotBeAsked(t *testing.T) {
	h := newHome(t)
	p, err := claimPIDFile(h.place.pidFile)
	if err != nil {
		t.Fatal(err)
	}
	defer p.file.Close()
	defer p.remove() // or the end of the test would take this process for a daemon
	runs := fmt.Sprintf("process %d runs and cannot be asked; it may be starting, or ending", syscall.Getpid())
	for _, verb := range []string{"stop", "status"} {
		failWith(t, h.args(verb), runs, h.place.socket())
	}
	running, err := findHolder(h.place)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := awaitEnd(ctx, running, "so it is"); err == nil || !strings.Contains(err.Error(), "still runs; so it is") {
		t.Errorf("waiting: %v", err)
	}
}
