//go:build linux

package main

import (
	"context"
	"log/slog"
	"net"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"fanloop/internal/peers"
)

// demo is a server that runs inside the test.
type demo struct {
	t                     *testing.T
	server                *server
	websocket, text, http string
	stdout, log           *peers.Lines
	stop                  func() error
}

// start runs a server with these flags, which ends with the test. Without -listen it gets a port of the system's choice
// for each protocol.
func start(t *testing.T, flags ...string) *demo {
	t.Helper()
	if !strings.Contains(strings.Join(flags, " "), "-listen") {
		flags = append(flags, "-listen", "websocket://127.0.0.1:0", "-listen", "text://127.0.0.1:0")
	}
	o, err := parseOptions(flags)
	if err != nil {
		t.Fatal(err)
	}
	d := &demo{t: t, stdout: peers.NewLines(), log: peers.NewLines()}
	d.serve(o)
	d.stdout.Await(t, "listens on", 1)
	d.websocket, d.text, d.http = d.opened("websocket"), d.opened("text"), d.opened("http")
	return d
}

func (d *demo) serve(o options) {
	d.t.Helper()
	s, err := newServer(o, d.stdout, slog.New(slog.NewTextHandler(d.log, &slog.HandlerOptions{Level: slog.LevelDebug})))
	if err != nil {
		d.t.Fatal(err)
	}
	d.server = s
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- s.run(ctx) }()
	d.stop = func() error {
		cancel()
		select {
		case err := <-ended:
			ended <- nil
			return err
		case <-time.After(peers.Bound):
			d.t.Error("the server did not end")
			return nil
		}
	}
	d.t.Cleanup(func() {
		if err := d.stop(); err != nil {
			d.t.Error(err)
		}
	})
}

// opened is the address that the greeting tells for a protocol, "" without one.
func (d *demo) opened(protocol string) string {
	lines := d.stdout.Holding("  " + protocol + "://")
	if len(lines) == 0 {
		return ""
	}
	return strings.TrimPrefix(lines[0], "  "+protocol+"://")
}

// page opens a page and binds it to uid.
func (d *demo) page(uid string) *peers.Page {
	d.t.Helper()
	p := peers.OpenPage(d.t, d.websocket)
	before := len(d.log.Holding("msg=bound"))
	p.Say(uid)
	d.log.Await(d.t, "msg=bound", before+1)
	return p
}

func TestPush(t *testing.T) {
	for _, loops := range []string{"1", "3"} {
		t.Run(loops+" loops", func(t *testing.T) {
			d := start(t, "-loops", loops)
			a, b, other := d.page("u1"), d.page("u1"), d.page("7")
			stranger := peers.OpenPage(t, d.websocket)
			backend := peers.Connect(t, d.text)

			expect(t, backend, `{"uid":"u1","n":1}`, "ok", a, b)
			expect(t, backend, `{"uid":"7"}`, "ok", other)
			expect(t, backend, `{"uid": 7 , "x" : "使用者" }`, "ok", other)
			expect(t, backend, `{"all":true}`, "ok", a, b, other)
			expect(t, backend, `{"uid":"nobody"}`, "fail")
			expect(t, backend, `{"uid":["x"]}`, "fail")
			expect(t, backend, `hello`, "fail")

			stranger.Say("late")
			d.log.Await(t, "uid=late", 1)
			expect(t, backend, `{"uid":"late","first":true}`, "ok", stranger)
		})
	}
}

// expect pushes a line, and wants an answer and the line as the next message of these pages.
func expect(t *testing.T, backend *peers.Backend, line, answer string, pages ...*peers.Page) {
	t.Helper()
	if got := backend.Ask(line); got != answer {
		t.Fatalf("%s: got %q, want %q", line, got, answer)
	}
	for i, p := range pages {
		if got := p.Next(); got != line {
			t.Fatalf("page %d: got %q, want %q", i, got, line)
		}
	}
}

func TestOlderPageClosesNewerStays(t *testing.T) {
	d := start(t)
	older, newer := d.page("u1"), d.page("u1")
	backend := peers.Connect(t, d.text)
	expect(t, backend, `{"uid":"u1","n":1}`, "ok", older, newer)
	older.Close()
	d.log.Await(t, "msg=closed", 1)
	expect(t, backend, `{"uid":"u1","n":2}`, "ok", newer)
	newer.Close()
	d.log.Await(t, "msg=closed", 2)
	expect(t, backend, `{"uid":"u1","n":3}`, "fail")
}

