//go:build linux

package main

import (
	"bufio"
	"crypto/tls"
	"io"
	"net"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"fanloop/internal/certs"
	"fanloop/internal/peers"
)

const (
	somePorts = "listen = ['websocket://127.0.0.1:0', 'text://127.0.0.1:0', 'http://127.0.0.1:0']"
	forOne    = "listen = ['websocket://127.0.0.1:0?max-connections=1', 'text://127.0.0.1:0', 'http://127.0.0.1:0']"
	forTwo    = "listen = ['websocket://127.0.0.1:0?max-connections=2', 'text://127.0.0.1:0', 'http://127.0.0.1:0']"
)

// reloaded reads the file again and waits until that is done.
func (d *demo) reloaded() {
	d.t.Helper()
	before := len(d.log.Holding("have been read again"))
	d.server.reload()
	d.log.Await(d.t, "have been read again", before+1)
}

// wantChanged wants a line of the log that says so of a key.
func (d *demo) wantChanged(message, key, was, is string) {
	d.t.Helper()
	if strings.Contains(message, " ") {
		message = strconv.Quote(message)
	}
	want := "msg=" + message + " key=" + key + " was=" + was + " is=" + is
	if len(d.log.Holding(want)) == 0 {
		d.t.Errorf("%s is missing in:\n%s", want, d.log)
	}
}

