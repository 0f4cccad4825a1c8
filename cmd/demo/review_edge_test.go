//go:build linux

package main

import (
	"io"
	"net"
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
		if len(line) > 1000 {
			t.Errorf("a line of %d bytes in the log: %.200s", len(line), line)
		}
	}
}
