//go:build linux

package http

import (
	"sync/atomic"
	"testing"
)

// A page of another site gets no stream, is counted, and OnRequest does not hear of it; the connection is as good as before.
func TestEventsCrossSiteOrigin(t *testing.T) {
	var asked atomic.Int32
	e := &Events{CORS: CORS{Origins: []string{"https://app.example"}}, OnRequest: func(x *Exchange) { asked.Add(1) }}
	w := serveEvents(t, e)
	c := w.dial()
	for i, field := range []string{
		"Origin: https://evil.example", "Origin: null", "Origin: http://a.evil.example", "Sec-Fetch-Site: cross-site", "Origin: http://a\r\nOrigin: http://b",
	} {
		c.send("GET /events HTTP/1.1\r\nHost: a\r\n" + field + "\r\n\r\n")
		c.want(403, "pages of this origin may not connect\n")
		if got := e.OriginsRefused(); got != uint64(i+1) || asked.Load() > 0 {
			t.Errorf("%d counted, %d asked after %q", got, asked.Load(), field)
		}
	}
	for _, field := range []string{"Origin: http://a:8080", "Origin: https://app.example", "Accept: */*", "Sec-Fetch-Site: same-origin"} {
		w.dial().listen("GET /events HTTP/1.1\r\nHost: a\r\n" + field + "\r\n\r\n")
	}
}
