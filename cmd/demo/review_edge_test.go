//go:build linux

package main

import (
	"fmt"
	"io"
	"net"
	"os"
	"strings"
	"testing"
	"time"

	"fanloop/internal/peers"
)

// A page can have its visitor's browser post to the port of back ends, on a machine where nobody asks for a token. Its lines are not
// read: neither what stands in the body, nor anything behind any request line.
func TestAttackBrowserAtTextPort(t *testing.T) {
	for _, flags := range [][]string{nil, {"-token", "s3cret"}} {
		d := start(t, flags...)
		page := d.page("u1")
		for _, head := range []string{"POST / HTTP/1.1", "GET /?%0A HTTP/1.1", "OPTIONS * HTTP/1.0", `POST /{"all":true} HTTP/1.1`} {
			c, err := net.Dial("tcp", d.text)
			if err != nil {
				t.Fatal(err)
			}
			_ = c.SetDeadline(time.Now().Add(peers.Bound))
			_, _ = io.WriteString(c, head+"\r\nHost: "+d.text+"\r\nOrigin: http://evil.example\r\n\r\n"+`{"all":true,"by":"evil"}`+"\n")
			if answer, _ := io.ReadAll(c); string(answer) != "fail\n" { // a reset, too, is an end
				t.Errorf("%s: %q", head, answer)
			}
			c.Close()
		}
		backend := peers.Connect(t, d.text)
		expect(t, backend, `{"uid":"u1","after":true}`, "ok", page) // which is the first that the page gets
		if n := len(d.log.Holding("has come to the port of back ends")); n != 4 {
			t.Errorf("%d logged", n)
		}
	}
}

// A first message that is no uid for its length is not kept with the connection, nor is it in the lines of the log that name it.
func TestAttackLongUID(t *testing.T) {
	d := start(t)
	p := peers.OpenPage(t, d.websocket)
	p.Say(strings.Repeat("x", 1<<20))
	if code, reason := p.Ended(); code != 1008 || reason != "hub: name too long" {
		t.Errorf("%d %s", code, reason)
	}
	p.Hangup()
	d.log.Await(t, "msg=closed", 1)
	for line := range strings.Lines(d.log.String()) {
		if len(line) > 2000 {
			t.Errorf("a line of %d bytes in the log: %.200s", len(line), line)
		}
	}
}

// A page can have its visitor's browser ask the admin address of the visitor's machine, by a name that leads there (DNS rebinding) too.
func TestAttackBrowserAtAdmin(t *testing.T) {
	d := start(t, "-token", "s3cret", "-admin", "127.0.0.1:0")
	own := d.server.admin.addr.String()
	_, port, _ := net.SplitHostPort(own)
	for _, tt := range []struct {
		fields []string
		status int
	}{
		{[]string{"Host: " + own}, 200},
		{[]string{"Host: localhost:" + port}, 200},
		{[]string{"Host: [::1]"}, 200},
		{[]string{"Host: " + own, "Sec-Fetch-Site: none"}, 200},
		{[]string{"Host: " + own, "Sec-Fetch-Site: same-origin", "Origin: http://" + own}, 200},
		{[]string{"Host: " + own, "Sec-Fetch-Site: cross-site"}, 403},
		{[]string{"Host: " + own, "Sec-Fetch-Site: same-site"}, 403},
		{[]string{"Host: " + own, "Origin: http://evil.example"}, 403},
		{[]string{"Host: " + own, "Origin: null"}, 403},
		{[]string{"Host: evil.example:" + port}, 403},
		{[]string{"Host: evil.example:" + port, "Origin: http://evil.example:" + port, "Sec-Fetch-Site: same-origin"}, 403},
		{[]string{"Host: localhost.evil.example"}, 403},
	} {
		for _, path := range []string{"/metrics", "/debug/pprof/", "/debug/pprof/cmdline", "/debug/pprof/profile?seconds=0", "/debug/pprof/heap"} {
			if tt.status == 200 && strings.Contains(path, "profile") {
				continue // it takes its time
			}
			c, err := net.Dial("tcp", own)
			if err != nil {
				t.Fatal(err)
			}
			_ = c.SetDeadline(time.Now().Add(peers.Bound))
			_, _ = io.WriteString(c, "GET "+path+" HTTP/1.1\r\nConnection: close\r\n"+strings.Join(tt.fields, "\r\n")+"\r\n\r\n")
			answer, _ := io.ReadAll(c)
			c.Close()
			if !strings.HasPrefix(string(answer), fmt.Sprintf("HTTP/1.1 %d ", tt.status)) {
				t.Errorf("%s %q: %.100s", path, tt.fields, answer)
			}
		}
	}
}

// The command line may have secrets in it: the admin address does not show it.
func TestAdminShowsNoCommandLine(t *testing.T) {
	before := os.Args
	os.Args = []string{"fanloop", "-token", "s3cret"}
	t.Cleanup(func() { os.Args = before })
	d := start(t, "-token", "s3cret", "-admin", "127.0.0.1:0")
	if status, body := d.adminSays("/debug/pprof/cmdline"); status != 200 || body != "fanloop" {
		t.Errorf("%d %q", status, body)
	}
}

// A reload that takes the token away says which ports that opens.
func TestReloadWithoutToken(t *testing.T) {
	ports := "listen = ['websocket://127.0.0.1:0', 'text://127.0.0.1:0', 'text://127.0.0.1:0?proxy=1']"
	d, file := startFile(t, ports, "trust-proxy = ['10.0.0.0/8']", "token = 's3cret'")
	const warning = "everybody who can reach this port can push"
	rewrite(t, file, ports, "trust-proxy = ['10.0.0.0/8']", "token = 'another'")
	d.reloaded()
	if lines := d.log.Holding(warning); len(lines) > 0 {
		t.Error(lines)
	}
	rewrite(t, file, ports, "trust-proxy = ['10.0.0.0/8']")
	d.reloaded()
	if lines := d.log.Holding(warning); len(lines) != 1 {
		t.Error(lines)
	}
}
