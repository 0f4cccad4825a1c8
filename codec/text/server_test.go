//go:build linux

package text

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"strings"
	"testing"
	"time"

	"fanloop/engine"
	"fanloop/internal/cut"
)

// patience bounds what a test waits for; it is only reached by a test that fails.
const patience = time.Minute

func startEngine(t testing.TB, loops int) *engine.Engine {
	t.Helper()
	return startEngineWith(t, engine.Options{Loops: loops})
}

func startEngineWith(t testing.TB, o engine.Options) *engine.Engine {
	t.Helper()
	o.Logger = slog.New(slog.DiscardHandler)
	e, err := engine.New(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), patience)
		defer cancel()
		if err := e.Shutdown(ctx); err != nil {
			t.Errorf("Shutdown: %v", err)
		}
	})
	return e
}

// serve listens with s on a new engine of one loop.
func serve(t testing.TB, s *Server, options ...engine.ListenOptions) (*engine.Engine, net.Addr) {
	t.Helper()
	e := startEngine(t, 1)
	return e, listen(t, e, s, options...)
}

func listen(t testing.TB, e *engine.Engine, s *Server, options ...engine.ListenOptions) net.Addr {
	t.Helper()
	ln, err := e.Listen("127.0.0.1:0", s, options...)
	if err != nil {
		t.Fatal(err)
	}
	return ln.Addr()
}

// client is the peer.
type client struct {
	*net.TCPConn
	t      testing.TB
	reader *bufio.Reader
}

func dial(t testing.TB, addr net.Addr) *client {
	t.Helper()
	conn, err := net.Dial("tcp", addr.String())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	if err := conn.SetDeadline(time.Now().Add(patience)); err != nil {
		t.Fatal(err)
	}
	return &client{conn.(*net.TCPConn), t, bufio.NewReader(conn)}
}

// arriving is a client that connects and sends while the loop stands still: s is there as soon as the connection is, however slow this
// machine may be.
func arriving(t testing.TB, l *engine.Loop, addr net.Addr, s string) *client {
	t.Helper()
	held, goOn := make(chan struct{}), make(chan struct{})
	defer close(goOn)
	if err := l.Post(func() { close(held); <-goOn }); err != nil {
		t.Fatal(err)
	}
	receive(t, held)
	c := dial(t, addr)
	c.send(s)
	return c
}

func (c *client) send(s string) {
	c.t.Helper()
	if _, err := c.Write([]byte(s)); err != nil {
		c.t.Fatalf("write: %v", err)
	}
}

// want reads exactly s.
func (c *client) want(s string) {
	c.t.Helper()
	got := make([]byte, len(s))
	n, err := io.ReadFull(c.reader, got)
	if err != nil || string(got) != s {
		c.t.Fatalf("read %.200q, %v, want %.200q", got[:n], err, s)
	}
}

// wantEOF reads s and then the end.
func (c *client) wantEOF(s string) {
	c.t.Helper()
	got, err := io.ReadAll(c.reader)
	if err != nil || string(got) != s {
		c.t.Fatalf("read %.200q, %v, want %.200q and the end", got, err, s)
	}
}

func (c *client) finish() {
	c.t.Helper()
	if err := c.CloseWrite(); err != nil {
		c.t.Fatal(err)
	}
}

func receive[T any](t testing.TB, from <-chan T) (v T) {
	t.Helper()
	select {
	case v = <-from:
	case <-time.After(patience):
		t.Fatal("nothing came")
	}
	return v
}

// onLoop runs fn on the loop and waits for it.
func onLoop(t testing.TB, l *engine.Loop, fn func()) {
	t.Helper()
	ran := make(chan struct{})
	if err := l.Post(func() { defer close(ran); fn() }); err != nil {
		t.Fatal(err)
	}
	receive(t, ran)
}

func echo(c *Conn, line []byte) { _ = c.Send(line) }

