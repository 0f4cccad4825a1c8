//go:build linux

package http

import (
	"io"
	nethttp "net/http"
	"net/netip"
	"strings"
	"testing"

	"fanloop/engine"
)

// Four seconds' worth of requests is answered, the next gets 429.
func TestServerTooFast(t *testing.T) {
	s := &Server{OnRequest: tell}
	w := serve(t, s, engine.ListenOptions{MessageRate: 1, Fast: engine.CloseFast})
	c, other := w.dial(), w.dial()
	for range 4 {
		c.send(post("/", "a body is no request"))
		c.want(200, `POST / "a body is no request"`)
	}
	if n := s.Stats().RefusedRate; n != 0 {
		t.Fatalf("%d refused", n)
	}
	c.send(strings.Repeat(get("/"), 10)) // should this machine be very slow
	for refused := false; !refused; {
		res, body := c.answer()
		if refused = res.StatusCode == 429; refused && (!res.Close || res.Header.Get("Retry-After") != "1" || body != "too many requests or bytes a second\n") {
			t.Errorf("%v %q", res.Header, body)
		}
	}
	c.wantEnd()
	other.send(get("/"))
	other.want(200, `GET / ""`)
	if stats := s.Stats(); stats.RefusedRate != 1 || stats.Refused != 1 || w.Engine.Stats().RateCloses != 1 {
		t.Errorf("counted %+v, %d closed", stats, w.Engine.Stats().RateCloses)
	}
}

// answer reads whatever answer comes.
func (c *client) answer() (*nethttp.Response, string) {
	c.t.Helper()
	res, err := nethttp.ReadResponse(c.r, nil)
	if err != nil {
		c.t.Fatalf("no answer: %v", err)
	}
	body, err := io.ReadAll(res.Body)
	if err != nil {
		c.t.Fatal(err)
	}
	return res, string(body)
}

// Too many bytes are refused wherever they come: in a head, in a body, and behind the requests that are owed an answer.
func TestServerTooManyBytes(t *testing.T) {
	asked := make(chan *Exchange, 1)
	const owed = "/owed"
	for _, raw := range []string{
		"GET / HTTP/1.1\r\nHost: a\r\n",
		"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhel",
		get(owed),
	} {
		s := &Server{OnRequest: func(x *Exchange) { asked <- x }}
		w := serve(t, s, engine.ListenOptions{ByteRate: 1, Fast: engine.CloseFast})
		c := w.dial()
		c.send(raw)
		if raw == get(owed) {
			x := receive(t, asked)
			await(t, w.Engine, func() { _ = x.Respond(200, nil, []byte("owed")) })
			c.want(200, "owed")
		}
		c.want(429, "too many requests or bytes a second\n")
		c.wantEnd()
		if n := s.Stats().RefusedRate; n != 1 {
			t.Errorf("%q: counted %d", raw, n)
		}
	}
}

func TestServerPausesTheFast(t *testing.T) {
	w := serve(t, &Server{OnRequest: tell}, engine.ListenOptions{MessageRate: 5})
	c := w.dial()
	const most = 4*5 + 3 // in one read, and one turn: nothing is earned meanwhile, however slow this machine may be
	c.send(strings.Repeat(get("/"), most))
	for range most {
		c.want(200, `GET / ""`)
	}
	if s := w.Engine.Stats(); s.RatePauses == 0 || s.RateCloses != 0 {
		t.Errorf("%d pauses, %d closed", s.RatePauses, s.RateCloses)
	}
}

// Who has turned out to be no stranger may go on as it likes, with the requests that have come already too.
func TestServerExempts(t *testing.T) {
	w := serve(t, &Server{OnRequest: func(x *Exchange) {
		x.Exempt()
		tell(x)
	}}, engine.ListenOptions{MessageRate: 1, ByteRate: 1, Fast: engine.CloseFast})
	c := w.dial()
	const most = 50
	c.send(strings.Repeat(get("/"), most))
	for range most {
		c.want(200, `GET / ""`)
	}
	if n := w.Engine.Stats().RateCloses; n != 0 {
		t.Errorf("%d closed", n)
	}
}

// Requests from where many may speak are not held to a rate, and those of an upgraded connection are again.
func TestServerRateExempt(t *testing.T) {
	loopback := netip.MustParsePrefix("127.0.0.0/8")
	for name, test := range map[string]struct {
		server  *Server
		options engine.ListenOptions
	}{
		"RateExempt":     {&Server{RateExempt: []netip.Prefix{netip.MustParsePrefix("192.0.2.0/24"), loopback}}, engine.ListenOptions{}},
		"TrustedProxies": {&Server{}, engine.ListenOptions{TrustedProxies: []netip.Prefix{loopback}}},
	} {
		t.Run(name, func(t *testing.T) {
			s, o := test.server, test.options
			o.MessageRate, o.Fast = 1, engine.CloseFast
			s.OnRequest = tell
			s.Upgrade("GET /up", upgrader(func(x *Exchange) {
				conn, err := x.Hijack()
				if err != nil {
					t.Error(err)
					return
				}
				conn.SetHandler(counting{})
			}))
			w := serve(t, s, o)
			c := w.dial()
			for range 50 {
				c.send(get("/"))
				c.want(200, `GET / ""`)
			}
			c.send(get("/up") + strings.Repeat("x", 50))
			if _, err := io.Copy(io.Discard, c.r); err != nil {
				t.Fatal(err)
			}
			if n := w.Engine.Stats().RateCloses; n != 1 {
				t.Errorf("%d closed", n)
			}
		})
	}
}

// counting takes each byte for a message.
type counting struct{}

func (counting) OnOpen(*engine.Conn)         {}
func (counting) OnClose(*engine.Conn, error) {}
func (counting) OnShutdown(c *engine.Conn)   { c.Close() }

func (counting) OnTraffic(c *engine.Conn, p []byte) int {
	for i := range p {
		if !c.Count() {
			return i
		}
	}
	return len(p)
}
