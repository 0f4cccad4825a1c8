package identity

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"reflect"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

// asked is what Ask has answered.
type asked struct {
	id  Identity
	err error
}

func ask(b *Backend, c Credentials) asked {
	answered := make(chan asked, 1)
	b.Ask(c, func(id Identity, err error) { answered <- asked{id, err} })
	return <-answered
}

// answering is a back end that answers everything alike.
func answering(t testing.TB, status int, body string) *httptest.Server {
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Location", "/elsewhere")
		w.WriteHeader(status)
		_, _ = io.WriteString(w, body)
	}))
	t.Cleanup(s.Close)
	return s
}

// quietly has what would be logged thrown away.
func quietly(url string) *Backend {
	return &Backend{URL: url, Logger: slog.New(slog.DiscardHandler), Now: at(noon)}
}

// patiently is quietly, and waits for a slow machine.
func patiently(url string) *Backend {
	b := quietly(url)
	b.Timeout = time.Minute
	return b
}

func TestBackendAnswers(t *testing.T) {
	for _, tt := range []struct {
		status int
		body   string
		want   Identity
		err    error
	}{
		{200, `{"uid":"u1"}`, Identity{UID: "u1"}, nil},
		{200, `{"uid":7,"groups":["a",8],"expires":null,"more":true}`, Identity{UID: "7", Groups: []string{"a", "8"}}, nil},
		{200, fmt.Sprintf(`{"uid":"u1","expires":%d}`, noon.Unix()+60), Identity{UID: "u1", Expires: noon.Add(time.Minute)}, nil},
		{401, "", Identity{}, ErrRefused},
		{403, `{"uid":"u1"}`, Identity{}, ErrRefused},

		{200, fmt.Sprintf(`{"uid":"u1","expires":%d}`, noon.Unix()), Identity{}, ErrBackendAnswer},
		{200, `{"uid":"u1","expires":"soon"}`, Identity{}, ErrBackendAnswer},
		{200, "", Identity{}, ErrBackendAnswer},
		{200, "u1", Identity{}, ErrBackendAnswer},
		{200, `"u1"`, Identity{}, ErrBackendAnswer},
		{200, `{"uid":""}`, Identity{}, ErrBackendAnswer},
		{200, `{"uid":null}`, Identity{}, ErrBackendAnswer},
		{200, `{}`, Identity{}, ErrBackendAnswer},
		{200, `{"uid":"u1","groups":"a"}`, Identity{}, ErrBackendAnswer},
		{200, `{"uid":"u1"} <br>Warning: ...`, Identity{}, ErrBackendAnswer},
		{200, "{\"uid\":\"\xff\"}", Identity{}, ErrBackendAnswer},
		{200, `{"uid":"` + strings.Repeat("x", 1025) + `"}`, Identity{}, ErrBackendAnswer},
		{200, `{"uid":"u1","x":"` + strings.Repeat("x", maxAnswer) + `"}`, Identity{}, ErrBackendAnswer},
		{204, "", Identity{}, ErrBackendAnswer},
		{302, "", Identity{}, ErrBackendAnswer},
		{307, "", Identity{}, ErrBackendAnswer},
		{404, "", Identity{}, ErrBackendAnswer},
		{500, `{"uid":"u1"}`, Identity{}, ErrBackendAnswer},
		{503, "", Identity{}, ErrBackendAnswer},
	} {
		b := patiently(answering(t, tt.status, tt.body).URL)
		got := ask(b, Credentials{})
		got.id.Expires = got.id.Expires.UTC()
		if tt.want.Expires.IsZero() {
			got.id.Expires = time.Time{}
		}
		if !errors.Is(got.err, tt.err) || !reflect.DeepEqual(got.id, tt.want) {
			t.Errorf("%d %.60s: %+v; want %+v, %v", tt.status, tt.body, got, tt.want, tt.err)
		}
		if s := b.Stats(); s.Asked != 1 || (tt.err == ErrBackendAnswer) != (s.Wrong == 1) || (tt.err == ErrRefused) != (s.Refused == 1) || s.Underway != 0 {
			t.Errorf("%d %.60s: %+v", tt.status, tt.body, s)
		}
		b.Close()
	}
}

