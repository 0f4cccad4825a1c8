//go:build linux

package main

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"fanloop/internal/peers"
)

// startSite is start with an http port beside the other two.
func startSite(t *testing.T, flags ...string) *demo {
	t.Helper()
	d := start(t, append(flags, "-listen", "websocket://127.0.0.1:0", "-listen", "text://127.0.0.1:0", "-listen", "http://127.0.0.1:0")...)
	t.Cleanup(http.DefaultClient.CloseIdleConnections) // before the server ends
	return d
}

// listener opens a page that listens by Server-Sent Events, and waits until it is bound.
func (d *demo) listener(query string, fields ...string) *peers.Events {
	d.t.Helper()
	before := len(d.log.Holding("msg=bound"))
	e := peers.Listen(d.t, d.http, "/events?"+query, fields...)
	d.log.Await(d.t, "msg=bound", before+1)
	return e
}

// A webAnswer is what was answered to a request.
type webAnswer struct {
	status int
	header http.Header
	body   string
}

func (d *demo) ask(method, target, body string, fields ...string) webAnswer {
	d.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), peers.Bound)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, method, "http://"+d.http+target, strings.NewReader(body))
	if err != nil {
		d.t.Fatal(err)
	}
	if body != "" {
		r.Header.Set("Content-Type", "application/json")
	}
	for i := 0; i < len(fields); i += 2 {
		r.Header.Set(fields[i], fields[i+1])
	}
	res, err := http.DefaultClient.Do(r)
	if err != nil {
		d.t.Fatal(err)
	}
	defer res.Body.Close()
	text, err := io.ReadAll(res.Body)
	if err != nil {
		d.t.Fatal(err)
	}
	return webAnswer{res.StatusCode, res.Header, string(text)}
}

// One port has it all, and pages of all kinds hear what is pushed by any way.
func TestSite(t *testing.T) {
	for _, loops := range []string{"1", "3"} {
		t.Run(loops+" loops", func(t *testing.T) {
			d := startSite(t, "-loops", loops)
			p := peers.OpenPageAt(t, d.http, "/ws")
			p.Say("u1")
			d.log.Await(t, "msg=bound", 1)
			e, old := d.listener("uid=u1&group=g&group=%E7%B5%84"), d.page("u1")
			d.log.Await(t, "msg=joined", 2)

			for _, line := range []string{`{"uid":"u1","n":1}`, `{"all":true,"text":"使用者"}`} {
				if got := d.ask("POST", "/push", line); got.status != 200 || got.body != `{"taken":3,"refused":0}`+"\n" {
					t.Errorf("%s: %v", line, got)
				}
				if a, b, c := p.Next(), e.Next(), old.Next(); a != line || b != line || c != line {
					t.Errorf("%s: pages got %q, %q, %q", line, a, b, c)
				}
			}
			backend := peers.Connect(t, d.text)
			if got := backend.Ask(`{"group":"組","n":2}`); got != "ok" || e.Next() != `{"group":"組","n":2}` {
				t.Error(got)
			}
			if got := backend.Ask(`{"$cmd":"push","group":"g","text":"two\nlines"}`); got != `ok {"taken":1,"refused":0}` || e.Next() != "two\nlines" {
				t.Error(got)
			}
			if got := backend.Ask(`{"$cmd":"push","group":"g","binary":"AA=="}`); got != `fail {"error":"nobody took it","taken":0,"refused":1}` {
				t.Error(got)
			}
			if got := d.ask("GET", "/count", ""); got.body != `{"connections":3,"uids":1,"groups":2}`+"\n" {
				t.Error(got)
			}
			if got := d.ask("GET", "/", ""); got.status != 200 {
				t.Error(got)
			}
			if got := d.ask("GET", "/nothing", ""); got.status != 404 {
				t.Error(got)
			}
			e.Close()
			d.log.Await(t, "msg=closed", 1)
			for ctx := bounded(t); d.ask("GET", "/count?group=g", "").body != `{"connections":0}`+"\n"; { // another loop's hub may hear of it later
				if ctx.Err() != nil {
					t.Fatal("the page that has gone is still counted")
				}
			}
		})
	}
}

func TestSiteKicks(t *testing.T) {
	d := startSite(t)
	e := d.listener("uid=u1")
	if got := d.ask("POST", "/kick", `{"uid":"u1","text":"bye"}`); got.body != `{"connections":1}`+"\n" || e.Next() != "bye" {
		t.Error(got)
	}
	if got := e.Next(); got != `{"code":4000,"reason":""}` {
		t.Error(got)
	}
	e.Ended()
}

