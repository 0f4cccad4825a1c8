//go:build linux

package engine

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// numbered are n lines "0" to "n-1", and what a server that repeats lines answers.
func numbered(n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintln(&b, i)
	}
	return b.String()
}

// repeat answers each line with itself.
func repeat(c *Conn, line string) { _, _ = io.WriteString(c, line+"\n") }

const manyLines = 1000

// Each mark stops the handling in the midst of a buffer, and each is taken away from elsewhere: by a posted task.
func TestManyLinesTripEveryMark(t *testing.T) {
	every := func(n int, stop, resume func(c *Conn)) func(*Conn, int) {
		return func(c *Conn, i int) {
			if i%n == n-1 {
				stop(c)
				_ = c.Loop().Post(func() { resume(c) })
			}
		}
	}
	pause := every(100, (*Conn).Pause, (*Conn).Resume)
	hold := every(70, (*Conn).Hold, (*Conn).Release)
	behind := every(90, func(c *Conn) {
		c.loop.NotePublish()
		c.loop.engine.behind.Add(1)
	}, func(c *Conn) { c.loop.engine.relieve() })
	at := func(c *Conn, i int) { pause(c, i); hold(c, i); behind(c, i) }
	for name, mark := range map[string]func(*Conn, int){
		"turn": func(*Conn, int) {}, "Pause": pause, "Hold": hold, "backlog": behind, "all": at,
		"Pause and Resume at once": func(c *Conn, _ int) { c.Pause(); c.Resume() },
	} {
		t.Run(name, func(t *testing.T) {
			s := newStillLoop(t, ListenOptions{})
			i := 0
			k := s.connect(lines(func(c *Conn, line string) {
				repeat(c, line)
				mark(c, i)
				i++
			}))
			k.in = [][]byte{[]byte(numbered(manyLines))}
			s.pump()
			if string(k.got) != numbered(manyLines) {
				t.Errorf("%d lines handled, %d bytes answered", i, len(k.got))
			}
			if k.conn.undecoded || k.conn.rest() != nil || k.conn.hold != 0 {
				t.Errorf("undecoded %v, %d bytes, hold %b", k.conn.undecoded, len(k.conn.rest()), k.conn.hold)
			}
			s.expectIdle()
		})
	}
}

func TestTurnOf64(t *testing.T) {
	s := newStillLoop(t, ListenOptions{})
	handled := 0
	k := s.connect(lines(func(c *Conn, line string) { handled++; repeat(c, line) }))
	k.in = [][]byte{[]byte(numbered(manyLines))}
	s.handleConn(k.conn, unix.EPOLLIN)
	for turn := 1; ; turn++ {
		if want := min(turn*turnMessages, manyLines); handled != want || k.writes != turn {
			t.Fatalf("turn %d: %d handled, want %d, in %d writes", turn, handled, want, k.writes)
		}
		s.checkLoop()
		if s.slice(); handled == manyLines {
			break
		}
	}
}

// Two connections with a buffer full of messages take turns.
func TestTurnsAreTakenInTurn(t *testing.T) {
	s := newStillLoop(t, ListenOptions{})
	var order []uint64
	h := lines(func(c *Conn, _ string) { order = append(order, c.id) })
	a, b := s.connect(h), s.connect(h)
	a.in = [][]byte{[]byte(numbered(manyLines))}
	b.in = [][]byte{[]byte(numbered(manyLines))}
	s.pump()
	half := order[:len(order)/2]
	if n := len(half) - len(slices.DeleteFunc(slices.Clone(half), func(id uint64) bool { return id == a.conn.id })); n < 400 || n > 600 {
		t.Errorf("one had %d of the first %d", n, len(half))
	}
}