func TestServerEcho(t *testing.T) {
	_, addr := serve(t, &Server{MaxLine: 8, OnMessage: echo})
	tests := []struct{ in, out string }{
		{in: "hello\n", out: "hello\n"},
		{in: "a\r\nb\n\n\r\n", out: "a\nb\n\n\n"},
		{in: "carry\r\r\n", out: "carry\r\r\n"},
		{in: "12345678\n使用\n", out: "12345678\n使用\n"},
		{in: "unfinished lines are no messages\n"[:3], out: ""},
		{in: "a\nb\nrest", out: "a\nb\n"},
		{in: "a\n123456789\nb\n", out: "a\nerror: line too long\n"},
		{in: "a\n123456789", out: "a\nerror: line too long\n"},
	}
	for _, test := range tests {
		cut.Every(t, []byte(test.in), func(t *testing.T, pieces [][]byte) {
			c := dial(t, addr)
			for _, p := range pieces {
				// The server may have refused the line and closed before it is all written.
				if _, err := c.Write(p); err != nil && !strings.Contains(test.out, tooLongLine) {
					t.Fatal(err)
				}
			}
			_ = c.CloseWrite()
			c.wantEOF(test.out)
		})
	}
}

// A back end of the seeds: many lines in one packet, answered in order.
func TestServerPipeline(t *testing.T) {
	n := 0
	_, addr := serve(t, &Server{OnMessage: func(c *Conn, line []byte) {
		n++
		_ = c.Send(fmt.Appendf(nil, "%d %s", n, line))
	}})
	c := dial(t, addr)
	var in, out strings.Builder
	for i := range 1000 {
		fmt.Fprintf(&in, "line %d\n", i)
		fmt.Fprintf(&out, "%d line %d\n", i+1, i)
	}
	c.send(in.String())
	c.want(out.String())
}

// A thousand lines arrive in one write, and the connection pauses at every seventh of them.
func TestServerPauseInTheMiddle(t *testing.T) {
	paused := false
	_, addr := serve(t, &Server{OnMessage: func(c *Conn, line []byte) {
		if paused {
			t.Errorf("%s while paused", line)
		}
		_ = c.Send(line)
		if bytes.HasSuffix(line, []byte("7")) {
			paused = true
			c.Pause()
			_ = c.Ref().Post(func(*engine.Conn) {
				paused = false
				c.Resume()
			})
		}
	}})
	c := dial(t, addr)
	var lines strings.Builder
	for i := range 1000 {
		fmt.Fprintf(&lines, "line %d\n", i)
	}
	c.send(lines.String())
	c.finish()
	c.wantEOF(lines.String())
}

func TestServerTooLong(t *testing.T) {
	closed := make(chan error, 1)
	asked := make(chan Reply, 1)
	s := &Server{
		MaxLine:   100,
		OnMessage: func(c *Conn, line []byte) { asked <- c.Reply() },
		OnClose:   func(c *Conn, err error) { closed <- err },
	}
	_, addr := serve(t, s)
	c := dial(t, addr)
	c.send("question\n" + strings.Repeat("x", 101))
	r := receive(t, asked)
	// What follows is neither handled nor in the way, although it is more than the kernel's buffers hold.
	sent := make(chan struct{})
	go func() {
		defer close(sent)
		_, _ = c.Write(bytes.Repeat([]byte("more\n"), 1<<20))
		_ = c.CloseWrite()
	}()
	if err := r.Send([]byte("answer")); err != nil {
		t.Fatal(err)
	}
	c.wantEOF("answer\nerror: line too long\n")
	receive(t, sent)
	if err := receive(t, closed); err != ErrTooLong {
		t.Errorf("closed with %v", err)
	}
	if n := s.Stats().LinesTooLong; n != 1 {
		t.Errorf("%d lines counted", n)
	}
	if len(asked) != 0 {
		t.Error("a line behind the one that was too long was handled")
	}
}

// A line of megabytes comes back whole, also to a peer that has shut down its end and takes its time.
func TestServerLargeLine(t *testing.T) {
	_, addr := serve(t, &Server{OnMessage: echo})
	c := dial(t, addr)
	line := strings.Repeat("0123456789abcdef", 5<<16) + "\n"
	go func() {
		_, _ = c.Write([]byte(line))
		_ = c.CloseWrite()
	}()
	c.wantEOF(line)
}