// What the client has shown comes to the back end, and nothing else.
func TestBackendRequest(t *testing.T) {
	seen := make(chan string, 1)
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		seen <- fmt.Sprintf("%s %s %q %q %q %s", r.Method, r.URL, r.Header.Get("Cookie"), r.Header["Authorization"], r.Header.Get("Content-Type"), body)
		_, _ = io.WriteString(w, `{"uid":"u1"}`)
	}))
	defer s.Close()
	b := patiently(s.URL + "/auth?a=b")
	defer b.Close()
	ask(b, Credentials{Cookie: "session=1; x=2", Path: "/ws", Query: "room=7&a=<b>", Host: "example.com:80", Origin: "https://example.com", Address: "192.0.2.7"})
	want := `POST /auth?a=b "session=1; x=2" [] "application/json" ` +
		`{"path":"/ws","query":"room=7\u0026a=\u003cb\u003e","host":"example.com:80","origin":"https://example.com","address":"192.0.2.7"}`
	if got := <-seen; got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

func TestBackendAbsent(t *testing.T) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer ln.Close()
	client, err := net.Dial("tcp", ln.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	closed := client.LocalAddr().String() // a port where nobody listens, nor will meanwhile
	hangs := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		conn, _, _ := http.NewResponseController(w).Hijack()
		_ = conn.Close()
	}))
	defer hangs.Close()
	for _, url := range []string{"http://" + closed, hangs.URL, "http://127.0.0.1:1:1/", "ftp://127.0.0.1/"} {
		b := patiently(url)
		if got := ask(b, Credentials{}); got.err != ErrBackendAbsent || b.Stats().Absent != 1 {
			t.Errorf("%s: %+v, %+v", url, got, b.Stats())
		}
		b.Close()
	}
	b := patiently(answering(t, 200, `{"uid":"u1"}`).URL)
	b.Close()
	if got := ask(b, Credentials{}); got.err != ErrBackendAbsent {
		t.Errorf("after Close: %+v", got)
	}
}

// transport is a back end without sockets, for tests in which time is theirs.
type transport func(*http.Request) (*http.Response, error)

func (f transport) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

func says(status int, body string) *http.Response {
	return &http.Response{StatusCode: status, Body: io.NopCloser(strings.NewReader(body)), Header: http.Header{}}
}

// slowly answers after d, unless the request has been given up.
func slowly(d time.Duration, asked *atomic.Int32) *http.Client {
	return &http.Client{Transport: transport(func(r *http.Request) (*http.Response, error) {
		asked.Add(1)
		select {
		case <-time.After(d):
			return says(200, `{"uid":"u1"}`), nil
		case <-r.Context().Done():
			return nil, r.Context().Err()
		}
	})}
}

// A back end that is slow keeps a client waiting for the time limit, and not longer.
func TestBackendSlow(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var n atomic.Int32
		for _, tt := range []struct {
			takes, waited time.Duration
			err           error
		}{{2999 * time.Millisecond, 2999 * time.Millisecond, nil}, {3001 * time.Millisecond, 3 * time.Second, ErrBackendSlow}, {time.Hour, 3 * time.Second, ErrBackendSlow}} {
			b := quietly("http://backend.example")
			b.Client = slowly(tt.takes, &n)
			began := time.Now()
			if got := ask(b, Credentials{}); got.err != tt.err || time.Since(began) != tt.waited {
				t.Errorf("%v: %+v after %v", tt.takes, got, time.Since(began))
			}
			if s := b.Stats(); (s.Slow == 1) != (tt.err != nil) {
				t.Errorf("%+v", s)
			}
		}
	})
}

// Those who say the same share a request; requests are bounded, and so are those that wait for their turn, whose time runs.
func TestBackendBounds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var n atomic.Int32
		b := quietly("http://backend.example")
		b.MaxConcurrent, b.MaxWaiting, b.CacheTime = 2, 3, -1
		b.Client = slowly(2*time.Second, &n)
		answers := make(chan asked, 20)
		collect := func(id Identity, err error) { answers <- asked{id, err} }
		for i := range 6 {
			b.Ask(Credentials{Cookie: fmt.Sprint(i)}, collect)
			b.Ask(Credentials{Cookie: fmt.Sprint(i)}, collect)
		}
		synctest.Wait()
		if n.Load() != 2 || len(answers) != 2 {
			t.Errorf("%d requests, %d answers at once", n.Load(), len(answers))
		}
		for range 2 {
			if got := <-answers; got.err != ErrBackendBusy {
				t.Errorf("one too many: %+v", got)
			}
		}
		if s := b.Stats(); s.Busy != 2 || s.Shared != 5 || s.Underway != 5 {
			t.Errorf("%+v", s)
		}
		time.Sleep(2*time.Second + time.Millisecond)
		synctest.Wait()
		if n.Load() != 4 || len(answers) != 4 {
			t.Errorf("after two seconds: %d requests, %d answers", n.Load(), len(answers))
		}
		time.Sleep(time.Second)
		synctest.Wait()
		right, late := 0, 0
		for len(answers) > 0 {
			switch got := <-answers; got.err {
			case nil:
				right++
			case ErrBackendSlow:
				late++
			default:
				t.Error(got)
			}
		}
		if right != 4 || late != 6 {
			t.Errorf("%d right, %d late", right, late)
		}
		if s := b.Stats(); s.Underway != 0 || b.running != 0 {
			t.Errorf("%+v, %d running", s, b.running)
		}
	})
}

