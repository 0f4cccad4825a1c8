//go:build linux

package text

import (
	"fmt"
	"io"
	"math/rand/v2"
	"strings"
	"testing"

	"fanloop/engine"
)

// deferred is a server that hands out the replies to its questions.
func deferred(questions int) (*Server, chan Reply, chan error) {
	asked, closed := make(chan Reply, questions), make(chan error, 1)
	return &Server{
		OnMessage: func(c *Conn, line []byte) { asked <- c.Reply() },
		OnClose:   func(c *Conn, err error) { closed <- err },
	}, asked, closed
}

func answer(t testing.TB, r Reply, p string) {
	t.Helper()
	if err := r.Send([]byte(p)); err != nil {
		t.Fatalf("Send(%q): %v", p, err)
	}
}

// Questions of several connections on several loops are answered by many goroutines in any order.
func TestServerAnswersInOrder(t *testing.T) {
	const questions = 2000
	e := startEngine(t, 3)
	addr := listen(t, e, &Server{OnMessage: func(c *Conn, line []byte) {
		switch r, answer := c.Reply(), string(line); rand.IntN(4) {
		case 0:
			_ = r.Send(line)
		case 1:
			go func() { _ = r.Send([]byte(answer)) }()
		case 2:
			_ = e.Loops()[rand.IntN(3)].Post(func() { _ = r.Send([]byte(answer)) })
		case 3:
			_ = engine.Offload(c, func() error { return r.Send([]byte(answer)) }, func(err error) {
				if err != nil {
					t.Error(err)
				}
			})
		}
	}}, engine.ListenOptions{Spread: true})
	var lines strings.Builder
	for i := range questions {
		fmt.Fprintf(&lines, "line %d\n", i)
	}
	clients := []*client{dial(t, addr), dial(t, addr), dial(t, addr)}
	for _, c := range clients {
		go func() {
			_, _ = c.Write([]byte(lines.String()))
			_ = c.CloseWrite()
		}()
	}
	for _, c := range clients {
		c.wantEOF(lines.String())
	}
}

// Answers to a peer that has shut down its end come later than its EOF.
func TestServerAnswersAfterEOF(t *testing.T) {
	s, asked, closed := deferred(2)
	_, addr := serve(t, s)
	c := dial(t, addr)
	c.send("one\ntwo\nunfinished")
	c.finish()
	first, second := receive(t, asked), receive(t, asked)
	answer(t, second, "2")
	answer(t, first, "1")
	c.wantEOF("1\n2\n")
	if err := receive(t, closed); err != io.EOF {
		t.Errorf("closed with %v", err)
	}
	if len(asked) != 0 {
		t.Error("the unfinished line was handled")
	}
}

func TestServerSendWaitsForReply(t *testing.T) {
	asked := make(chan Reply, 1)
	_, addr := serve(t, &Server{OnMessage: func(c *Conn, line []byte) {
		if string(line) == "question" {
			asked <- c.Reply()
		}
		_ = c.Send([]byte("said"))
		r := c.Reply()
		_ = r.Send(line)
		_ = c.Send([]byte("said more"))
	}})
	c := dial(t, addr)
	c.send("first\n")
	c.want("said\nfirst\nsaid more\n")
	c.send("question\nthird\n")
	answer(t, receive(t, asked), "answer")
	c.want("answer\nsaid\nquestion\nsaid more\nsaid\nthird\nsaid more\n")
}

// A Reply made outside OnMessage is as good.
func TestReplyOutsideMessage(t *testing.T) {
	conns := make(chan *Conn, 1)
	e, addr := serve(t, &Server{OnConnect: func(c *Conn) {
		_ = c.Reply().Send([]byte("welcome"))
		conns <- c
	}})
	c := dial(t, addr)
	c.want("welcome\n")
	conn := receive(t, conns)
	var r Reply
	onLoop(t, e.Home(), func() {
		r = conn.Reply()
		_ = conn.Send([]byte("behind it"))
	})
	answer(t, r, "later")
	c.want("later\nbehind it\n")
}

// Close sends what is ready; what is owed behind it, and what waits behind that, is dropped.
func TestCloseDropsOwed(t *testing.T) {
	replies := make(chan Reply, 3)
	_, addr := serve(t, &Server{OnMessage: func(c *Conn, line []byte) {
		ready, owed, behind := c.Reply(), c.Reply(), c.Reply()
		_ = behind.Send([]byte("behind"))
		_ = ready.Send([]byte("ready"))
		c.Close()
		for _, r := range []Reply{ready, owed, behind} {
			replies <- r
		}
	}})
	c := dial(t, addr)
	c.send("question\n")
	c.wantEOF("ready\n")
	for i, want := range []error{ErrAnswered, ErrDropped, ErrDropped} {
		if err := receive(t, replies).Send([]byte("late")); err != want {
			t.Errorf("reply %d: %v, want %v", i, err, want)
		}
	}
}

// A peer that resets takes its owed answers with it.
func TestPeerGoneDropsOwed(t *testing.T) {
	s, asked, closed := deferred(1)
	_, addr := serve(t, s)
	c := dial(t, addr)
	c.send("question\n")
	r := receive(t, asked)
	_ = c.SetLinger(0)
	_ = c.Close()
	if err := receive(t, closed); err == nil || err == io.EOF {
		t.Errorf("closed with %v, want a reset", err)
	}
	if err := r.Send([]byte("late")); err != ErrDropped {
		t.Errorf("%v, want ErrDropped", err)
	}
}

// A question and its answer allocate nothing, wherever the answer comes from.
func TestServerAllocates(t *testing.T) {
	replies := make(chan Reply)
	t.Cleanup(func() { close(replies) }) // when the engine has stopped
	go func() {
		for r := range replies {
			_ = r.Send([]byte("later"))
		}
	}()
	_, addr := serve(t, &Server{OnMessage: func(c *Conn, line []byte) {
		switch line[0] {
		case 's':
			_ = c.Send(line)
		case 'r':
			_ = c.Reply().Send(line)
		case 'l':
			replies <- c.Reply()
		}
	}})
	c := dial(t, addr)
	for _, line := range []string{"sent\n", "reply\n", "later\n"} {
		in, out := []byte(line), make([]byte, len(line))
		n := testing.AllocsPerRun(500, func() {
			if _, err := c.Write(in); err != nil {
				t.Fatal(err)
			}
			if _, err := io.ReadFull(c.TCPConn, out); err != nil {
				t.Fatal(err)
			}
		})
		if n != 0 || string(out) != line {
			t.Errorf("%q: %v allocations, read %q", line, n, out)
		}
	}
}

func BenchmarkServer(b *testing.B) {
	_, addr := serve(b, &Server{OnMessage: func(c *Conn, line []byte) { _ = c.Reply().Send(line) }})
	c := dial(b, addr)
	for _, lines := range []int{1, 100} {
		b.Run(fmt.Sprint(lines, " at a time"), func(b *testing.B) {
			b.ReportAllocs()
			in := []byte(strings.Repeat("{\"uid\":\"u1\",\"text\":\"hello\"}\n", lines))
			out := make([]byte, len(in))
			for b.Loop() {
				_, _ = c.Write(in)
				if _, err := io.ReadFull(c.reader, out); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*lines), "ns/message")
		})
	}
}
