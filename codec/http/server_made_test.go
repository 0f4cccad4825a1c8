//go:build linux

package http

import (
	"io"
	"strings"
	"testing"
)

// An Answer is what Respond would have said, to every kind of request.
func TestAnswer(t *testing.T) {
	fields := Fields{NewField("Content-Type", "text/plain"), NewField("X-Made", "once")}
	dated := append(fields, NewField("Date", "Thu, 01 Jan 1970 00:00:00 GMT"), NewField("Upgrade", "foo"))
	for _, made := range []struct {
		status int
		fields Fields
		body   string
	}{{200, fields, "hello"}, {200, nil, ""}, {204, fields, ""}, {304, fields, "is not sent"}, {404, dated, "no"}} {
		a, err := NewAnswer(made.status, made.fields, []byte(made.body))
		if err != nil {
			t.Fatal(err)
		}
		s := &Server{}
		s.Handle("/made", a.Serve)
		s.Handle("/said", func(x *Exchange) { _ = x.Respond(made.status, made.fields, []byte(made.body)) })
		w := serve(t, s)
		for _, request := range []string{
			"GET PATH HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n",
			"HEAD PATH HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n",
			"GET PATH HTTP/1.0\r\nConnection: keep-alive\r\n\r\nGET PATH HTTP/1.0\r\n\r\n",
			"GET PATH HTTP/1.1\r\nHost: a\r\n\r\nGET PATH HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n",
		} {
			got := undated(w.exchange(t, strings.ReplaceAll(request, "PATH", "/made")))
			want := undated(w.exchange(t, strings.ReplaceAll(request, "PATH", "/said")))
			if got != want || got == "" {
				t.Errorf("%d %q:\n%q, want\n%q", made.status, request, got, want)
			}
		}
	}
}

// exchange sends raw and returns everything that comes back.
func (w *world) exchange(t *testing.T, raw string) string {
	t.Helper()
	c := w.dial()
	c.send(raw)
	all, err := io.ReadAll(c.r)
	if err != nil {
		t.Error(err)
	}
	return string(all)
}

// undated is s without the values of its Date fields: two answers may be of different seconds.
func undated(s string) string {
	lines := strings.Split(s, "\r\n")
	for i, line := range lines {
		if strings.HasPrefix(line, "Date: ") && !strings.Contains(line, "1970") {
			lines[i] = "Date:"
		}
	}
	return strings.Join(lines, "\r\n")
}

func TestAnswerRefuses(t *testing.T) {
	for _, test := range []struct {
		status int
		field  Field
		err    error
	}{
		{100, NewField("A", "b"), ErrStatus},
		{600, NewField("A", "b"), ErrStatus},
		{200, NewField("A", "b\r\nc: d"), ErrField},
		{200, NewField("Content-Length", "3"), ErrReservedField},
	} {
		if _, err := NewAnswer(test.status, Fields{test.field}, nil); err != test.err {
			t.Errorf("%d %s: %q: %v, want %v", test.status, test.field.Name, test.field.Value, err, test.err)
		}
	}
}

func TestGiveTwice(t *testing.T) {
	a, err := NewAnswer(200, nil, []byte("once"))
	if err != nil {
		t.Fatal(err)
	}
	second := make(chan error, 1)
	w := serve(t, &Server{OnRequest: func(x *Exchange) {
		a.Serve(x)
		second <- x.Give(a)
	}})
	w.exchange(t, "GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
	if err := <-second; err != ErrAnswered {
		t.Errorf("%v, want ErrAnswered", err)
	}
}

func BenchmarkGiven16(b *testing.B) {
	a, err := NewAnswer(200, plaintextFields, hello)
	if err != nil {
		b.Fatal(err)
	}
	s := &Server{}
	s.Handle("GET /{$}", a.Serve)
	trip := roundTrip(b, serve(b, s), get("/"), 16)
	trip()
	b.ReportAllocs()
	for b.Loop() {
		trip()
	}
}