func TestServerPanic(t *testing.T) {
	closed := make(chan error, 1)
	_, addr := serve(t, &Server{
		OnMessage: func(c *Conn, line []byte) {
			if string(line) == "panic" {
				_ = c.Reply()
				panic("on purpose")
			}
			_ = c.Send(line)
		},
		OnClose: func(c *Conn, err error) { closed <- err },
	})
	other, c := dial(t, addr), dial(t, addr)
	c.send("panic\nnever\n")
	c.wantEOF("")
	if err := receive(t, closed); err != engine.ErrPanic {
		t.Errorf("closed with %v", err)
	}
	other.send("still here\n")
	other.want("still here\n")
}

func TestServerCallbacks(t *testing.T) {
	type event struct {
		what string
		id   uint64
		err  error
	}
	events := make(chan event, 8)
	s := &Server{
		OnConnect: func(c *Conn) {
			c.SetValue("mine")
			_ = c.Send([]byte("welcome"))
			events <- event{"connect", c.ID(), nil}
		},
		OnMessage: func(c *Conn, line []byte) {
			if c.Value() != "mine" || c.Ref().ID() != c.ID() || c.Loop().Index() != 0 {
				t.Errorf("value %v, ID %d, ref %d, loop %d", c.Value(), c.ID(), c.Ref().ID(), c.Loop().Index())
			}
			_ = c.Send([]byte(c.RemoteAddr().String() + " " + c.LocalAddr().String()))
			events <- event{string(line), c.ID(), nil}
		},
		OnClose: func(c *Conn, err error) {
			if c.Send([]byte("x")) != engine.ErrClosed || c.Reply().Send([]byte("x")) != ErrDropped || c.RemoteAddr() == nil {
				t.Error("a closed connection takes lines, or has lost its address")
			}
			c.Close()
			events <- event{"close", c.ID(), err}
		},
	}
	// The text server prefers home, although there is another loop.
	e := startEngine(t, 2)
	addr := listen(t, e, s)
	c := dial(t, addr)
	c.want("welcome\n")
	c.send("hello\n")
	c.want(c.TCPConn.LocalAddr().String() + " " + addr.String() + "\n")
	c.finish()
	c.wantEOF("")
	first := receive(t, events)
	for i, want := range []event{{"connect", first.id, nil}, {"hello", first.id, nil}, {"close", first.id, io.EOF}} {
		got := first
		if i > 0 {
			got = receive(t, events)
		}
		if got != want {
			t.Errorf("event %d: %v, want %v", i, got, want)
		}
	}
}

// Without callbacks a Server reads lines, drops them, and closes when the peer does.
func TestServerZeroValue(t *testing.T) {
	_, addr := serve(t, &Server{})
	c := dial(t, addr)
	c.send("hello\nworld\n")
	c.finish()
	c.wantEOF("")
}

func TestConnAbort(t *testing.T) {
	closed := make(chan error, 1)
	var owed Reply
	_, addr := serve(t, &Server{
		OnMessage: func(c *Conn, line []byte) {
			owed = c.Reply()
			c.Abort()
			if err := owed.Send([]byte("late")); err != ErrDropped {
				t.Errorf("Send after Abort: %v", err)
			}
		},
		OnClose: func(c *Conn, err error) { closed <- err },
	})
	c := dial(t, addr)
	c.send("hello\n")
	if got, err := io.ReadAll(c.reader); len(got) != 0 || err == nil {
		t.Errorf("read %q, %v, want a reset", got, err)
	}
	if err := receive(t, closed); err != engine.ErrAborted {
		t.Errorf("closed with %v", err)
	}
}

func TestConnSendErrors(t *testing.T) {
	results := make(chan error, 3)
	_, addr := serve(t, &Server{OnMessage: func(c *Conn, line []byte) {
		results <- c.Send([]byte("two\nlines"))
		results <- c.Send([]byte("one\n"))
		c.Close()
		results <- c.Send([]byte("late"))
	}})
	c := dial(t, addr)
	c.send("hello\n")
	c.wantEOF("one\n")
	for _, want := range []error{ErrNewline, nil, engine.ErrClosed} {
		if err := receive(t, results); !errors.Is(err, want) {
			t.Errorf("%v, want %v", err, want)
		}
	}
}
