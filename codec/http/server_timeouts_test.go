//go:build linux

package http

import (
	"fmt"
	"strings"
	"testing"
	"time"
)

const soon = 30 * time.Millisecond

func TestServerTimeouts(t *testing.T) {
	for _, test := range []struct {
		name, raw string
		status    int // 0: nothing is said
		body      string
		counted   func(s Stats) uint64
	}{
		{"nothing at all", "", 0, "", func(s Stats) uint64 { return s.IdleTimeouts }},
		{"an empty line", "\r\n", 0, "", func(s Stats) uint64 { return s.IdleTimeouts }},
		{"a byte", "G", 408, "the request took too long\n", func(s Stats) uint64 { return s.HeadTimeouts }},
		{"most of a head", "GET / HTTP/1.1\r\nHost: a\r\n", 408, "the request took too long\n", func(s Stats) uint64 { return s.HeadTimeouts }},
		{"no body", "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\n", 408, "the request body took too long\n", func(s Stats) uint64 { return s.BodyTimeouts }},
		{"some of a body", chunked + "5\r\nhel", 408, "the request body took too long\n", func(s Stats) uint64 { return s.BodyTimeouts }},
	} {
		t.Run(test.name, func(t *testing.T) {
			s := &Server{OnRequest: tell, HeadTimeout: soon, BodyTimeout: soon}
			if test.status == 0 {
				s.IdleTimeout = soon
			}
			w := serve(t, s)
			for _, before := range []string{"", get("/")} {
				c := w.arriving(before + test.raw)
				if before != "" {
					c.want(200, "GET / \"\"")
				}
				if test.status != 0 {
					c.want(test.status, test.body)
				}
				c.wantEnd()
			}
			if n := test.counted(s.Stats()); n != 2 {
				t.Errorf("counted %d times", n)
			}
		})
	}
}

// A head has its time as a whole, a body as long as something comes of it.
func TestServerTimesProgress(t *testing.T) {
	s := &Server{OnRequest: tell, HeadTimeout: time.Hour, BodyTimeout: time.Hour, MinBodyRate: -1}
	w, pass := serveClocked(t, s)
	c := w.dial()
	w.bring(c, "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\n")
	for _, digit := range "0123456789" {
		pass(40 * time.Minute)
		w.bring(c, string(digit))
	}
	c.want(200, "POST / \"0123456789\"")
	c = w.dial()
	for _, letter := range "GET / " {
		if n := s.Stats().HeadTimeouts; n != 0 {
			t.Fatalf("%d before its time", n)
		}
		w.bring(c, string(letter))
		pass(11 * time.Minute)
	}
	c.want(408, "the request took too long\n")
}

// A body that brings too little within its time is refused, however steadily; one that brings enough may take as long as it likes.
func TestServerMinBodyRate(t *testing.T) {
	const each, quota, pieces = time.Minute, 60, 6 // a piece comes four times in each
	s := &Server{OnRequest: tell, BodyTimeout: each, MinBodyRate: quota / 60}
	w, pass := serveClocked(t, s)
	upload := func(size, pieces int) *client {
		c := w.dial()
		w.bring(c, fmt.Sprintf("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: %d\r\n\r\n", 6*size))
		for range pieces {
			pass(each / 4)
			w.bring(c, strings.Repeat("x", size))
		}
		return c
	}
	upload(quota, pieces).want(200, fmt.Sprintf("POST / %q", strings.Repeat("x", pieces*quota)))
	c := upload(quota/8, 3)
	if n := s.Stats().BodyTimeouts; n != 0 {
		t.Errorf("%d before their time", n)
	}
	pass(each / 4)
	if c.want(408, "the request body took too long\n"); s.Stats().BodyTimeouts != 1 {
		t.Errorf("%+v", s.Stats())
	}
}

// A client that is being answered, however late, is not idle; afterwards it is.
func TestServerWaitsForAnswers(t *testing.T) {
	asked := make(chan *Exchange, 1)
	s := &Server{IdleTimeout: time.Hour, HeadTimeout: time.Minute, BodyTimeout: time.Minute, OnRequest: func(x *Exchange) { asked <- x }}
	w, pass := serveClocked(t, s)
	c := w.dial()
	c.send(get("/"))
	x := receive(t, asked)
	pass(2 * time.Hour)
	await(t, w.Engine, func() { _ = x.Respond(200, nil, []byte("late")) })
	c.want(200, "late")
	pass(59 * time.Minute)
	if n := s.Stats().IdleTimeouts; n != 0 {
		t.Errorf("%d before their time", n)
	}
	pass(2 * time.Minute)
	c.wantEnd()
	if n := s.Stats().IdleTimeouts; n != 1 {
		t.Errorf("counted %d", n)
	}
}