// head sends a request and returns the head of the answer.
func head(t *testing.T, address string, request ...string) string {
	t.Helper()
	conn, err := net.Dial("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	_ = conn.SetDeadline(time.Now().Add(peers.Bound))
	if _, err := io.WriteString(conn, strings.Join(request, "\r\n")+"\r\n\r\n"); err != nil {
		t.Fatal(err)
	}
	var all strings.Builder
	for in := bufio.NewReader(conn); ; {
		line, err := in.ReadString('\n')
		if all.WriteString(line); line == "\r\n" {
			return all.String()
		}
		if err != nil {
			t.Fatalf("%v, after %q", err, all.String())
		}
	}
}

// startFile runs a server with a configuration file of these lines.
func startFile(t *testing.T, lines ...string) (d *demo, file string) {
	t.Helper()
	file = writeConfig(t, lines...)
	o, err := parseOptions([]string{"-config", file})
	if err != nil {
		t.Fatal(err)
	}
	d = &demo{t: t, stdout: peers.NewLines(), log: peers.NewLines()}
	d.serve(o)
	d.stdout.Await(t, "listens on", 1)
	<-d.server.started
	d.websocket, d.text, d.http = d.opened("websocket"), d.opened("text"), d.opened("http")
	return d, file
}

func TestReloadOfLimits(t *testing.T) {
	d, file := startFile(t, forOne, "linger = '2s'")
	page := d.page("u1")
	refused := func() {
		t.Helper()
		c := peers.Connect(t, d.websocket)
		c.Ended()
	}
	refused()
	rewrite(t, file, forTwo, "linger = '3s'", "max-connections-total = 3")
	d.reloaded()
	d.wantChanged("changed", "max-connections", "1", "2 listener=websocket://127.0.0.1:0")
	d.wantChanged("changed", "linger", "2s", "3s listener=text://127.0.0.1:0")
	d.wantChanged("changed", "max-connections-total", "1048576", "3")
	d.page("u1")
	refused()
	backend := peers.Connect(t, d.text)
	expect(t, backend, `{"uid":"u1"}`, "ok", page)
	peers.Connect(t, d.text).Ended() // the fourth
	if lines := d.log.Holding("needs a restart"); len(lines) > 0 {
		t.Error(lines)
	}
	// What goes back goes back.
	rewrite(t, file, forOne, "linger = '2s'")
	d.reloaded()
	d.wantChanged("changed", "max-connections", "2", "1 listener=websocket://127.0.0.1:0")
	d.wantChanged("changed", "max-connections-total", "3", "1048576")
	lines := len(d.log.Holding("msg=changed"))
	d.reloaded()
	if now := d.log.Holding("msg=changed"); len(now) != lines {
		t.Errorf("nothing has changed: %q", now[lines:])
	}
}

// Ports with port 0 read the same: each keeps what is its own.
func TestReloadTellsPortsApart(t *testing.T) {
	two := "listen = ['websocket://127.0.0.1:0?max-connections=1', 'websocket://127.0.0.1:0?linger=3s', 'text://127.0.0.1:0', 'http://127.0.0.1:0']"
	d, file := startFile(t, two)
	d.reloaded()
	rewrite(t, file, strings.Replace(two, "linger=3s", "linger=4s", 1))
	d.reloaded()
	d.wantChanged("changed", "linger", "3s", "4s listener=websocket://127.0.0.1:0")
	if lines := d.log.Holding("key="); len(lines) != 1 {
		t.Errorf("changed: %q", lines)
	}
}

func TestReloadOfAPI(t *testing.T) {
	d, file := startFile(t, somePorts, "http-token = 'first'")
	ask := func(token string) string {
		return head(t, d.http, "GET /count HTTP/1.1", "Host: localhost", "Authorization: Bearer "+token)
	}
	stream := func() string {
		return head(t, d.http, "GET /events?uid=a HTTP/1.1", "Host: localhost", "Origin: https://a.example")
	}
	if got := ask("first"); !strings.Contains(got, " 200 ") {
		t.Error(got)
	}
	if got := stream(); strings.Contains(got, "https://a.example") {
		t.Error(got)
	}
	older, newer := d.page("u1"), d.page("u1")
	rewrite(t, file, somePorts, "http-token = 'second'", "cors = ['https://a.example']", "single = true", "client-groups = false")
	d.reloaded()
	d.wantChanged("changed", "http-token", "(secret)", "(secret)")
	d.wantChanged("changed", "cors", `""`, "https://a.example")
	d.wantChanged("changed", "single", "false", "true")
	d.wantChanged("changed", "client-groups", "true", "false")
	if got := ask("first"); !strings.Contains(got, " 401 ") {
		t.Error(got)
	}
	if got := ask("second"); !strings.Contains(got, " 200 ") {
		t.Error(got)
	}
	if got := stream(); !strings.Contains(got, "Access-Control-Allow-Origin: https://a.example") {
		t.Error(got)
	}
	if strings.Contains(d.log.String(), "second") || strings.Contains(d.log.String(), "first") {
		t.Error("the log tells a token")
	}
	third := d.page("u2")
	d.page("u2")
	if code, _ := third.Dismissed(); code != 4001 {
		t.Error(code)
	}
	backend := peers.Connect(t, d.text)
	older.Say(`{"join":"g"}`)
	older.Settle()
	expect(t, backend, `{"group":"g"}`, "fail")
	expect(t, backend, `{"uid":"u1"}`, "ok", older, newer)
}

// When anything is wrong, nothing is applied, and the log says where all of it stands.
func TestReloadIsAllOrNothing(t *testing.T) {
	c := manager(t, "")
	d, file := startFile(t, forOne)
	awaitNotice(t, c, "READY=1")
	d.page("u1")
	rewrite(t, file, forTwo, "single = true", "", "loops = 0", "idel = '3s'")
	d.server.reload()
	awaitNotice(t, c, "RELOADING=1")
	awaitNotice(t, c, "READY=1")
	for _, want := range []string{file + ":4: loops: want a number from 1 to 1024", file + ":5: idel: there is no such key"} {
		if len(d.log.Holding(`level=ERROR msg="not reloaded, everything is as it was" err="`+want+`"`)) != 1 {
			t.Errorf("%s is missing in:\n%s", want, d.log)
		}
	}
	peers.Connect(t, d.websocket).Ended()
	// A file that options name is wrong.
	rewrite(t, file, forTwo, "tls-cert = ['/nonexistent']", "tls-key = ['/nonexistent']")
	d.server.reload()
	d.log.Await(t, file+":2: tls-cert: no port of wss, https or texts", 1)
	peers.Connect(t, d.websocket).Ended()
	rewrite(t, file, forTwo)
	d.reloaded()
	d.page("u1")
}

// What needs a restart is named, with what runs and what is asked for, each time until it is as before.
func TestReloadNamesWhatNeedsARestart(t *testing.T) {
	d, file := startFile(t, somePorts, "max-name = 100", "keep-alive = '60s'")
	const restart = "this change needs a restart"
	rewrite(t, file, strings.Replace(somePorts, "http://127.0.0.1:0", "http://127.0.0.1:0?reuseport=true", 1), "loops = 2", "keep-alive = '50s'", "linger = '1s'")
	for round := range 2 {
		d.reloaded()
		d.wantChanged(restart, "loops", "1", "2")
		d.wantChanged(restart, "max-name", "100", "1024")
		for _, protocol := range []string{"http", "websocket", "text"} {
			d.wantChanged(restart, "keep-alive", "1m", "50s listener="+protocol+"://127.0.0.1:0")
		}
		d.wantChanged(restart, "reuseport", "false", "true listener=http://127.0.0.1:0")
		if got := d.log.Holding(restart); len(got) != 6*(round+1) {
			t.Errorf("%q", got)
		}
		if got := d.log.Holding("msg=changed key=linger"); len(got) != 3 {
			t.Errorf("%q", got)
		}
	}
	rewrite(t, file, "listen = ['text://127.0.0.1:0']", "max-name = 100", "keep-alive = '60s'")
	d.reloaded()
	d.wantChanged(restart, "listen", `"websocket://127.0.0.1:0 text://127.0.0.1:0 http://127.0.0.1:0"`, "text://127.0.0.1:0")
	rewrite(t, file, somePorts, "max-name = 100", "keep-alive = '60s'")
	d.reloaded()
	if got := d.log.Holding(restart); len(got) != 13 {
		t.Errorf("%q", got)
	}
}

// Back ends' certificates are held against the new authorities, and those of the old ones end.
func TestReloadOfClientCA(t *testing.T) {
	a, old, next, dir := certs.New(t), certs.New(t), certs.New(t), t.TempDir()
	cert, key := a.WriteTo(dir, "server", a.Issue("127.0.0.1"))
	ca := filepath.Join(dir, "ca.pem")
	old.Write(ca)
	d := startTLS(t, "-tls-cert", cert, "-tls-key", key, "-tls-client-ca", ca)
	caches := map[*certs.Authority]tls.ClientSessionCache{old: tls.NewLRUClientSessionCache(4), next: tls.NewLRUClientSessionCache(4)}
	lets := func(who *certs.Authority) bool {
		t.Helper()
		config := &tls.Config{RootCAs: a.Pool(), Certificates: []tls.Certificate{who.Issue("backend")}, ClientSessionCache: caches[who]}
		c := d.dialTLS("texts", config)
		_, _ = io.WriteString(c, `{"uid":"nobody"}`+"\n")
		n, _ := io.ReadFull(c, make([]byte, len("fail\n")))
		return n > 0
	}
	if !lets(old) || lets(next) {
		t.Error("before")
	}
	next.Write(ca)
	d.reloaded()
	if lets(old) || !lets(next) {
		t.Error("after")
	}
}

// SIGHUP reaches a process in every state: with a file, and with nothing to read.
func TestHangup(t *testing.T) {
	file := writeConfig(t, "listen = ['text://127.0.0.1:0']")
	p := launch(t, "-config", file)
	p.stdout.Await(t, "listens on", 1)
	rewrite(t, file, "listen = ['text://127.0.0.1:0']", "log-level = 'debug'", "loops = 2")
	p.signal(syscall.SIGHUP)
	p.stderr.Await(t, "have been read again", 1)
	p.stderr.Await(t, "key=log-level was=INFO is=DEBUG", 1)
	p.stderr.Await(t, "key=loops was=1 is=2", 1)
	_, address, _ := strings.Cut(p.stdout.Holding("text://")[0], "text://")
	if got := peers.Connect(t, address).Ask("nonsense"); got != "fail" {
		t.Error(got)
	}
	p.stderr.Await(t, "level=DEBUG", 1)
	p.signal(syscall.SIGTERM)
	p.wantExit(0)

	p = launch(t, "-listen", "text://127.0.0.1:0")
	p.stdout.Await(t, "listens on", 1)
	p.signal(syscall.SIGHUP)
	p.stderr.Await(t, "there is nothing to reload", 1)
	p.signal(syscall.SIGTERM)
	p.wantExit(0)
}
