//go:build linux

package hubapi

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"log/slog"
	"net"
	nethttp "net/http"
	"strings"
	"testing"
	"time"

	"fanloop/codec/http"
	"fanloop/codec/websocket"
	"fanloop/engine"
	"fanloop/hub"
	"fanloop/internal/peers"
)

// site is an API on a real port, with the hub's pages at /ws of the same: a page's first message is its uid and, behind blanks, its
// groups; later ones are answered with themselves.
type site struct {
	t      testing.TB
	api    *API
	http   *http.Server
	addr   string
	engine *engine.Engine
	client *nethttp.Client
}

func newSite(t testing.TB, a *API, prefix string, loops int, o hub.Options) *site {
	t.Helper()
	eng, err := engine.New(engine.Options{Loops: loops, Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	a.Hub = hub.New(eng.Loops(), o)
	s := &site{t: t, api: a, http: &http.Server{MaxBody: 8 << 20}, engine: eng}
	s.client = &nethttp.Client{Transport: &nethttp.Transport{}, Timeout: peers.Bound}
	t.Cleanup(s.end)
	a.Register(s.http, prefix)
	s.http.Upgrade("GET /ws", &websocket.Server{OnMessage: s.onPage})
	// A connection that is not home's: what it asks for goes to another loop and comes back.
	listener, err := eng.Listen("127.0.0.1:0", s.http, engine.ListenOptions{Loop: eng.Loops()[loops-1]})
	if err != nil {
		t.Fatal(err)
	}
	s.addr = listener.Addr().String()
	return s
}

func (s *site) end() {
	s.client.CloseIdleConnections()
	ctx, cancel := context.WithTimeout(context.Background(), peers.Bound)
	defer cancel()
	if err := s.engine.Shutdown(ctx); err != nil {
		s.t.Error(err)
	}
}

func (s *site) onPage(c *websocket.Conn, m websocket.Message) {
	if c.Value() != nil {
		_ = c.Send(m.Data)
		return
	}
	c.SetValue(true)
	names, ref := strings.Fields(string(m.Data)), c.Ref()
	s.api.Hub.Do(c.Loop(), func(x *hub.Home) {
		if err := x.Bind(ref, names[0]); err != nil {
			s.t.Error(err)
		}
		for _, group := range names[1:] {
			if err := x.Join(ref, group); err != nil {
				s.t.Error(err)
			}
		}
	})
}

// page opens a page. It is there when an answer to its second message is.
func (s *site) page(names string) *peers.Page {
	s.t.Helper()
	p := peers.OpenPageAt(s.t, s.addr, "/ws")
	p.Say(names)
	ctx, cancel := context.WithTimeout(context.Background(), peers.Bound)
	defer cancel()
	p.Settle()
	if err := s.api.Hub.Wait(ctx, func(*hub.Home) {}); err != nil { // behind what the page has posted
		s.t.Fatal(err)
	}
	return p
}

// reply is what was answered to a request.
type reply struct {
	status int
	header nethttp.Header
	body   string
}

func (s *site) ask(method, target, body string, fields ...string) reply {
	s.t.Helper()
	r, err := nethttp.NewRequest(method, "http://"+s.addr+target, strings.NewReader(body))
	if err != nil {
		s.t.Fatal(err)
	}
	if body != "" {
		r.Header.Set("Content-Type", "application/json")
	}
	for i := 0; i < len(fields); i += 2 {
		if r.Header.Set(fields[i], fields[i+1]); fields[i] == "Host" {
			r.Host = fields[i+1]
		}
	}
	answer, err := s.client.Do(r)
	if err != nil {
		s.t.Fatal(err)
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	if err != nil {
		s.t.Fatal(err)
	}
	return reply{answer.StatusCode, answer.Header, string(text)}
}

// What is said of the API's requests at large: they work from any loop, under a prefix, and pushes reach pages byte for byte.
func TestServed(t *testing.T) {
	for _, loops := range []int{1, 2, 4} {
		s := newSite(t, &API{}, "/hub", loops, hub.Options{})
		a, b := s.page("a g"), s.page("b")
		message := `{ "uid":"a" ,"x":"\u00e9" }`
		if got := s.ask("POST", "/hub/push", message+"\r\n"); got.status != 200 || got.body != `{"taken":1,"refused":0}`+"\n" {
			t.Errorf("%d loops: %v", loops, got)
		}
		if got := a.Next(); got != message {
			t.Errorf("%d loops: the page got %s", loops, got)
		}
		got := s.ask("POST", "/hub/push", `{"all":true}`+"\n"+`{"uid":"x"}`, "Content-Type", "Application/X-NDJSON; charset=utf-8")
		if want := `{"status":200,"taken":2,"refused":0}` + "\n" + `{"title":"Not Found","status":404,"detail":"nobody there","taken":0,"refused":0}` + "\n"; got.body != want {
			t.Errorf("%d loops: %v", loops, got)
		}
		if a, b := a.Next(), b.Next(); a != `{"all":true}` || b != a {
			t.Errorf("%d loops: the pages got %s and %s", loops, a, b)
		}
		if got := s.ask("GET", "/hub/online/%61", ""); got.body != `{"online":true}`+"\n" {
			t.Errorf("%d loops: %v", loops, got)
		}
		if got := s.ask("GET", "/hub/groups/%2f%20", ""); got.body != `{"uids":[]}`+"\n" {
			t.Errorf("%d loops: %v", loops, got)
		}
		if got := s.ask("HEAD", "/hub/count", ""); got.status != 200 || got.body != "" || got.header.Get("Content-Length") != "38" {
			t.Errorf("%d loops: %v", loops, got)
		}
		if got := s.ask("GET", "/hub/push", ""); got.status != 405 || got.header.Get("Allow") != "POST" {
			t.Errorf("%d loops: %v", loops, got)
		}
		if stats := s.api.Stats(); stats != (Stats{Requests: 5}) {
			t.Errorf("%d loops: %+v", loops, stats)
		}
		got = s.ask("POST", "/hub/kick", `{"uid":"b","data":"bye","code":4003,"reason":"over"}`)
		if got.body != `{"connections":1}`+"\n" || b.Next() != `"bye"` {
			t.Errorf("%d loops: %v", loops, got)
		}
		if code, reason := b.Ended(); code != 4003 || reason != "over" {
			t.Errorf("%d loops: %d %s", loops, code, reason)
		}
	}
}

func TestToken(t *testing.T) {
	s := newSite(t, &API{Token: "s3cret-._~+/="}, "", 1, hub.Options{})
	const other = "http://other.example"
	for _, test := range []struct {
		authorization, challenge string
		status                   int
	}{
		{"Bearer s3cret-._~+/=", "", 200},
		{"bearer  s3cret-._~+/=", "", 200},
		{"", `Bearer realm="fanloop"`, 401},
		{"Basic s3cret-._~+/=", `Bearer realm="fanloop"`, 401},
		{"s3cret-._~+/=", `Bearer realm="fanloop"`, 401},
		{"Bearer", `Bearer realm="fanloop", error="invalid_token"`, 401},
		{"Bearer s3cret-._~+/", `Bearer realm="fanloop", error="invalid_token"`, 401},
		{"Bearer S3cret-._~+/=", `Bearer realm="fanloop", error="invalid_token"`, 401},
		{"Bearer s3cret-._~+/= x", `Bearer realm="fanloop", error="invalid_token"`, 401},
	} {
		// Whoever has the token may come from anywhere.
		got := s.ask("GET", "/count", "", "Authorization", test.authorization, "Origin", other, "X-Forwarded-For", "192.0.2.1", "Host", "push.example")
		if got.status != test.status || got.header.Get("WWW-Authenticate") != test.challenge || got.header.Get("Cache-Control") != "no-store" {
			t.Errorf("%q: %v", test.authorization, got)
		}
		wantType := "application/json"
		if test.status != 200 {
			wantType = "application/problem+json"
		}
		if got.header.Get("Content-Type") != wantType {
			t.Errorf("%q: %v", test.authorization, got)
		}
	}
	if stats := s.api.Stats(); stats != (Stats{Requests: 2, Denied: 7}) {
		t.Errorf("%+v", stats)
	}
}

// A new token takes the place of the old one at once, and none lets this machine in; a later Register does not bring the first back.
func TestSetToken(t *testing.T) {
	s := newSite(t, &API{Token: "old"}, "", 1, hub.Options{})
	want := func(token string, status int) {
		t.Helper()
		var fields []string
		if token != "" {
			fields = []string{"Authorization", "Bearer " + token}
		}
		if got := s.ask("GET", "/count", "", fields...); got.status != status {
			t.Errorf("%q: %v", token, got)
		}
	}
	want("old", 200)
	s.api.SetToken("new")
	s.api.Register(&http.Server{}, "")
	want("old", 401)
	want("new", 200)
	want("", 401)
	s.api.SetToken("")
	want("", 200)
}

// Whoever may not ask is answered before a body is sent, so that none of it takes memory.
func TestDeniedBeforeTheBody(t *testing.T) {
	s := newSite(t, &API{Token: "secret"}, "", 1, hub.Options{})
	conn, err := net.Dial("tcp", s.addr)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	_ = conn.SetDeadline(time.Now().Add(peers.Bound))
	fmt.Fprint(conn, "POST /push HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 5000000\r\n\r\n")
	res, err := nethttp.ReadResponse(bufio.NewReader(conn), nil)
	if err != nil || res.StatusCode != 401 {
		t.Errorf("%v, %v", res, err)
	}
}

// What the server itself refuses has the API's form, and on other paths that of whoever was there before.
func TestRefusedByTheServer(t *testing.T) {
	s := newSite(t, &API{}, "/hub", 1, hub.Options{})
	const media, chunked = "Content-Type: application/json\r\n", "Transfer-Encoding: chunked\r\n\r\n"
	for _, test := range []struct {
		raw    string
		status int
		allow  string
		detail string
	}{
		{"GET /hub/push HTTP/1.1\r\nHost: localhost\r\n\r\n", 405, "POST", otherMethod.reason},
		{"DELETE /hub/online/a HTTP/1.1\r\nHost: localhost\r\nContent-Length: 999999999\r\n\r\n", 413, "", http.ErrBodyTooLarge.Reason()},
		{"DELETE /hub/online/a HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5\r\n\r\n", 405, "GET, HEAD", otherMethod.reason},
		{"POST /hub/push HTTP/1.1\r\nHost: localhost\r\n" + media + "Content-Length: 999999999\r\n\r\n", 413, "", http.ErrBodyTooLarge.Reason()},
		{"POST /hub/push HTTP/1.1\r\nHost: localhost\r\n" + media + chunked + "fffffff\r\n", 413, "", http.ErrBodyTooLarge.Reason()},
		{"POST /hub/push HTTP/1.1\r\nHost: localhost\r\n" + media + chunked + "x\r\n", 400, "", http.ErrChunkSize.Reason()},
		{"POST /hub/push HTTP/1.1\r\nHost: localhost\r\n" + media + "Expect: wonders\r\n\r\n", 417, "", http.ErrExpectation.Reason()},
		{"GET /ws HTTP/1.1\r\nHost: localhost\r\nExpect: wonders\r\n\r\n", 417, "", ""},
		{"GET /hub/count\r\n", 400, "", ""},
	} {
		conn, err := net.Dial("tcp", s.addr)
		if err != nil {
			t.Fatal(err)
		}
		_ = conn.SetDeadline(time.Now().Add(peers.Bound))
		fmt.Fprint(conn, test.raw)
		res, err := nethttp.ReadResponse(bufio.NewReader(conn), nil)
		if err != nil {
			t.Fatalf("%q: %v", test.raw, err)
		}
		body, _ := io.ReadAll(res.Body)
		_ = conn.Close()
		media, want := "application/problem+json", fmt.Sprintf("{\"title\":%q,\"status\":%d,\"detail\":%q}\n", http.StatusText(test.status), test.status, test.detail)
		if test.detail == "" {
			media, want = "text/plain; charset=utf-8", string(body)
		}
		if res.StatusCode != test.status || res.Header.Get("Allow") != test.allow || res.Header.Get("Content-Type") != media || string(body) != want {
			t.Errorf("%q: %v %s", test.raw, res, body)
		}
	}
}

func TestWithoutToken(t *testing.T) {
	s := newSite(t, &API{}, "", 1, hub.Options{})
	own := "http://" + s.addr
	for _, test := range []struct {
		fields []string
		status int
	}{
		{nil, 200},
		{[]string{"Authorization", "Bearer whatever"}, 200},
		{[]string{"Origin", own}, 200},
		{[]string{"Origin", own, "Sec-Fetch-Site", "same-origin"}, 200},
		{[]string{"Sec-Fetch-Site", "none"}, 200},
		{[]string{"Host", "localhost:8080", "Origin", "http://LOCALHOST:8080"}, 200},
		{[]string{"Host", "[::1]"}, 200},
		{[]string{"Origin", "null"}, 403},
		{[]string{"Origin", "http://127.0.0.1:1"}, 403}, // another program's pages on this machine
		{[]string{"Origin", "http://localhost"}, 403},
		{[]string{"Origin", "http://other.example"}, 403},
		{[]string{"Origin", own + ".other.example"}, 403},
		{[]string{"Sec-Fetch-Site", "cross-site"}, 403},
		{[]string{"Sec-Fetch-Site", "same-site"}, 403},
		{[]string{"Host", "other.example"}, 403}, // a name that has been made to lead here
		{[]string{"Host", "other.example", "Origin", "http://other.example"}, 403},
		{[]string{"Host", "localhost.other.example"}, 403},
		{[]string{"Host", "192.0.2.1"}, 403},
		{[]string{"X-Forwarded-For", "127.0.0.1"}, 403},
		{[]string{"Forwarded", "for=127.0.0.1"}, 403},
		{[]string{"X-Real-IP", "127.0.0.1"}, 403},
		{[]string{"Via", "1.1 proxy"}, 403},
		{[]string{"X-Forwarded-Host", "localhost"}, 403},
		{[]string{"x-forwarded-proto", "https"}, 403},
	} {
		if got := s.ask("GET", "/count", "", test.fields...); got.status != test.status {
			t.Errorf("%q: %v", test.fields, got)
		}
	}
}

// No form of a web page, nor a script that has not asked before, can say what these bodies must.
func TestMedia(t *testing.T) {
	s := newSite(t, &API{}, "", 1, hub.Options{})
	for _, test := range []struct {
		path, media string
		status      int
	}{
		{"/push", "application/json", 404},
		{"/push", "application/json;charset=UTF-8", 404},
		{"/push", "APPLICATION/JSON", 404},
		{"/push", "application/x-ndjson", 200},
		{"/push", "", 415},
		{"/push", "text/plain", 415},
		{"/push", "text/plain; application/json", 415},
		{"/push", "application/x-www-form-urlencoded", 415},
		{"/push", "multipart/form-data; boundary=x", 415},
		{"/push", "application/jsonx", 415},
		{"/kick", "application/json", 404},
		{"/kick", "application/x-ndjson", 415},
	} {
		if got := s.ask("POST", test.path, `{"$cmd":"`+test.path[1:]+`","uid":"x","data":1}`, "Content-Type", test.media); got.status != test.status {
			t.Errorf("%s %q: %v", test.path, test.media, got)
		}
	}
	// RFC 9110 15.5.16: the answer tells what would have been right.
	got := s.ask("POST", "/push", `{"uid":"x"}`, "Content-Encoding", "gzip")
	if got.status != 415 || got.header.Get("Accept") != "application/json, application/x-ndjson" || got.header.Get("Accept-Encoding") != "identity" {
		t.Errorf("gzip: %v", got)
	}
}
