//go:build linux

package http

import (
	"fmt"
	"io"
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
				s.IdleTimeout = 10 * soon // time enough to send something
			}
			w := serve(t, s)
			for _, before := range []string{"", get("/")} {
				c := w.dial()
				c.send(before + test.raw)
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
	s := &Server{OnRequest: tell, HeadTimeout: 100 * time.Millisecond, BodyTimeout: time.Second, MinBodyRate: -1}
	w := serve(t, s)
	slowly := func(c *client, step time.Duration, pieces ...string) (err error) {
		for _, p := range pieces {
			if _, err = io.WriteString(c, p); err != nil {
				return err
			}
			pause(t, w, step)
		}
		return nil
	}
	c := w.dial()
	c.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\n")
	if err := slowly(c, 150*time.Millisecond, "0", "1", "2", "3", "4", "5", "6", "7", "8", "9"); err != nil {
		t.Fatal(err)
	}
	c.want(200, "POST / \"0123456789\"")
	c = w.dial()
	_ = slowly(c, 50*time.Millisecond, "G", "E", "T", " ", "/", " ") // it may have been refused by then
	c.want(408, "the request took too long\n")
}

// A body that brings too little within its time is refused, however steadily; one that brings enough may take as long as it likes.
func TestServerMinBodyRate(t *testing.T) {
	const each, quota, pieces = time.Second, 40, 6 // a piece comes four times in each
	s := &Server{OnRequest: tell, BodyTimeout: each, MinBodyRate: quota}
	w := serve(t, s)
	upload := func(size int) *client {
		c := w.dial()
		c.send(fmt.Sprintf("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: %d\r\n\r\n", pieces*size))
		for range pieces {
			_, _ = io.WriteString(c, strings.Repeat("x", size)) // it may have been refused by then
			pause(t, w, each/4)
		}
		return c
	}
	if upload(quota).want(200, fmt.Sprintf("POST / %q", strings.Repeat("x", pieces*quota))); s.Stats().BodyTimeouts != 0 {
		t.Errorf("%+v", s.Stats())
	}
	if upload(quota/8).want(408, "the request body took too long\n"); s.Stats().BodyTimeouts != 1 {
		t.Errorf("%+v", s.Stats())
	}
}

// pause lets time pass on the loop, and no less than d.
func pause(t testing.TB, w *world, d time.Duration) {
	over := make(chan struct{})
	await(t, w.Engine, func() { w.Home().After(d, func() { close(over) }) })
	receive(t, over)
}

// A client that is being answered, however late, is not idle; afterwards it is.
func TestServerWaitsForAnswers(t *testing.T) {
	s := &Server{IdleTimeout: 10 * soon, HeadTimeout: soon, BodyTimeout: soon, OnRequest: func(x *Exchange) {
		x.Loop().After(15*soon, func() { _ = x.Respond(200, nil, []byte("late")) })
	}}
	w := serve(t, s)
	c := w.dial()
	c.send(get("/"))
	c.want(200, "late")
	c.wantEnd()
}
