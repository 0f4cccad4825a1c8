//go:build linux

package http

import (
	"fmt"
	"strings"
	"sync/atomic"
	"testing"
)

// serveLast has handlers that answer when all of the input has been read, and counts the requests that nobody may be served.
func serveLast(t *testing.T) (w *world, seen *atomic.Int32) {
	seen = new(atomic.Int32)
	s := &Server{OnRequest: func(x *Exchange) {
		seen.Add(1)
		_ = x.Respond(200, nil, nil)
	}}
	s.Handle("/later", func(x *Exchange) {
		_ = x.Loop().Post(func() { _ = x.Respond(200, nil, []byte("later")) })
	})
	s.Handle("/stream", func(x *Exchange) {
		st, err := x.Stream(200, nil)
		if err != nil {
			t.Error(err)
			return
		}
		_ = x.Loop().Post(func() {
			_, _ = st.Write([]byte("streamed"))
			_ = st.Close()
		})
	})
	s.addRoute("/early", destination{open: func(x *Exchange) { _ = x.Respond(403, nil, []byte("early")) }})
	return serve(t, s), seen
}

// Behind a request that is the connection's last no other is served, also when its answer is not ready yet, or has to wait for those
// before it (RFC 9112 9.6). Least of all is a body that nobody reads taken for requests.
func TestServerLastRequest(t *testing.T) {
	hidden := strings.Repeat(get("/hidden"), 300<<10/len(get("/hidden")))
	chunks := strings.Repeat(fmt.Sprintf("%x\r\n%s\r\n", len(get("/hidden")), get("/hidden")), 300<<10/len(get("/hidden")))
	for _, test := range []struct{ name, raw, want string }{
		{"close", "GET /later HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n" + get("/b"), "200 later close\n"},
		{"1.0", old("/later") + get("/b"), "200 later close\n"},
		{"1.0, to the end", "GET /stream HTTP/1.0\r\nConnection: keep-alive\r\n\r\n" + get("/b"), "200 streamed close\n"},
		{"behind another", get("/later") + "GET /early HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n" + get("/b"), "200 later\n403 early close\n"},
		{"long body", get("/later") + post("/early", hidden) + get("/b"), "200 later\n403 early close\n"},
		{"long body of chunks", get("/later") + "POST /early HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n" + chunks + "0\r\n\r\n" + get("/b"),
			"200 later\n403 early\n"},
		{"expect", get("/later") + "POST /early HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 3\r\n\r\n" + get("/b"),
			"200 later\n403 early close\n"},
	} {
		t.Run(test.name, func(t *testing.T) {
			w, seen := serveLast(t)
			if got := transcript(t, w.addr, test.raw); got != test.want {
				t.Errorf("got\n%.200s\nwant\n%s", got, test.want)
			}
			if n := seen.Load(); n > 0 {
				t.Errorf("%d requests behind the last", n)
			}
		})
	}
}
