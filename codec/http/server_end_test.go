//go:build linux

package http

import (
	"fmt"
	"io"
	nethttp "net/http"
	"strings"
	"testing"
	"time"

	"fanloop/engine"
)

// A stop answers what is under way, with Connection: close, and closes the idle ones at once.
func TestServerShutdown(t *testing.T) {
	var late []*Exchange
	arrived := make(chan struct{}, 1)
	s := &Server{OnRequest: tell}
	s.Handle("/late", func(x *Exchange) { late = append(late, x); arrived <- struct{}{} })
	w := serve(t, s)
	idle, busy, uploading := w.dial(), w.dial(), w.dial()
	idle.send(get("/a"))
	idle.want(200, "GET /a \"\"")
	w.bring(uploading, "POST /b HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhe")
	busy.send(get("/late") + get("/late"))
	receive(t, arrived)
	receive(t, arrived)
	stopped := make(chan struct{})
	go func() { defer close(stopped); w.end() }()
	idle.wantEnd()
	uploading.send("llo" + get("/c"))
	if res := uploading.want(200, "POST /b \"hello\""); !res.Close {
		t.Error("stays open")
	}
	uploading.wantEnd()
	await(t, w.Engine, func() {
		for _, x := range late {
			_ = x.Respond(200, nil, []byte("late"))
		}
	})
	first, last := busy.want(200, "late"), busy.want(200, "late")
	if first.Close || !last.Close {
		t.Errorf("close: %v, %v", first.Close, last.Close)
	}
	busy.wantEnd()
	for _, c := range []*client{idle, uploading, busy} {
		_ = c.Close()
	}
	receive(t, stopped)
}

// Who answers when the connection has gone is told so, and keeps nothing alive.
func TestServerConnectionGone(t *testing.T) {
	exchanges, replies := make(chan *Exchange, 1), make(chan Reply, 1)
	s := &Server{OnRequest: func(x *Exchange) { exchanges <- x }}
	s.Handle("/reply", func(x *Exchange) { replies <- x.Reply() })
	w := serve(t, s)
	c := w.dial()
	c.send(get("/") + get("/reply"))
	x, r := receive(t, exchanges), receive(t, replies)
	await(t, w.Engine, x.Abort)
	await(t, w.Engine, func() {
		if err := x.Respond(200, nil, nil); err != engine.ErrClosed {
			t.Errorf("Respond: %v", err)
		}
		if _, err := x.Stream(200, nil); err != engine.ErrClosed {
			t.Errorf("Stream: %v", err)
		}
		if _, err := x.Hijack(); err != engine.ErrClosed {
			t.Errorf("Hijack: %v", err)
		}
		if x.Reply() != (Reply{}) {
			t.Error("a Reply is made")
		}
		if x.ID() == 0 || x.RemoteAddr().String() != c.LocalAddr().String() || x.LocalAddr().String() != w.addr.String() {
			t.Error("the connection is not known any more")
		}
	})
	if err := r.Send(200, nil, nil); err != engine.ErrClosed {
		t.Errorf("Reply.Send: %v", err)
	}
	if err := (Reply{}).Send(200, nil, nil); err != engine.ErrClosed {
		t.Errorf("Send of no Reply: %v", err)
	}
}

// One request, one answer.
func TestServerAnswersOnce(t *testing.T) {
	failed := make(chan string, 10)
	check := func(what string, err, want error) {
		if err != want {
			failed <- fmt.Sprintf("%s: %v", what, err)
		}
	}
	s := &Server{OnRequest: func(x *Exchange) {
		r := x.Reply()
		check("Respond behind Reply", x.Respond(200, nil, nil), ErrAnswered)
		check("a bad Send", r.Send(200, Fields{NewField("a b", "")}, nil), ErrField)
		check("another", r.Send(150, nil, nil), ErrStatus)
		check("Send", r.Send(200, nil, []byte("once")), nil)
		check("Send again", r.Send(200, nil, nil), ErrAnswered)
		_, err := x.Hijack()
		check("Hijack", err, ErrHijack)
	}}
	s.Handle("/stream", func(x *Exchange) {
		st, err := x.StreamLength(200, nil, 4)
		check("StreamLength", err, nil)
		check("Respond behind Stream", x.Respond(200, nil, nil), ErrAnswered)
		_, err = st.Write([]byte("once more"))
		check("Write of too much", err, ErrLength)
		_, err = st.Write([]byte("once"))
		check("Write", err, nil)
		check("Close", st.Close(), nil)
		check("Close again", st.Close(), engine.ErrClosed)
		_, err = st.Write(nil)
		check("Write behind Close", err, engine.ErrClosed)
	})
	w := serve(t, s)
	c := w.dial()
	c.send(get("/") + get("/stream"))
	c.want(200, "once")
	c.want(200, "once")
	if len(failed) > 0 {
		t.Error(<-failed)
	}
}

