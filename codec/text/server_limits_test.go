//go:build linux

package text

import (
	"context"
	"fmt"
	"io"
	"strings"
	"sync/atomic"
	"testing"

	"fanloop/engine"
)

// At 1,024 owed answers reading stops, also in the middle of what has been read; at half it goes on. The peer's EOF is seen in the
// same packet as the last line that may be handled.
func TestServerHoldsReading(t *testing.T) {
	for _, questions := range []int{maxOwed, maxOwed + 1, 3*maxOwed + 7} {
		t.Run(fmt.Sprint(questions), func(t *testing.T) {
			s, asked, closed := deferred(questions)
			e, addr := serve(t, s)
			c := dial(t, addr)
			c.send(strings.Repeat("?\n", questions))
			c.finish()
			var owed []Reply
			for range maxOwed {
				owed = append(owed, receive(t, asked))
			}
			notMore := func() {
				t.Helper()
				for range 10 { // turns in which more could be read
					onLoop(t, e.Home(), func() {})
				}
				if len(asked) > 0 {
					t.Fatalf("%d more read while %d are owed", len(asked), len(owed))
				}
			}
			notMore()
			if n := s.Stats().AnswersHeld; n != 1 {
				t.Errorf("counted %d", n)
			}
			var want strings.Builder
			next := 0
			answerNext := func() {
				answer(t, owed[0], fmt.Sprint(next))
				fmt.Fprintln(&want, next)
				owed = owed[1:]
				next++
			}
			for range maxOwed/2 - 1 {
				answerNext()
			}
			notMore()
			answerNext()
			for next < questions {
				if len(owed) == 0 {
					owed = append(owed, receive(t, asked))
				}
				answerNext()
			}
			c.wantEOF(want.String())
			if err := receive(t, closed); err != io.EOF {
				t.Errorf("closed with %v", err)
			}
		})
	}
}

// When the engine stops, what is owed is still answered, and no more lines are taken.
func TestServerShutdown(t *testing.T) {
	s, asked, closed := deferred(2)
	e, err := engine.New(engine.Options{})
	if err != nil {
		t.Fatal(err)
	}
	addr := listen(t, e, s)
	idle, c := dial(t, addr), dial(t, addr)
	c.send("question\n")
	r := receive(t, asked)
	ended := make(chan error, 1)
	go func() {
		ctx, cancel := context.WithTimeout(context.Background(), patience)
		defer cancel()
		ended <- e.Shutdown(ctx)
	}()
	idle.wantEOF("")
	if err := receive(t, closed); err != engine.ErrShutdown {
		t.Errorf("the idle one was closed with %v", err)
	}
	_ = idle.Close()
	c.send("not taken\n")
	answer(t, r, "answer")
	c.wantEOF("answer\n")
	_ = c.Close()
	if err := receive(t, ended); err != nil {
		t.Errorf("Shutdown: %v", err)
	}
	if err := receive(t, closed); err != engine.ErrShutdown {
		t.Errorf("closed with %v", err)
	}
	if len(asked) != 0 {
		t.Error("a line was taken after the engine had begun to stop")
	}
	if err := r.Send([]byte("again")); err != ErrAnswered {
		t.Errorf("%v, want ErrAnswered", err)
	}
}