func TestSiteSingle(t *testing.T) {
	d := startSite(t, "-single")
	older, newer := d.listener("uid=u1"), d.listener("uid=u1")
	if got := older.Next(); got != `{"code":4001,"reason":"bound by a newer connection"}` {
		t.Error(got)
	}
	older.Ended()
	if got := d.ask("POST", "/push", `{"uid":"u1"}`); got.body != `{"taken":1,"refused":0}`+"\n" || newer.Next() != `{"uid":"u1"}` {
		t.Error(got)
	}
}

func TestParseSubscription(t *testing.T) {
	long := strings.Repeat("x", 1025)
	for _, test := range []struct {
		query string
		want  string
		err   error
	}{
		{"uid=u1", "{u1 []}", nil},
		{"uid=%E4%BD%BF&group=g&x=1&group=a+b", "{使 [g a b]}", nil},
		{"uid=" + long[1:], "{" + long[1:] + " []}", nil},
		{"", "", errOneUID},
		{"uid=", "", errOneUID},
		{"uid=a&uid=b", "", errOneUID},
		{"uid=" + long, "", errOneUID},
		{"group=g", "", errOneUID},
		{"uid=a&group=", "", errGroup},
		{"uid=a&group=" + long, "", errGroup},
		{"uid=%zz", "", errQuery},
	} {
		got, err := parseSubscription(test.query, true, standardLimits().name)
		if err != test.err || err == nil && fmt.Sprint(got) != test.want {
			t.Errorf("%.50s: %.50v, %v", test.query, got, err)
		}
	}
	if _, err := parseSubscription("uid=a&group=g", false, standardLimits().name); err != errNoGroups {
		t.Error(err)
	}
	if _, err := parseSubscription("uid=a", false, standardLimits().name); err != nil {
		t.Error(err)
	}
}

func TestEventsRefused(t *testing.T) {
	d := startSite(t, "-client-groups=false")
	if got := d.ask("GET", "/events", ""); got.status != 400 || got.body != "uid: want one, that is not empty\n" {
		t.Error(got)
	}
	if got := d.ask("GET", "/events?uid=a&group=g", ""); got.status != 403 || !strings.Contains(got.body, "may not join") {
		t.Error(got)
	}
	if got := d.ask("POST", "/events?uid=a", "{}"); got.status != 405 {
		t.Error(got)
	}
	if bound := d.log.Holding("msg=bound"); bound != nil {
		t.Error(bound)
	}
}

func TestLastEventID(t *testing.T) {
	d := startSite(t)
	d.listener("uid=a", "Last-Event-ID: 7")
	d.log.Await(t, "uid=a last=7", 1)
}

func TestCORS(t *testing.T) {
	d := startSite(t, "-cors", "https://www.example.com", "-cors", "http://localhost:3000")
	for origin, want := range map[string]string{
		"https://www.example.com": "https://www.example.com", "http://localhost:3000": "http://localhost:3000", "http://127.0.0.1": "",
	} {
		e := d.listener("uid=a", "Origin: "+origin)
		if got := e.Header.Get("Access-Control-Allow-Origin"); got != want {
			t.Errorf("%s: %q", origin, got)
		}
		// That is for those who listen: who pushes needs the token, or is on this machine and no page.
		if got := d.ask("POST", "/push", `{"uid":"a"}`, "Origin", origin); got.status != 403 || got.header.Get("Access-Control-Allow-Origin") != "" {
			t.Errorf("%s: %v", origin, got)
		}
	}
}

func TestHTTPToken(t *testing.T) {
	t.Setenv(tokenVariable, "of-the-environment")
	for token, flags := range map[string][]string{"of-the-flag": {"-http-token", "of-the-flag"}, "of-the-environment": nil} {
		d := startSite(t, flags...)
		if got := d.ask("GET", "/count", "", "Authorization", "Bearer "+token); got.status != 200 {
			t.Errorf("%s: %v", token, got)
		}
		if got := d.ask("GET", "/count", ""); got.status != 401 {
			t.Errorf("%s: %v", token, got)
		}
		d.stdout.Await(t, `curl -H "Authorization: Bearer $FANLOOP_TOKEN" --json`, 1)
		if strings.Contains(d.stdout.String()+d.log.String(), token) {
			t.Errorf("the token is in what is printed: %s%s", d.stdout, d.log)
		}
	}
}

func TestHealth(t *testing.T) {
	d := startSite(t)
	for target, want := range map[string]string{"/healthz": "ok\n", "/readyz": "ready\n"} {
		if got := d.ask("GET", target, ""); got.status != 200 || got.body != want || got.header.Get("Cache-Control") != "no-store" {
			t.Errorf("%s: %v", target, got)
		}
	}
}

