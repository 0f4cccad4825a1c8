//go:build linux

package text

import (
	"io"
	"strings"
	"testing"

	"fanloop/engine"
)

// Four seconds' worth of lines is answered, the next is not; another connection notices nothing.
func TestServerTooFast(t *testing.T) {
	closed := make(chan error, 1)
	e, addr := serve(t, &Server{OnMessage: echo, OnClose: func(_ *Conn, err error) { closed <- err }},
		engine.ListenOptions{MessageRate: 1, Fast: engine.CloseFast})
	c, other := dial(t, addr), dial(t, addr)
	c.send("1\n2\n3\n4\nunfinished lines are no messages")
	c.want("1\n2\n3\n4\n")
	if s := e.Stats(); s.RateCloses != 0 {
		t.Errorf("%d closed", s.RateCloses)
	}
	c.send(strings.Repeat("\n", 10)) // ten, should this machine be very slow

	if got := c.rest(); !strings.HasSuffix(got, tooFastLine+"\n") {
		t.Errorf("got %q", got)
	}
	other.send("still here\n")
	other.want("still here\n")
	if err := receive(t, closed); err != engine.ErrTooFast {
		t.Errorf("closed with %v", err)
	}
	if s := e.Stats(); s.RateCloses != 1 || s.RatePauses != 0 {
		t.Errorf("%d closed, %d paused", s.RateCloses, s.RatePauses)
	}
}

// rest reads to the end.
func (c *client) rest() string {
	c.t.Helper()
	got, err := io.ReadAll(c.reader)
	if err != nil {
		c.t.Fatal(err)
	}
	return string(got)
}

// Under PauseFast every line is answered, later.
func TestServerPausesTheFast(t *testing.T) {
	e, addr := serve(t, &Server{OnMessage: echo}, engine.ListenOptions{MessageRate: 5})
	c := dial(t, addr)
	lines := strings.Repeat("line\n", 4*5+3) // in one read, and one turn: nothing is earned meanwhile, however slow this machine may be
	c.send(lines)
	c.finish()
	c.wantEOF(lines)
	if s := e.Stats(); s.RatePauses == 0 || s.RateCloses != 0 {
		t.Errorf("%d pauses, %d closed", s.RatePauses, s.RateCloses)
	}
}

func TestServerExempts(t *testing.T) {
	e, addr := serve(t, &Server{OnConnect: (*Conn).Exempt, OnMessage: echo}, engine.ListenOptions{MessageRate: 1, ByteRate: 1, Fast: engine.CloseFast})
	c := dial(t, addr)
	lines := strings.Repeat("line\n", 100)
	c.send(lines)
	c.finish()
	c.wantEOF(lines)
	if s := e.Stats(); s.RateCloses != 0 {
		t.Errorf("%d closed", s.RateCloses)
	}
}
