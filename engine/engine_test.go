//go:build linux

package engine

import (
	"bytes"
	"context"
	"io"
	"log/slog"
	"net"
	"sync"
	"testing"
	"time"
)

// patience bounds every wait of these tests for something that is sure to come. It is only there so that nothing hangs: a machine that
// is busy with other things may well take a while.
const patience = time.Minute

// testEngine is an engine that ends with the test, which fails if connections could not be drained.
func testEngine(t testing.TB, o Options) *Engine {
	t.Helper()
	if o.Logger == nil {
		o.Logger = slog.New(slog.NewTextHandler(&testLog{t: t}, nil))
	}
	e, err := New(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { shutdown(t, e) })
	return e
}

func shutdown(t testing.TB, e *Engine) {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	if err := e.Shutdown(ctx); err != nil {
		t.Errorf("Shutdown: %v", err)
	}
}

// testLog writes log lines to the test, while it runs.
type testLog struct {
	t  testing.TB
	mu sync.Mutex
	b  bytes.Buffer
}

func (w *testLog) Write(p []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.b.Write(p)
}

func (w *testLog) String() string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.b.String()
}

// handler is a Server and a Handler made of functions; nil ones do what is usual.
type handler struct {
	open    func(c *Conn)
	traffic func(c *Conn, p []byte) int
	close   func(c *Conn, err error)
}

func (h handler) Serve(*Conn) Handler { return h }

func (h handler) OnOpen(c *Conn) {
	if h.open != nil {
		h.open(c)
	}
}

func (h handler) OnTraffic(c *Conn, p []byte) int {
	if h.traffic != nil {
		return h.traffic(c, p)
	}
	return len(p)
}

func (h handler) OnClose(c *Conn, err error) {
	if h.close != nil {
		h.close(c, err)
	}
}

var echo = handler{traffic: func(c *Conn, p []byte) int {
	n, _ := c.Write(p)
	return n
}}

func listen(t testing.TB, e *Engine, s Server, o ...ListenOptions) *Listener {
	t.Helper()
	ln, err := e.Listen("127.0.0.1:0", s, o...)
	if err != nil {
		t.Fatal(err)
	}
	return ln
}

// dial connects. What is read and written fails after patience, which send and expect begin anew.
func dial(t testing.TB, ln *Listener) *net.TCPConn {
	t.Helper()
	c, err := net.Dial(ln.Addr().Network(), ln.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	renew(c)
	tcp, _ := c.(*net.TCPConn)
	return tcp
}

// renew has a client wait patiently from now on, however long it has been there.
func renew(c net.Conn) { _ = c.SetDeadline(time.Now().Add(patience)) }

func send(t testing.TB, c net.Conn, s string) {
	t.Helper()
	renew(c)
	if _, err := io.WriteString(c, s); err != nil {
		t.Fatal(err)
	}
}

func expect(t testing.TB, c net.Conn, want string) {
	t.Helper()
	renew(c)
	got := make([]byte, len(want))
	n, err := io.ReadFull(c, got)
	if string(got[:n]) != want {
		t.Fatalf("got %q, %v; want %q", got[:n], err, want)
	}
}

func expectEOF(t testing.TB, c net.Conn) {
	t.Helper()
	renew(c)
	if n, err := c.Read(make([]byte, 1)); err != io.EOF {
		t.Fatalf("got %d bytes, %v; want EOF", n, err)
	}
}

// await receives from ch.
func await[T any](t testing.TB, what string, ch <-chan T) T {
	t.Helper()
	select {
	case v := <-ch:
		return v
	case <-time.After(patience):
		t.Fatalf("timed out: %s", what)
		panic("unreachable")
	}
}

// on runs fn on a loop and waits for it.
func on(t testing.TB, l *Loop, fn func()) {
	t.Helper()
	done := make(chan struct{})
	if err := l.Post(func() { defer close(done); fn() }); err != nil {
		t.Fatal(err)
	}
	await(t, "a posted task", done)
}

func TestEcho(t *testing.T) {
	for _, loops := range []int{1, 2, 4} {
		e := testEngine(t, Options{Loops: loops})
		ln := listen(t, e, echo)
		for range 3 * loops {
			c := dial(t, ln)
			send(t, c, "hello")
			expect(t, c, "hello")
			send(t, c, "again")
			expect(t, c, "again")
		}
	}
}

func TestEchoMuch(t *testing.T) {
	e := testEngine(t, Options{})
	ln := listen(t, e, echo)
	c := dial(t, ln)
	want := bytes.Repeat([]byte("0123456789abcdef"), 1<<19) // 8 MiB
	go func() { _, _ = c.Write(want) }()
	got := make([]byte, len(want))
	if _, err := io.ReadFull(c, got); err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		t.Fatal("the echo differs")
	}
}

func TestEOFClosesAfterTheEcho(t *testing.T) {
	closed := make(chan error, 1)
	h := echo
	h.close = func(_ *Conn, err error) { closed <- err }
	e := testEngine(t, Options{})
	c := dial(t, listen(t, e, h))
	send(t, c, "last words")
	_ = c.CloseWrite()
	expect(t, c, "last words")
	expectEOF(t, c)
	if err := await(t, "OnClose", closed); err != io.EOF {
		t.Fatalf("reason %v, want EOF", err)
	}
}