// While a gentle stop lets those stay who are there, a load balancer is told to send nobody.
func TestNotReadyWhenLeaving(t *testing.T) {
	h := newHome(t)
	d := h.startDaemon("-listen", "http://127.0.0.1:0")
	conn := keep(t, d.http)
	want := func(target string, status int) {
		t.Helper()
		conn.want(status, "GET "+target+" HTTP/1.1\r\nHost: x\r\n\r\n")
	}
	want("/readyz", 200)
	stopping := launch(t, h.args("stop", "-g")...)
	stopping.stdout.Await(t, "takes no more connections", 1)
	want("/readyz", 503)
	want("/healthz", 200)
	conn.Close()
	stopping.wantExit(0)
}

// A kept is a connection for one request after the other. What net/http keeps for the next depends on time.
type kept struct {
	net.Conn
	t  *testing.T
	in *bufio.Reader
}

func keep(t *testing.T, address string) *kept {
	t.Helper()
	conn, err := net.Dial("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	_ = conn.SetDeadline(time.Now().Add(peers.Bound))
	return &kept{conn, t, bufio.NewReader(conn)}
}

// want sends a request, which has to be answered with this status.
func (k *kept) want(status int, request string) {
	k.t.Helper()
	_, _ = io.WriteString(k, request)
	res, err := http.ReadResponse(k.in, nil)
	if err != nil || res.StatusCode != status {
		k.t.Fatalf("%s: %v, %v", request, res, err)
	}
	_, _ = io.Copy(io.Discard, res.Body)
}

// A page that listens is told the end as HTTP has it, so that it comes back.
func TestStopEndsEvents(t *testing.T) {
	d := startSite(t)
	e := d.listener("uid=u1")
	ended := make(chan error, 1)
	go func() { ended <- d.stop() }()
	e.Ended()
	if err := <-ended; err != nil {
		t.Error(err)
	}
}

func TestSiteStatus(t *testing.T) {
	d := newHome(t).startDaemon("-listen", "http://127.0.0.1:0", "-log-level", "debug")
	e := peers.Listen(t, d.http, "/events?uid=u1")
	awaitInFile(t, d.place.log(), "msg=bound")
	const pushes = `[{"uid":"u1"},{"uid":"u1"},{"uid":"x"}]`
	conn := keep(t, d.http)
	conn.want(200, fmt.Sprintf("POST /push HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s", len(pushes), pushes))
	e.Next()
	conn.want(403, "GET /count HTTP/1.1\r\nHost: localhost\r\nOrigin: null\r\n\r\n")
	s := d.status()
	if s.Requests != 3 || s.RequestsRefused != 1 || s.EventStreams != 1 {
		t.Errorf("%+v", s)
	}
	if s.MessagesIn != 1 || s.MessagesOut != 2 || s.Bound != 1 || s.Pushes != 3 || s.Offline != 1 {
		t.Errorf("%+v", s)
	}
	if got, want := fmt.Sprint(s.Listeners), fmt.Sprint([]listenerStatus{{"http", "http://" + d.http, 2, 2}}); got != want {
		t.Errorf("%s, want %s", got, want)
	}
	conn.Close()
	e.Close()
	d.stop()
}

func TestSiteOnUnixSocket(t *testing.T) {
	address := "unix:" + t.TempDir() + "/http"
	d := start(t, "-listen", "http://"+address)
	e := peers.Listen(t, address, "/events?uid=u1")
	d.log.Await(t, "msg=bound", 1)
	// Whoever may open the socket may push, under whatever name; but not who comes through a proxy.
	client := http.Client{Transport: &http.Transport{DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
		return new(net.Dialer).DialContext(ctx, "unix", strings.TrimPrefix(address, "unix:"))
	}}}
	defer client.CloseIdleConnections()
	for proxy, want := range map[string]int{"": 200, "192.0.2.1": 403} {
		r, err := http.NewRequest("POST", "http://hub/push", strings.NewReader(`{"uid":"u1"}`))
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Content-Type", "application/json")
		if proxy != "" {
			r.Header.Set("X-Forwarded-For", proxy)
		}
		if res, err := client.Do(r); err != nil || res.StatusCode != want || res.Body.Close() != nil {
			t.Errorf("%q: %v, %v", proxy, res, err)
		}
	}
	if got := e.Next(); got != `{"uid":"u1"}` {
		t.Error(got)
	}
	e.Close()
}