// An answer is taken for true for a while, by those who say the same from the same address; a failure is not.
func TestBackendCache(t *testing.T) {
	now := noon
	var n atomic.Int32
	status, body := 200, `{"uid":"u1","groups":["a"]}`
	b := &Backend{
		URL: "http://backend.example", Logger: slog.New(slog.DiscardHandler), Now: func() time.Time { return now }, MaxCached: 3,
		Client: &http.Client{Transport: transport(func(*http.Request) (*http.Response, error) { n.Add(1); return says(status, body), nil })},
	}
	me := Credentials{Cookie: "a", Address: "192.0.2.1"}
	expect := func(what string, c Credentials, err error, requests int32) {
		t.Helper()
		if got := ask(b, c); got.err != err || err == nil && got.id.UID != "u1" || n.Load() != requests {
			t.Errorf("%s: %+v, %d requests, want %d", what, got, n.Load(), requests)
		}
	}
	expect("at first", me, nil, 1)
	now = now.Add(10*time.Second - 1)
	expect("within the time", me, nil, 1)
	expect("another cookie", Credentials{Cookie: "b", Address: "192.0.2.1"}, nil, 2)
	expect("another address", Credentials{Cookie: "a", Address: "192.0.2.2"}, nil, 3)
	expect("the same in other places", Credentials{Authorization: "a", Address: "192.0.2.1"}, nil, 4)
	expect("no room for the oldest", me, nil, 5)
	expect("room for the newest", me, nil, 5)
	now = now.Add(10 * time.Second)
	expect("after the time", me, nil, 6)

	now = now.Add(10 * time.Second)
	body = fmt.Sprintf(`{"uid":"u1","expires":%d}`, now.Unix()+3)
	expect("one that expires", me, nil, 7)
	now = now.Add(2 * time.Second)
	expect("before it does", me, nil, 7)
	now = now.Add(2 * time.Second)
	body = `{"uid":"u1"}`
	expect("after it has", me, nil, 8)

	now, status = now.Add(time.Minute), 403
	expect("refused", me, ErrRefused, 9)
	expect("still refused", me, ErrRefused, 9)
	now = now.Add(time.Second)
	expect("refused again", me, ErrRefused, 10)
	now, status = now.Add(time.Second), 500
	expect("wrong", me, ErrBackendAnswer, 11)
	expect("wrong again", me, ErrBackendAnswer, 12)
	status, body = 200, `{"uid":"u1","groups":["`+strings.Repeat(strings.Repeat("x", 1000)+`","`, 5)+`b"]}`
	expect("a long one", me, nil, 13)
	expect("is not kept", me, nil, 14)
	if b.cache.order.Len() > 3 || len(b.cache.entries) != b.cache.order.Len() {
		t.Errorf("%d kept", b.cache.order.Len())
	}
}

// Failures are logged now and then, without what clients or the URL have to hide.
func TestBackendComplains(t *testing.T) {
	now := noon
	var log bytes.Buffer
	b := &Backend{
		URL: "http://user:hunter2@127.0.0.1:1/auth?key=hunter3", Now: func() time.Time { return now },
		Logger: slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug})),
		Client: &http.Client{Transport: transport(func(r *http.Request) (*http.Response, error) {
			if r.Header.Get("Cookie") != "session=hunter4" {
				t.Error(r.Header)
			}
			return nil, context.DeadlineExceeded
		})},
	}
	for range 21 {
		ask(b, Credentials{Cookie: "session=hunter4", Authorization: "Bearer hunter5", Query: "token=hunter6"})
		now = now.Add(time.Second)
	}
	if got := strings.Count(log.String(), "\n"); got != 3 || strings.Contains(log.String(), "hunter") || !strings.Contains(log.String(), "slow=1") {
		t.Errorf("%d lines: %s", got, &log)
	}
}
