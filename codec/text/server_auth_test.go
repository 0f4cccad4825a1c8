//go:build linux

package text

import (
	"strings"
	"testing"
	"time"

	"fanloop/internal/cut"
)

// guarded echoes what is said behind the token, and tells of connections that have begun and ended.
func guarded(t *testing.T, s *Server) (dialed func() *client, began chan *Conn, ended chan error) {
	began, ended = make(chan *Conn, 1000), make(chan error, 1000)
	s.OnMessage = echo
	s.OnConnect = func(c *Conn) { began <- c }
	s.OnClose = func(_ *Conn, err error) { ended <- err }
	_, addr := serve(t, s)
	return func() *client { return dial(t, addr) }, began, ended
}

func TestAuth(t *testing.T) {
	s := &Server{Auth: NewAuth("s3cret")}
	dialed, began, ended := guarded(t, s)
	for _, right := range []string{"auth s3cret\nhello\n", "auth s3cret\r\nhello\r\n"} {
		cut.Every(t, []byte(right), func(t *testing.T, pieces [][]byte) {
			c := dialed()
			for _, p := range pieces {
				c.send(string(p))
			}
			c.want("ok\nhello\n")
			receive(t, began)
			c.finish()
			c.wantEOF("")
			receive(t, ended)
		})
	}
	failed := s.Auth.Failed()
	for i, wrong := range []string{
		"auth wrong\n", "auth s3cret2\n", "auth s3cre\n", "auth \n", "auth\n", "\n", "AUTH s3cret\n", "auth  s3cret\n", " auth s3cret\n", "auth s3cret \n",
		`{"uid":"u1"}` + "\n", "hello\nauth s3cret\n", "auth wrong\nauth s3cret\nhello\n", "auth wrong\n" + strings.Repeat("x\n", 5000),
	} {
		c := dialed()
		c.send(wrong)
		c.wantEOF("fail\n")
		if got := s.Auth.Failed() - failed; got != uint64(i+1) {
			t.Errorf("%q: %d counted", wrong, got)
		}
	}
	if len(began) > 0 || len(ended) > 0 || s.Auth.Late() > 0 {
		t.Error("who was not let in has had callbacks")
	}
	c := dialed()
	c.send("auth s3cret\nauth s3cret\n")
	c.want("ok\nauth s3cret\n") // the second is a line like any other
}

// Who is not trusted yet cannot have much kept.
func TestAuthLongLine(t *testing.T) {
	s := &Server{Auth: NewAuth("s3cret"), MaxLine: 100 << 10}
	dialed, began, _ := guarded(t, s)
	c := dialed()
	c.send(strings.Repeat("x", maxAuthLine+1))
	c.wantEOF("error: line too long\n")
	long := strings.Repeat("x", 100<<10)
	c = dialed()
	c.send("auth s3cret\n" + long + "\n")
	c.want("ok\n" + long + "\n")
	receive(t, began)
}

// Who shows nothing is closed at the limit; who has in time is not.
func TestAuthTimeout(t *testing.T) {
	s := &Server{Auth: NewAuth("s3cret"), AuthTimeout: 100 * time.Millisecond}
	began := make(chan *Conn, 2)
	s.OnMessage, s.OnConnect = echo, func(c *Conn) { began <- c }
	e, addr := serve(t, s)
	quick := arriving(t, e.Home(), addr, "auth s3cret\n")
	quick.want("ok\n")
	start := time.Now()
	slow := arriving(t, e.Home(), addr, "auth s3cre")
	slow.wantEOF("fail\n")
	if d := time.Since(start); d < s.AuthTimeout {
		t.Errorf("closed after %v", d)
	}
	quick.send("hello\n")
	quick.want("hello\n")
	receive(t, began)
	if len(began) > 0 || s.Auth.Failed() != 1 || s.Auth.Late() != 1 {
		t.Errorf("%d failed, %d late", s.Auth.Failed(), s.Auth.Late())
	}
}

func TestAuthOptional(t *testing.T) {
	s := &Server{Auth: NewAuth("s3cret"), AuthOptional: true}
	dialed, began, ended := guarded(t, s)
	for line, want := range map[string]string{"hello\nauth s3cret\n": "hello\nauth s3cret\n", "auth s3cret\nhello\n": "ok\nhello\n"} {
		c := dialed()
		receive(t, began) // before it has said anything
		c.send(line)
		c.want(want)
		c.finish()
		c.wantEOF("")
		receive(t, ended)
	}
	c := dialed()
	receive(t, began)
	c.send("auth wrong\nhello\n")
	c.wantEOF("fail\n")
	if err := receive(t, ended); err != ErrAuth {
		t.Error(err)
	}
}

// The token can be replaced, and taken away.
func TestAuthSet(t *testing.T) {
	s := &Server{Auth: NewAuth("")}
	dialed, _, _ := guarded(t, s)
	open := dialed()
	open.send("auth x\n")
	open.want("auth x\n")
	s.Auth.Set("new")
	c := dialed()
	c.send("auth x\n")
	c.wantEOF("fail\n")
	c = dialed()
	c.send("auth new\n")
	c.want("ok\n")
	open.send("goes on\n")
	open.want("goes on\n")
}
