//go:build linux

package identity

import (
	"bufio"
	"fmt"
	"io"
	"net"
	nethttp "net/http"
	"strings"
	"testing"
	"time"

	"fanloop/codec/http"
	"fanloop/internal/peers"
)

// Behind a proxy the next request of a connection may be another client's: that it comes behind one who was let in, and then not given a
// stream, tells nothing of it.
func TestDoorForgetsWhoHasNoStream(t *testing.T) {
	d := &Door{Tokens: tokens(t)}
	w := open(t, d, 1)
	web := &http.Server{}
	web.Upgrade("/events", d.GuardEvents(&http.Events{OnRequest: func(x *http.Exchange) {
		_ = x.Respond(403, nil, []byte("not you, "+VisitOf(x).UID))
	}}))
	web.Upgrade("/stream", d.GuardEvents(&http.Events{}))
	web.Handle("GET /who", func(x *http.Exchange) { _ = x.Respond(200, nil, fmt.Append(nil, VisitOf(x) != nil)) })
	ln, err := w.Listen("127.0.0.1:0", web)
	if err != nil {
		t.Fatal(err)
	}
	for _, first := range []struct {
		request, body string
		status        int
		closes        bool
	}{
		{"GET /events", "not you, u1", 403, false},
		{"HEAD /stream", "", 200, true},
	} {
		c, err := net.Dial("tcp", ln.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		_ = c.SetDeadline(time.Now().Add(peers.Bound))
		answers := bufio.NewReader(c)
		_, _ = io.WriteString(c, first.request+" HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer "+signed(t, nil)+"\r\n\r\n")
		answer, err := nethttp.ReadResponse(answers, &nethttp.Request{Method: strings.Fields(first.request)[0]})
		if err != nil {
			t.Fatal(err)
		}
		body, _ := io.ReadAll(answer.Body)
		if answer.StatusCode != first.status || string(body) != first.body || answer.Close != first.closes {
			t.Errorf("%s: %s %q, close %v", first.request, answer.Status, body, answer.Close)
		}
		if first.closes {
			continue // nothing comes behind it
		}
		_, _ = io.WriteString(c, "GET /who HTTP/1.1\r\nHost: a\r\n\r\n")
		if answer, err = nethttp.ReadResponse(answers, nil); err != nil {
			t.Fatal(err)
		}
		if body, _ = io.ReadAll(answer.Body); string(body) != "false" {
			t.Error("somebody else is taken for who was there before")
		}
	}
}

// RFC 6750 3.1: a request with several tokens is invalid_request.
func TestDoorManyTokensChallenge(t *testing.T) {
	w := open(t, &Door{Tokens: tokens(t)}, 1)
	for _, path := range []string{"/ws?token=a", "/events?token=a"} {
		answer, _ := w.knock(path, "Authorization: Bearer b")
		if got := answer.Header.Get("WWW-Authenticate"); answer.StatusCode != 400 || got != `Bearer error="invalid_request"` {
			t.Errorf("%s: %s, %q", path, answer.Status, got)
		}
	}
}
