//go:build linux

package http

import (
	"fmt"
	"testing"
)

// A program may say in its own form why requests are refused; the connection closes all the same, and the answers before come first.
func TestOnRefusal(t *testing.T) {
	s := mixed()
	s.OnRefusal = func(x *Exchange, r *Refusal) {
		if string(x.Head().Method) == "SILENT" {
			return
		}
		_ = x.Respond(r.Status(), nil, fmt.Appendf(nil, "%s %s %s: %s", x.Head().Method, x.Head().Path(), x.Pattern(), r.Reason()))
	}
	w := serve(t, s)
	for _, test := range []struct{ raw, want string }{
		{get("/later") + "GET /later\r\n" + get("/a"), "200 later /later \"\"\n400   : malformed request line close\n"},
		{get("/later") + "GET /later HTTP/1.1\r\n\r\n" + get("/a"), "200 later /later \"\"\n400 GET /later : no Host field close\n"},
		{"POST /none HTTP/1.1\r\nHost: a\r\nContent-Length: 99999999\r\n\r\n" + get("/a"), "413 POST /none /none: request body too large close\n"},
		{get("/reply") + "POST /none HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nab\r\n", "202 reply\n400 POST /none /none: malformed end of a chunk close\n"},
		{"POST /none HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\na", "400 POST /none /none: the request is incomplete close\n"},
		{"SILENT / HTTP/1.1\r\nHost: a\r\nExpect: b\r\n\r\n", "417 unknown expectation\n close\n"},
	} {
		if got := transcript(t, w.addr, test.raw); got != test.want {
			t.Errorf("%q:\n%s\nwant\n%s", test.raw, got, test.want)
		}
	}
	if n := w.Server.Stats().Refused; n != 6 {
		t.Errorf("%d refused", n)
	}
}