// Who has kept an exchange that was answered in its handler, against what is said there, is told that it has its answer.
func TestServerExchangeKept(t *testing.T) {
	kept := make(chan *Exchange, 1)
	w := serve(t, &Server{OnRequest: func(x *Exchange) {
		_ = x.Respond(200, nil, []byte("once"))
		kept <- x
	}})
	c := w.dial()
	c.send(get("/"))
	c.want(200, "once")
	x := receive(t, kept)
	await(t, w.Engine, func() {
		if err := x.Respond(200, nil, nil); err != ErrAnswered {
			t.Errorf("Respond: %v", err)
		}
		if _, err := x.Stream(200, nil); err != ErrAnswered {
			t.Errorf("Stream: %v", err)
		}
		if x.Reply() != (Reply{}) {
			t.Error("a Reply is made")
		}
	})
	c.send(get("/"))
	c.want(200, "once")
}

// An answer that is shorter than announced is seen to be: the connection breaks.
func TestStreamTooShort(t *testing.T) {
	s := &Server{OnRequest: func(x *Exchange) {
		st, _ := x.StreamLength(200, nil, 10)
		_, _ = st.Write([]byte("short"))
		if err := st.Close(); err != ErrLength {
			t.Errorf("Close: %v", err)
		}
	}}
	w := serve(t, s)
	c := w.dial()
	c.send(get("/"))
	if res, err := nethttp.ReadResponse(c.r, nil); err == nil {
		if body, err := io.ReadAll(res.Body); err == nil {
			t.Errorf("read %q and no error", body)
		}
	}
}

// Value belongs to the connection.
func TestServerValue(t *testing.T) {
	w := serve(t, &Server{OnRequest: func(x *Exchange) {
		n, _ := x.Value().(int)
		x.SetValue(n + 1)
		_ = x.Respond(200, nil, fmt.Append(nil, n))
	}})
	for range 2 {
		c := w.dial()
		c.send(get("/") + get("/"))
		c.want(200, "0")
		c.want(200, "1")
	}
}

// An Upgrade field is named by Connection.
func TestServerOffersUpgrade(t *testing.T) {
	w := serve(t, &Server{OnRequest: func(x *Exchange) { _ = x.Respond(426, Fields{NewField("Upgrade", "websocket")}, nil) }})
	c := w.dial()
	c.send(get("/") + "GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
	raw, err := io.ReadAll(c.r)
	if err != nil || strings.Count(string(raw), "\r\nConnection: Upgrade\r\n") != 1 || !strings.Contains(string(raw), "\r\nConnection: close, Upgrade\r\n") {
		t.Errorf("%q, %v", raw, err)
	}
}

// A panic says nothing to a request that is still to be answered by somebody else.
func TestServerPanicBehindAnother(t *testing.T) {
	var late *Exchange
	s := &Server{OnRequest: func(x *Exchange) { late = x }}
	s.Handle("/panic", func(*Exchange) { panic("on purpose") })
	w := serve(t, s)
	c := w.dial()
	c.send(get("/") + get("/panic") + get("/"))
	c.wantEnd()
	await(t, w.Engine, func() {
		if err := late.Respond(200, nil, nil); err != engine.ErrClosed {
			t.Errorf("Respond: %v", err)
		}
	})
	if n := s.Stats().Panics; n != 1 {
		t.Errorf("%d panics counted", n)
	}
}

// A connection is not given away with a part of the next request in a decoder, nor with an answer owed.
func TestHijackInTheMidst(t *testing.T) {
	errs := make(chan error, 1)
	var late *Exchange
	s := &Server{OnRequest: func(x *Exchange) { late = x }}
	s.Handle("/second", func(x *Exchange) {
		_, err := x.Hijack()
		errs <- err
		_ = x.Respond(200, nil, nil)
	})
	w := serve(t, s)
	c := w.dial()
	w.bring(c, get("/")+"GET /sec")
	await(t, w.Engine, func() {
		if _, err := late.Hijack(); err != ErrHijack {
			t.Errorf("with a part of the next request: %v", err)
		}
	})
	c.send("ond HTTP/1.1\r\nHost: a\r\n\r\n")
	if err := receive(t, errs); err != ErrHijack {
		t.Errorf("with an answer owed: %v", err)
	}
	await(t, w.Engine, func() { _ = late.Respond(200, nil, nil) })
	c.want(200, "")
	c.want(200, "")
}

// Date is the present second, unless the handler knows better.
func TestServerDate(t *testing.T) {
	w := serve(t, &Server{OnRequest: func(x *Exchange) {
		var fields Fields
		if string(x.Head().Path()) == "/own" {
			fields = Fields{NewField("date", "long ago")}
		}
		_ = x.Respond(200, fields, nil)
	}})
	c := w.dial()
	c.send(get("/") + get("/own"))
	date, err := nethttp.ParseTime(c.want(200, "").Header.Get("Date"))
	if age := time.Since(date); err != nil || age < -time.Second || age > patience {
		t.Errorf("%v, %v ago", err, age)
	}
	if own := c.want(200, "").Header["Date"]; len(own) != 1 || own[0] != "long ago" {
		t.Errorf("Date: %q", own)
	}
}