// A peer that does not read its answers is not read either; when it has read them, all goes on.
func TestOwnAnswersPauseReading(t *testing.T) {
	s := newStillLoop(t, ListenOptions{MaxOutbox: 10 << 10})
	full, drained, handled, buffered := 0, 0, 0, 0
	h := whole{handler: lines(func(c *Conn, line string) {
		handled++
		repeat(c, strings.Repeat(line, 100))
		buffered = max(buffered, c.Buffered())
	})}
	h.full = func(*Conn) { full++ }
	h.drain = func(c *Conn) {
		if drained++; drained != full {
			t.Errorf("%d drained, %d full", drained, full)
		}
	}
	k := s.connect(h)
	k.room = 0
	for line := range strings.Lines(numbered(manyLines)) {
		k.in = append(k.in, []byte(line))
	}
	s.pump()
	if full != 1 || drained != 0 || handled == manyLines || k.reads > handled+1 {
		t.Fatalf("full %d, drained %d, %d handled in %d reads", full, drained, handled, k.reads)
	}
	if err := k.conn.Send([]byte("x")); err != ErrFull {
		t.Errorf("Send from elsewhere: %v, want ErrFull", err)
	}
	s.in(k, func(c *Conn) {
		if err := c.Send([]byte("own\n")); err != nil {
			t.Errorf("Send in a callback of its own: %v", err)
		}
	})
	for k.room = 1000; handled < manyLines || len(s.stalled) > 0; k.room = 1000 {
		s.pump()
		s.checkLoop()
	}
	if full != drained || full < 2 || s.stats.full.Load() != uint64(full) || buffered > 11<<10 {
		t.Errorf("full %d, drained %d, at most %d waited", full, drained, buffered)
	}
	if want := manyLines + 1; strings.Count(string(k.got), "\n") != want {
		t.Errorf("%d answers, want %d", strings.Count(string(k.got), "\n"), want)
	}
	k.room = anyNumber
	s.pump()
	s.expectIdle()
}

// What OnBufferFull and OnBufferDrain send is sent, whoever's callback or event it was that led to them.
func TestSendingInBufferCallbacks(t *testing.T) {
	s := newStillLoop(t, ListenOptions{MaxOutbox: 1000})
	say := func(what string) func(c *Conn) {
		return func(c *Conn) {
			if err := c.Send([]byte(what)); err != nil {
				t.Errorf("in %s: %v", what, err)
			}
		}
	}
	k, other := s.connect(whole{full: say("full"), drain: say("drain")}), s.connect(handler{})
	k.room = 0
	s.in(other, func(*Conn) {
		_ = k.conn.Send(make([]byte, 600))
		_ = k.conn.Send(make([]byte, 600))
	})
	s.pump()
	k.room = anyNumber
	s.pump()
	if string(k.got[1200:]) != "fulldrain" {
		t.Errorf("got %q", k.got[1200:])
	}
	s.expectIdle()
}

// The kinds of pause are independent.
func TestPauseAndHold(t *testing.T) {
	s := newStillLoop(t, ListenOptions{})
	k := s.connect(echo)
	c := k.conn
	for _, step := range []struct {
		do    func()
		reads bool
	}{
		{c.Pause, false}, {c.Hold, false}, {c.Resume, false}, {c.Resume, false}, {c.Pause, false}, {c.Release, false},
		{c.Release, false}, {c.Resume, true}, {c.Hold, false}, {c.Release, true}, {c.Resume, true},
	} {
		step.do()
		if c.reads() != step.reads || (c.interest&interestEdge == 0) != step.reads {
			t.Fatalf("hold %b: reads %v, want %v", c.hold, c.reads(), step.reads)
		}
	}
}

// The loop's own timer resumes, on real sockets.
func TestResumeFromATimer(t *testing.T) {
	e := testEngine(t, Options{})
	i := 0
	ln := listen(t, e, lines(func(c *Conn, line string) {
		repeat(c, line)
		if i++; i%150 == 0 {
			c.Pause()
			c.Loop().After(time.Millisecond, c.Resume)
		}
	}))
	c := dial(t, ln)
	send(t, c, numbered(manyLines))
	_ = c.CloseWrite()
	expect(t, c, numbered(manyLines))
	expectEOF(t, c)
}
