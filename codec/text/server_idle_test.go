//go:build linux

package text

import (
	"testing"
	"time"
)

// A connection that brings nothing is closed without a word, but not while it is owed an answer.
func TestServerIdle(t *testing.T) {
	closed := make(chan error, 3)
	owed := make(chan Reply, 1)
	s := &Server{
		IdleTimeout: 100 * time.Millisecond,
		OnMessage: func(c *Conn, line []byte) {
			if string(line) == "later" {
				owed <- c.Reply()
				return
			}
			_ = c.Send(line)
		},
		OnClose: func(_ *Conn, err error) { closed <- err },
	}
	e, addr := serve(t, s)
	waits := arriving(t, e.Home(), addr, "later\n")
	answer := receive(t, owed)
	idler := dial(t, addr)
	idler.wantEOF("")
	_ = idler.Close()
	if err := receive(t, closed); err != ErrIdle {
		t.Errorf("closed with %v", err)
	}
	if n := s.Stats().IdleTimeouts; n != 1 {
		t.Errorf("counted %d", n)
	}
	if err := answer.Send([]byte("answer")); err != nil {
		t.Fatal(err)
	}
	waits.want("answer\n")
	waits.wantEOF("")
	_ = waits.Close()
	if err := receive(t, closed); err != ErrIdle {
		t.Errorf("closed with %v", err)
	}
}

// What comes costs no timer: the one that there is fires early, and looks.
func TestServerIdleTimer(t *testing.T) {
	conns := make(chan *Conn, 1)
	e, addr := serve(t, &Server{OnConnect: func(c *Conn) { conns <- c }, OnMessage: echo})
	c := dial(t, addr)
	conn := receive(t, conns)
	onLoop(t, e.Home(), func() {}) // the connection's own has been told by then
	timers := e.Stats().Timers
	for range 100 {
		c.send("line\n")
		c.want("line\n")
	}
	onLoop(t, e.Home(), func() {})
	if n := e.Stats().Timers; n != timers {
		t.Errorf("%d timers set by 100 lines", n-timers)
	}
	onLoop(t, e.Home(), func() {
		s := (*session)(conn)
		if n := testing.AllocsPerRun(100, func() { s.heard = s.age() }); n != 0 {
			t.Errorf("%v allocations", n)
		}
		s.heard -= 30 * time.Hour
	})
	c.send("a line is a sign of life\n")
	c.want("a line is a sign of life\n")
	onLoop(t, e.Home(), func() {
		s := (*session)(conn)
		s.heard -= 23 * time.Hour
		s.timeUp()
		if conn.conn.Closing() {
			t.Error("closed too soon")
		}
		conn.Pause()
		s.heard -= 2 * time.Hour
		s.timeUp() // it is not read
		conn.Resume()
		s.timeUp()
		if conn.conn.Closing() {
			t.Error("a pause was held against it")
		}
		s.heard -= 25 * time.Hour
		s.timeUp()
		if !conn.conn.Closing() {
			t.Error("it is open after a day")
		}
	})
}

func TestServerNeverIdle(t *testing.T) {
	conns := make(chan *Conn, 1)
	e, addr := serve(t, &Server{IdleTimeout: -1, OnConnect: func(c *Conn) { conns <- c }})
	dial(t, addr)
	conn := receive(t, conns)
	onLoop(t, e.Home(), func() {
		if conn.idle != nil {
			t.Error("it has a timer")
		}
	})
}
