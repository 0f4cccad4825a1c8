//go:build linux

package http

import (
	"fmt"
	"strings"
	"testing"
)

// tellRoute answers with the route that was taken.
func tellRoute(x *Exchange) {
	_ = x.Respond(200, nil, fmt.Appendf(nil, "%s: %q %q %s", x.Pattern(), x.PathValue("a"), x.PathValue("b"), x.Body()))
}

func TestServerRoutes(t *testing.T) {
	s := &Server{}
	for _, pattern := range []string{"/", "GET /one/{a}", "POST /two/{a}/{b...}", "/dir/", "PUT /dir/file"} {
		s.Handle(pattern, tellRoute)
	}
	w := serve(t, s)
	c := w.dial()
	c.send(get("/"), get("/one/1%2F2"), post("/two/x/y/z%20", "body"), get("/two/x"), "OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n")
	c.want(200, `/: "" "" `)
	c.want(200, `GET /one/{a}: "1/2" "" `)
	c.want(200, `POST /two/{a}/{b...}: "x" "y/z " body`)
	c.want(200, `/: "" "" `)
	c.want(200, "")
	c.send(get("/dir?q=1"), get("//dir/../one"))
	if res := c.want(307, ""); res.Header.Get("Location") != "/dir/?q=1" {
		t.Errorf("Location: %q", res.Header.Get("Location"))
	}
	if res := c.want(307, ""); res.Header.Get("Location") != "/one" {
		t.Errorf("Location: %q", res.Header.Get("Location"))
	}
	c.send("HEAD /one/1 HTTP/1.1\r\nHost: a\r\n\r\n")
	c.wantTo("HEAD", 200, "")
	// The values of a path are there although the head's bytes have gone: its body comes later.
	c.send("POST /two/first/second HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\n\r\n")
	c.send("bo")
	c.send("dy")
	c.want(200, `POST /two/{a}/{b...}: "first" "second" body`)
}

func TestServerRouteMissing(t *testing.T) {
	s := &Server{}
	s.Handle("GET /a", tellRoute)
	s.Handle("DELETE /a", tellRoute)
	c := serve(t, s).dial()
	c.send(post("/a", "hello"), get("/b"))
	if res := c.want(405, "method not allowed\n"); res.Header.Get("Allow") != "DELETE, GET, HEAD" {
		t.Errorf("Allow: %q", res.Header.Get("Allow"))
	}
	c.want(404, "not found\n")

	s = &Server{OnRequest: tell}
	s.Handle("GET /a", tellRoute)
	c = serve(t, s).dial()
	c.send(get("/b"), post("/a", ""))
	c.want(200, `GET /b ""`)
	c.want(405, "method not allowed\n")
}

func TestServerRoutePanics(t *testing.T) {
	s := &Server{}
	s.Handle("/a/{x}", tell)
	refuses := func(pattern, why string) {
		defer func() {
			if got := fmt.Sprint(recover()); !strings.Contains(got, why) || !strings.Contains(got, pattern) {
				t.Errorf("%q: %s", pattern, got)
			}
		}()
		s.Handle(pattern, tell)
	}
	refuses("a", "no path")
	refuses("/{y}/b", "conflicts with")
	c := serve(t, s).dial()
	c.send(get("/a/b"))
	c.want(200, `GET /a/b ""`)
	refuses("/late", "too late")
}

type upgrader func(x *Exchange)

func (f upgrader) ServeUpgrade(x *Exchange) { f(x) }

// An upgrade waits for the answers before it.
func TestServerUpgradeRoute(t *testing.T) {
	s := &Server{}
	var first *Exchange
	s.Handle("/first", func(x *Exchange) {
		first = x
		x.Loop().After(0, func() { _ = first.Respond(200, nil, []byte("first")) })
	})
	s.Upgrade("GET /up/{a}", upgrader(func(x *Exchange) {
		if conn, err := x.Hijack(); err != nil {
			t.Error(err)
		} else {
			_ = conn.Send([]byte("HTTP/1.1 200 \r\nContent-Length: 2\r\nConnection: close\r\n\r\n" + x.PathValue("a")))
			conn.Close()
		}
	}))
	c := serve(t, s).dial()
	c.send(get("/first"), get("/up/ok"))
	c.want(200, "first")
	c.want(200, "ok")
	c.wantEnd()
}
