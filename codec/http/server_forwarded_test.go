//go:build linux

package http

import (
	"fmt"
	"io"
	"net"
	nethttp "net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/netip"
	"net/url"
	"strings"
	"testing"

	"fanloop/engine"
)

// behindProxies are the options of a listener that trusts this machine.
func behindProxies() engine.ListenOptions {
	return engine.ListenOptions{TrustedProxies: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}, MaxPerAddress: 2}
}

// getAs is a GET that a proxy passes on.
func getAs(path, fields string) string {
	return "GET " + path + " HTTP/1.1\r\nHost: a\r\n" + strings.ReplaceAll(fields, "\n", "\r\n") + "\r\n\r\n"
}

func tellClient(x *Exchange) {
	_ = x.Respond(200, nil, fmt.Appendf(nil, "%s %s", x.RemoteAddr(), x.Forwarded().text()))
}

// Each request of a proxy's connection is its own client's; a stranger's fields are his own business.
func TestServerForwarded(t *testing.T) {
	s := &Server{OnRequest: tellClient}
	s.Mount("/nethttp", nethttp.HandlerFunc(func(w nethttp.ResponseWriter, r *nethttp.Request) { fmt.Fprint(w, r.RemoteAddr) }))
	w := serve(t, s, behindProxies())
	c := w.dial()
	c.send(getAs("/", "Forwarded: for=192.0.2.7;proto=https;host=b"), getAs("/", `X-Forwarded-For: 6.6.6.6, 192.0.2.8, 127.0.0.5`),
		getAs("/", "A: b"), getAs("/nethttp", "X-Forwarded-For: [2001:db8::7]:99"), getAs("/nethttp", "Forwarded: for=unknown"), get("/"))
	own := c.LocalAddr().String()
	c.want(200, "192.0.2.7:0 192.0.2.7:0 https b")
	c.want(200, "192.0.2.8:0 192.0.2.8:0 - -")
	c.want(200, own+" - - -")
	c.want(200, "[2001:db8::7]:99")
	c.want(200, own)
	c.want(200, own+" - - -")
	c.send(getAs("/", "Forwarded: for=\"192.0.2.7"))
	c.want(400, "malformed Forwarded field\n")
	c.wantEnd()
	c = w.dial()
	c.send(getAs("/", "Forwarded: for=192.0.2.7\nX-Forwarded-For: 192.0.2.8"))
	c.want(400, "the Forwarded and X-Forwarded fields contradict each other\n")
	c.wantEnd()
	if n := w.Server.Stats().Refused; n != 2 {
		t.Errorf("%d refused, want 2", n)
	}

	other := serve(t, &Server{OnRequest: tellClient}, engine.ListenOptions{TrustedProxies: trusted})
	c = other.dial()
	c.send(getAs("/", "Forwarded: for=192.0.2.7;proto=https;host=b"), getAs("/", "Forwarded: \"\nX-Forwarded-For: 192.0.2.8\nX-Forwarded-Proto: https"))
	c.want(200, c.LocalAddr().String()+" - - -")
	c.want(200, c.LocalAddr().String()+" - - -")
}

// The head of a request with a body in pieces moves; what is told of it does not change.
func TestServerForwardedWithBody(t *testing.T) {
	w := serve(t, &Server{OnRequest: tellClient}, behindProxies())
	c := w.dial()
	w.bring(c, "POST / HTTP/1.1\r\nHost: a\r\nForwarded: for=192.0.2.7;host=b\r\nContent-Length: 4\r\n\r\nbo")
	c.send("dy")
	c.want(200, "192.0.2.7:0 192.0.2.7:0 - b")
}

// What net/http's own reverse proxy says is believed.
func TestServerBehindReverseProxy(t *testing.T) {
	w := serve(t, &Server{OnRequest: tellClient}, behindProxies())
	target, _ := url.Parse("http://" + w.addr.String())
	proxy := httptest.NewServer(&httputil.ReverseProxy{Rewrite: func(r *httputil.ProxyRequest) {
		r.SetURL(target)
		r.Out.Header["X-Forwarded-For"] = []string{"192.0.2.7"}
		r.SetXForwarded()
	}})
	defer proxy.Close()
	res, err := nethttp.Get(proxy.URL)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	host := strings.TrimPrefix(proxy.URL, "http://")
	if want := "192.0.2.7:0 192.0.2.7:0 http " + host; string(body) != want || err != nil {
		t.Errorf("got %q, %v, want %q", body, err, want)
	}
}

