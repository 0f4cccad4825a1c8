//go:build linux

package http

import (
	"testing"
)

func TestServerEventsMethods(t *testing.T) {
	w := serveEvents(t, &Events{
		CORS: CORS{Origins: []string{"https://a.example"}, Credentials: true},
		OnRequest: func(x *Exchange) {
			if x.Head().Query() != nil {
				_ = x.Respond(403, nil, []byte("no"))
			}
		},
	})
	c := w.dial()
	c.send("HEAD /events HTTP/1.1\r\nHost: a\r\nOrigin: https://a.example\r\n\r\n")
	res := c.wantTo("HEAD", 200, "")
	if h := res.Header; !res.Close || h.Get("Content-Type") != "text/event-stream" || h.Get("Access-Control-Allow-Origin") != "https://a.example" || h.Get("Content-Length") != "" {
		t.Errorf("%v", h)
	}
	c = w.dial()
	c.send(get("/events?"), post("/events", "x"))
	c.want(403, "no")
	if res := c.want(405, "method not allowed\n"); res.Header.Get("Allow") != "GET, HEAD, OPTIONS" {
		t.Errorf("%v", res.Header)
	}
	c.send("OPTIONS /events HTTP/1.1\r\nHost: a\r\nOrigin: https://a.example\r\nAccess-Control-Request-Method: GET\r\n" +
		"Access-Control-Request-Headers: authorization\r\n\r\n")
	res = c.want(204, "")
	for name, want := range map[string]string{
		"Access-Control-Allow-Origin": "https://a.example", "Access-Control-Allow-Credentials": "true",
		"Access-Control-Allow-Methods": "GET, HEAD", "Access-Control-Allow-Headers": "authorization", "Vary": "Origin",
	} {
		if got := res.Header.Get(name); got != want {
			t.Errorf("%s: %q", name, got)
		}
	}
	res = c.listen("GET /events HTTP/1.1\r\nHost: b.example\r\nOrigin: https://b.example\r\n\r\n")
	if res.Header.Get("Access-Control-Allow-Origin") != "" || res.Header.Get("Vary") != "Origin" {
		t.Errorf("%v", res.Header)
	}
}