// A peer that does not read makes the connection full: the program is told, Send outside OnMessage refuses, answers wait, and nothing
// that was taken is lost.
func TestServerBuffer(t *testing.T) {
	const size = 32 << 10
	full, drained := make(chan *Conn, 1), make(chan struct{}, 1)
	var fulls atomic.Int32
	asked := make(chan Reply, 1)
	e, addr := serve(t, &Server{
		OnMessage: func(c *Conn, line []byte) {
			for i := 0; fulls.Load() == 0; i++ {
				_ = c.Send(append(fmt.Appendf(nil, "%d ", i), make([]byte, size)...))
			}
			asked <- c.Reply()
		},
		OnBufferFull: func(c *Conn) {
			fulls.Add(1)
			full <- c
		},
		OnBufferDrain: func(c *Conn) { drained <- struct{}{} },
	})
	c := dial(t, addr)
	c.send("fill\n")
	conn := receive(t, full)
	r := receive(t, asked)
	onLoop(t, e.Home(), func() {
		if err := conn.Send([]byte("behind the reply")); err != nil {
			t.Errorf("Send behind a reply: %v", err)
		}
	})
	answer(t, r, "answer")
	onLoop(t, e.Home(), func() {
		want := 2 // the answer and what is behind it
		if len(drained) > 0 {
			want = 0 // the kernel has made room meanwhile
		}
		if n := conn.answers.waiting(); n != want {
			t.Errorf("%d lines wait, want %d", n, want)
		}
	})
	i := 0
	for ; ; i++ {
		line, err := c.reader.ReadString('\n')
		if err != nil {
			t.Fatal(err)
		}
		if line == "answer\n" {
			break
		}
		if len(line) < size || !strings.HasPrefix(line, fmt.Sprint(i, " ")) {
			t.Fatalf("line %d: %.20q", i, line)
		}
	}
	c.want("behind the reply\n")
	receive(t, drained)
	if fulls.Load() != 1 {
		t.Errorf("OnBufferFull %d times", fulls.Load())
	}
}

// Send outside OnMessage, alone: it says that the peer does not read. Behind an answer that is owed it waits, up to a limit.
func TestSendFull(t *testing.T) {
	conns := make(chan *Conn, 1)
	e, addr := serve(t, &Server{OnConnect: func(c *Conn) { conns <- c }}, engine.ListenOptions{MaxOutbox: 1 << 16})
	dial(t, addr)
	slow := receive(t, conns)
	dial(t, addr)
	owing := receive(t, conns)
	onLoop(t, e.Home(), func() {
		var err error
		for n := 0; err == nil && n < 64<<20; n += 1 << 16 {
			err = slow.Send(make([]byte, 1<<16))
		}
		if err != engine.ErrFull || slow.answers.waiting() != 0 {
			t.Errorf("a peer that does not read: %v, %d lines wait", err, slow.answers.waiting())
		}
		_ = owing.Reply()
		for range maxOwed - 1 {
			if err := owing.Send([]byte("x")); err != nil {
				t.Fatal(err)
			}
		}
		if err := owing.Send([]byte("x")); err != engine.ErrFull {
			t.Errorf("behind %d lines: %v", maxOwed, err)
		}
		slow.Abort()
		owing.Abort()
	})
}

// shared is a message for many, as a hub makes it.
type shared struct {
	data   string
	binary bool
}

func (s shared) Encoded(_ int, encode func(dst, data []byte, binary bool) []byte) []byte {
	return encode(nil, []byte(s.data), s.binary)
}

func (s shared) Len() int    { return len(s.data) }
func (s shared) Key() string { return "" }

func TestServerPushAndKick(t *testing.T) {
	conns, closed := make(chan *Conn, 1), make(chan error, 1)
	e, addr := serve(t, &Server{
		OnConnect: func(c *Conn) { conns <- c },
		OnClose:   func(c *Conn, err error) { closed <- err },
	})
	c := dial(t, addr)
	conn := receive(t, conns)
	tests := []struct {
		message shared
		taken   bool
	}{
		{shared{data: "hello"}, true},
		{shared{data: "own line end\n"}, true},
		{shared{data: ""}, true},
		{shared{data: "two\nlines"}, false},
		{shared{data: "\x00\xff", binary: true}, true},
		{shared{data: "\x00\n", binary: true}, false},
	}
	onLoop(t, e.Home(), func() {
		outlet, ok := conn.Ref().Attach(func() {})
		if !ok {
			t.Fatal("not attached")
		}
		for _, test := range tests {
			if taken := outlet.Push(test.message); taken != test.taken {
				t.Errorf("Push(%q): %v", test.message.data, taken)
			}
		}
		outlet.Kick(shared{data: "goodbye"}, 1008, "reason")
	})
	c.wantEOF("hello\nown line end\n\n\x00\xff\ngoodbye\n")
	if err := receive(t, closed); err != engine.ErrClosed {
		t.Errorf("closed with %v", err)
	}
}
