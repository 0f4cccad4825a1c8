//go:build linux

package main

import (
	"fmt"
	"strings"
	"testing"

	"fanloop/internal/peers"
)

// statusOfBody is the first line of the answer to a body of that many bytes, on a connection of its own.
func (d *demo) statusOfBody(bytes int) string {
	d.t.Helper()
	length := fmt.Sprintf("Content-Length: %d", bytes)
	answer := head(d.t, d.http, "POST /push HTTP/1.1", "Host: localhost", "Content-Type: application/json", length, "Expect: 100-continue")
	status, _, _ := strings.Cut(answer, "\r\n")
	return status
}

// Limits of the codecs count for connections to come, and those that are open keep theirs.
func TestReloadOfCodecLimits(t *testing.T) {
	d, file := startFile(t, somePorts)
	old, oldBackEnd := d.page("u1"), peers.Connect(t, d.text)
	expect(t, oldBackEnd, `{"uid":"u1"}`, "ok", old)
	if got := d.statusOfBody(2000); !strings.Contains(got, " 100 ") {
		t.Error(got)
	}
	small := []string{"max-message = 100", "max-body = 1000", "max-line = 100", "ping-interval = '1h'", "max-head = 512"}
	rewrite(t, file, append([]string{somePorts}, small...)...)
	d.reloaded()
	d.wantChanged("changed", "max-message", "1MiB", "100 listener=websocket://127.0.0.1:0")
	d.wantChanged("changed", "max-message", "1MiB", "100 listener=http://127.0.0.1:0")
	d.wantChanged("changed", "max-body", "5MiB", "1000 listener=http://127.0.0.1:0")
	d.wantChanged("changed", "max-line", "10MiB", "100 listener=text://127.0.0.1:0")
	if lines := d.log.Holding("needs a restart"); len(lines) > 0 {
		t.Error(lines)
	}
	long := strings.Repeat("x", 200)
	for _, page := range []*peers.Page{d.page("u2"), peers.OpenPageAt(t, d.http, "/ws")} {
		page.Say(long)
		if code, _ := page.Ended(); code != 1009 {
			t.Errorf("closed with %d", code)
		}
	}
	if got := d.statusOfBody(2000); !strings.Contains(got, " 413 ") {
		t.Error(got)
	}
	if got := head(t, d.http, "GET /readyz HTTP/1.1", "Host: localhost", "X: "+strings.Repeat("x", 600)); !strings.Contains(got, " 431 ") {
		t.Error(got)
	}
	if got := peers.Connect(t, d.text).Ask(long); got != "error: line too long" {
		t.Error(got)
	}
	old.Say(long) // a wish that is none, and no reason to close it
	old.Settle()
	if got := oldBackEnd.Ask(long); got != "fail" {
		t.Error(got)
	}
	served := len(d.server.webSockets.all)
	rewrite(t, file, somePorts)
	d.reloaded()
	if got := peers.Connect(t, d.text).Ask(long); got != "fail" {
		t.Error(got)
	}
	if now := len(d.server.webSockets.all); now != served {
		t.Errorf("to go back has made %d servers of %d", now, served)
	}
	if got := d.server.webSockets.Stats().MessagesTooBig; got != 2 {
		t.Errorf("%d were too big: what a server has counted that serves nobody now counts", got)
	}
}

// That a port is for proxies, so that back ends have to show a token there, does not end with what the file says, but at a restart.
func TestReloadKeepsAskingForTokens(t *testing.T) {
	const behind = "listen = ['text://127.0.0.1:0?proxy=true']"
	d, file := startFile(t, behind, "trust-proxy = ['loopback']", "token = 'secret'")
	rewrite(t, file, strings.Replace(behind, "?proxy=true", "", 1), "trust-proxy = ['loopback']", "token = 'secret'", "max-line = 200")
	d.reloaded()
	d.wantChanged("this change needs a restart", "proxy", "true", "false listener=text://127.0.0.1:0")
	d.wantChanged("changed", "max-line", "10MiB", "200 listener=text://127.0.0.1:0")
	c := peers.Connect(t, d.text)
	c.Write("PROXY TCP4 192.0.2.1 192.0.2.2 1 2\r\n")
	if got := c.Ask(`{"uid":"u1"}`); got != "fail" {
		t.Error(got)
	}
	c.Ended()
}
