//go:build linux

package http

import (
	"io"
	"strings"
	"testing"
)

// serveAdmitted admits who says so, and tells what has been understood.
func serveAdmitted(t *testing.T) (w *world, replies chan Reply) {
	replies = make(chan Reply, 1)
	s := &Server{}
	s.HandleAdmitted("/", func(x *Exchange) {
		if len(x.Body()) > 0 {
			t.Errorf("admit sees a body of %d bytes", len(x.Body()))
		}
		switch string(x.Head().Fields.Get("May")) {
		case "":
			_ = x.Respond(403, nil, []byte("no"))
		case "panic":
			panic("admit")
		}
	}, tell)
	s.Handle("/later", func(x *Exchange) { replies <- x.Reply() })
	return serve(t, s), replies
}

// Who is not admitted is answered before the body has come, and the connection goes on behind it.
func TestAdmit(t *testing.T) {
	w, _ := serveAdmitted(t)
	c := w.dial()
	c.send("GET /a HTTP/1.1\r\nHost: a\r\nMay: yes\r\n\r\n")
	c.want(200, `GET /a ""`)
	c.send(get("/a"))
	c.want(403, "no")
	c.send("POST /a HTTP/1.1\r\nHost: a\r\nMay: yes\r\nContent-Length: 4\r\n\r\nbo")
	c.send("dy")
	c.want(200, `POST /a "body"`)
	c.send("POST /a HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\n\r\n")
	c.want(403, "no")
	c.send("body", post("/a", "whole"), "POST /a HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nbody\r\n0\r\n\r\n")
	c.want(403, "no")
	c.want(403, "no")
	c.send("POST /a HTTP/1.1\r\nHost: a\r\nMay: yes\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nbody\r\n0\r\n\r\n")
	c.want(200, `POST /a "body"`)
}

// A client that asks whether it may send its body is told no, not 100.
func TestAdmitExpect(t *testing.T) {
	w, _ := serveAdmitted(t)
	for may, want := range map[string]string{"": "HTTP/1.1 403", "May: yes\r\n": "HTTP/1.1 100"} {
		c := w.dial()
		c.send("POST /a HTTP/1.1\r\nHost: a\r\n" + may + "Expect: 100-continue\r\nContent-Length: 4\r\n\r\n")
		line, err := c.r.ReadString('\n')
		if err != nil || !strings.HasPrefix(line, want) {
			t.Errorf("%q: %q, %v", may, line, err)
		}
	}
}

// More than a little of the body of who is not admitted is not read: the connection ends, at once when the length is announced.
func TestAdmitLongBody(t *testing.T) {
	w, _ := serveAdmitted(t)
	announced := w.dial()
	announced.send("POST /a HTTP/1.1\r\nHost: a\r\nContent-Length: 1000000\r\n\r\n")
	if res := announced.want(403, "no"); !res.Close {
		t.Error("the connection is to go on")
	}
	announced.wantEnd()

	chunked := w.dial()
	chunked.send("POST /a HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n")
	chunked.want(403, "no")
	chunk := "1000\r\n" + strings.Repeat("x", 0x1000) + "\r\n"
	for range maxDiscard/0x1000 + 2 {
		if _, err := io.WriteString(chunked.TCPConn, chunk); err != nil {
			break // it has been closed
		}
	}
	if rest, _ := io.ReadAll(chunked.r); len(rest) > 0 {
		t.Errorf("%q comes behind it", rest)
	}
	if got := w.Server.Stats().BodiesDiscarded; got != 1 {
		t.Errorf("%d bodies were too long", got)
	}
}

func TestAdmitKeepsOrder(t *testing.T) {
	w, replies := serveAdmitted(t)
	c := w.dial()
	c.send(get("/later"), post("/a", "body"), "POST /a HTTP/1.1\r\nHost: a\r\nMay: yes\r\nContent-Length: 4\r\n\r\nbody")
	if err := receive(t, replies).Send(200, nil, []byte("late")); err != nil {
		t.Fatal(err)
	}
	c.want(200, "late")
	c.want(403, "no")
	c.want(200, `POST /a "body"`)
}

func TestAdmitPanics(t *testing.T) {
	w, _ := serveAdmitted(t)
	c := w.dial()
	c.send("POST /a HTTP/1.1\r\nHost: a\r\nMay: panic\r\nContent-Length: 4\r\n\r\n")
	c.want(500, "Internal Server Error\n")
	c.wantEnd()
}