// A stream is its client's connection, and the limits on an address hold for that; the proxy's connection goes on after a refusal of
// what is no stream.
func TestServerEventsForwarded(t *testing.T) {
	addresses := make(chan string, 8)
	e := &Events{OnConnect: func(c *EventStream, x *Exchange) {
		addresses <- c.RemoteAddr().String() + " " + x.Forwarded().text() + " " + c.Ref().RemoteAddr().String()
	}}
	s := &Server{OnRequest: tellClient}
	s.Upgrade("/events", e)
	w := serve(t, s, behindProxies())
	ask := getAs("/events", "Forwarded: for=192.0.2.7;proto=https;host=b")
	for range 2 {
		w.dial().listen(ask)
		if got := receive(t, addresses); got != "192.0.2.7:0 192.0.2.7:0 https b 192.0.2.7:0" {
			t.Errorf("got %s", got)
		}
	}
	c := w.dial()
	c.send(ask)
	if res := c.want(429, "too many connections of this address\n"); res.Header.Get("Retry-After") == "" {
		t.Error("no Retry-After")
	}
	c.wantEnd()
	other := w.dial()
	other.listen(getAs("/events", "X-Forwarded-For: 192.0.2.8"))
	receive(t, addresses)
	for range 3 { // a proxy that does not tell is not counted
		w.dial().listen(get("/events"))
		receive(t, addresses)
	}
	plain := w.dial()
	plain.send(getAs("/", "X-Forwarded-For: 192.0.2.7")) // a request is no connection of its client's
	plain.want(200, "192.0.2.7:0 192.0.2.7:0 - -")
	if stats := w.Engine.Stats(); stats.OverAddress != 1 || w.Server.Stats().Refused != 1 {
		t.Errorf("%d over, %d refused, want 1, 1", stats.OverAddress, w.Server.Stats().Refused)
	}
	_ = other.Close()
	for range 2 {
		c = w.dial()
		c.listen(getAs("/events", "X-Forwarded-For: 192.0.2.9"))
		receive(t, addresses)
	}
}

// A proxy that names a loopback address means its own machine, not this one.
func TestIsLocal(t *testing.T) {
	for address, want := range map[string]bool{"127.0.0.1": true, "::1": true, "10.1.2.3": false, "2001:db8::1": false} {
		if got := isLocal(&net.TCPAddr{IP: net.ParseIP(address)}); got != want {
			t.Errorf("%s: %v", address, got)
		}
	}
	if !isLocal(&net.UnixAddr{}) {
		t.Error("a unix socket is of another machine")
	}
}

// Fields of proxies cost nothing where nobody is trusted, nor where they are not there.
func TestForwardedAllocations(t *testing.T) {
	for _, test := range []struct {
		name, raw string
		options   engine.ListenOptions
		most      float64
	}{
		{"not trusted", getAs("/", "Forwarded: for=192.0.2.7\nX-Forwarded-For: 192.0.2.7"), engine.ListenOptions{}, 0},
		{"not there", get("/"), behindProxies(), 0},
		{"Forwarded", getAs("/", "Forwarded: for=192.0.2.7;proto=https"), behindProxies(), 1},
		{"X-Forwarded-For", getAs("/", "X-Forwarded-For: 192.0.2.7\nX-Forwarded-Proto: https"), behindProxies(), 1},
	} {
		w := serve(t, &Server{OnRequest: plaintext}, test.options)
		trip := roundTrip(t, w, test.raw, 1)
		for range 10 {
			trip()
		}
		if got := testing.AllocsPerRun(200, trip); got > test.most {
			t.Errorf("%s: %v allocations, want %v", test.name, got, test.most)
		}
	}
}