func TestGroups(t *testing.T) {
	d := start(t, "-loops", "2")
	a, b := d.page("a"), d.page("b")
	backend := peers.Connect(t, d.text)
	expect(t, backend, `{"group":"g"}`, "fail")
	a.Say(`{"join":"g"}`)
	b.Say("what pages say to each other is nothing to us")
	b.Say(`{"join":"g"}`)
	d.log.Await(t, "msg=joined", 2)
	expect(t, backend, `{"group":"g","n":1}`, "ok", a, b)
	a.Say(`{"leave":"g"}`)
	d.log.Await(t, "msg=left", 1)
	expect(t, backend, `{"group":"g","n":2}`, "ok", b)
	expect(t, backend, `{"all":true}`, "ok", a, b)
}

func TestJoinRefused(t *testing.T) {
	d := start(t)
	other, p := d.page("u1"), d.page("u1")
	p.Say(`{"join":"` + strings.Repeat("g", 2000) + `"}`)
	d.log.Await(t, "join refused", 1)
	if code, reason := p.Ended(); code != 1008 || reason != "hub: name too long" {
		t.Errorf("closed with %d %q", code, reason)
	}
	expect(t, peers.Connect(t, d.text), `{"uid":"u1"}`, "ok", other)
}

func TestNoClientGroups(t *testing.T) {
	d := start(t, "-client-groups=false")
	p := d.page("u1")
	p.Say(`{"join":"g"}`)
	p.Settle()
	if joined := d.log.Holding("msg=joined"); joined != nil {
		t.Error(joined)
	}
}

func TestSingle(t *testing.T) {
	d := start(t, "-single")
	older, newer := d.page("u1"), d.page("u1")
	if code, reason := older.Ended(); code != 4001 || reason == "" {
		t.Errorf("the older got code %d, reason %q", code, reason)
	}
	expect(t, peers.Connect(t, d.text), `{"uid":"u1"}`, "ok", newer)
}

func TestEmptyUIDIsRefused(t *testing.T) {
	d := start(t)
	p := peers.OpenPage(t, d.websocket)
	p.Say("")
	if code, reason := p.Ended(); code != 1008 || !strings.Contains(reason, "empty uid") {
		t.Errorf("got code %d, reason %q", code, reason)
	}
}

func TestUnixSockets(t *testing.T) {
	dir := t.TempDir()
	ws, text := "unix:"+filepath.Join(dir, "ws"), "unix:"+filepath.Join(dir, "text")
	d := start(t, "-listen", "websocket://"+ws, "-listen", "text://"+text)
	if d.websocket != ws || d.text != text {
		t.Errorf("the greeting tells %q and %q", d.websocket, d.text)
	}
	if d.stdout.Holding("nc -N") != nil || d.log.Holding("WARN") != nil {
		t.Errorf("greeting %q, log %q", d.stdout, d.log)
	}
	expect(t, peers.Connect(t, d.text), `{"uid":"u1"}`, "ok", d.page("u1"))
}

func TestWarnsOfOpenTextPort(t *testing.T) {
	open := start(t, "-listen", "text://0.0.0.0:0", "-listen", "text://127.0.0.1:0")
	if warnings := open.log.Holding("level=WARN"); len(warnings) != 1 || !strings.Contains(warnings[0], "text://0.0.0.0:") {
		t.Error(warnings)
	}
}

func TestStopSaysGoodbye(t *testing.T) {
	d := start(t)
	p := d.page("u1")
	ended := make(chan error, 1)
	go func() { ended <- d.stop() }()
	if code, _ := p.Ended(); code != 1001 {
		t.Errorf("got code %d, want 1001", code)
	}
	if err := <-ended; err != nil {
		t.Error(err)
	}
}

func TestTakenPort(t *testing.T) {
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	for _, protocol := range []string{"websocket", "text", "http"} {
		address := protocol + "://" + taken.Addr().String()
		stdout := peers.NewLines()
		err := run([]string{"-listen", address, "-listen", "websocket://127.0.0.1:0"}, stdout, peers.NewLines())
		if err == nil || !strings.Contains(err.Error(), address) || !strings.Contains(err.Error(), "address already in use") {
			t.Errorf("%s: %v", address, err)
		}
		if stdout.String() != "" {
			t.Errorf("%s: it greets all the same: %s", address, stdout)
		}
	}
}
