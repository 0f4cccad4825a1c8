//go:build linux

package identity

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"log/slog"
	"net"
	nethttp "net/http"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"fanloop/codec/http"
	"fanloop/codec/websocket"
	"fanloop/engine"
	"fanloop/hub"
	"fanloop/internal/leak"
	"fanloop/internal/peers"
)

func TestMain(m *testing.M) { leak.Main(m) }

// clock is the tests' own time, and the timers that are set in it.
type clock struct {
	mu     sync.Mutex
	now    time.Time
	timers map[*fakeTimer]bool
}

type fakeTimer struct {
	clock *clock
	loop  *engine.Loop
	due   time.Time
	fn    func()
}

func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *clock) after(l *engine.Loop, d time.Duration, fn func()) timer {
	c.mu.Lock()
	defer c.mu.Unlock()
	t := &fakeTimer{c, l, c.now.Add(d), fn}
	c.timers[t] = true
	return t
}

func (t *fakeTimer) Stop() bool {
	t.clock.mu.Lock()
	defer t.clock.mu.Unlock()
	was := t.clock.timers[t]
	delete(t.clock.timers, t)
	return was
}

func (t *fakeTimer) Reset(d time.Duration) {
	t.clock.mu.Lock()
	defer t.clock.mu.Unlock()
	t.due = t.clock.now.Add(d)
	t.clock.timers[t] = true
}

// set moves the time, and returns when what is due then has happened. Timers fire one by one, each at its own time.
func (c *clock) set(to time.Time) {
	for {
		next := c.next(to)
		if next == nil {
			return
		}
		fired := make(chan struct{})
		if next.loop.Post(func() { next.fn(); close(fired) }) != nil {
			return
		}
		<-fired
	}
}

func (c *clock) next(to time.Time) (next *fakeTimer) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for t := range c.timers {
		if !t.due.After(to) && (next == nil || t.due.Before(next.due)) {
			next = t
		}
	}
	if next == nil {
		c.now = to
		return nil
	}
	delete(c.timers, next)
	c.now = next.due
	return next
}

func (c *clock) waiting() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return len(c.timers)
}

// world is a server with a Door in front of /ws and /events.
type world struct {
	*engine.Engine
	t       testing.TB
	hub     *hub.Hub
	door    *Door
	clock   *clock
	address string
	log     *peers.Lines
	said    chan string // "OnConnect uid", "OnMessage uid text", "OnClose uid"
}

func open(t testing.TB, d *Door, loops int) *world {
	t.Helper()
	w := &world{t: t, door: d, clock: &clock{now: noon, timers: map[*fakeTimer]bool{}}, log: peers.NewLines(), said: make(chan string, 100)}
	logger := slog.New(slog.NewTextHandler(w.log, &slog.HandlerOptions{Level: slog.LevelDebug}))
	e, err := engine.New(engine.Options{Loops: loops, Logger: logger})
	if err != nil {
		t.Fatal(err)
	}
	w.Engine = e
	w.hub = hub.New(e.Loops(), hub.Options{})
	d.Hub, d.after = w.hub, w.clock.after
	if d.Tokens != nil {
		d.Tokens.Now = w.clock.Now
	}
	if d.Backend != nil {
		d.Backend.Now, d.Backend.Logger = w.clock.Now, logger
		t.Cleanup(d.Backend.Close)
	}
	web := &http.Server{}
	web.Upgrade("GET /ws", d.Guard(&websocket.Server{
		OnConnect: func(c *websocket.Conn) { w.said <- "OnConnect " + VisitOf(c).UID },
		OnMessage: func(c *websocket.Conn, m websocket.Message) {
			w.said <- "OnMessage " + VisitOf(c).UID + " " + string(m.Data)
		},
		OnClose: func(c *websocket.Conn, err error) { w.said <- "OnClose " + VisitOf(c).UID },
	}))
	web.Upgrade("/events", d.GuardEvents(&http.Events{
		Goodbye: func(code int, reason string) *http.Event {
			return &http.Event{Data: fmt.Append(nil, code, " ", reason)}
		},
		OnConnect: func(c *http.EventStream, x *http.Exchange) { w.said <- "OnConnect " + VisitOf(x).UID },
		OnClose:   func(c *http.EventStream, err error) { w.said <- "OnClose " + VisitOf(c).UID },
	}))
	ln, err := e.Listen("127.0.0.1:0", web)
	if err != nil {
		t.Fatal(err)
	}
	w.address = ln.Addr().String()
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), peers.Bound)
		defer cancel()
		if err := e.Shutdown(ctx); err != nil {
			t.Errorf("Shutdown: %v", err)
		}
		if n := w.clock.waiting(); n > 0 {
			t.Errorf("%d timers are left behind", n)
		}
	})
	return w
}

// expect waits for what a callback says.
func (w *world) expect(want string) {
	w.t.Helper()
	select {
	case got := <-w.said:
		if got != want {
			w.t.Fatalf("%q, want %q", got, want)
		}
	case <-time.After(peers.Bound):
		w.t.Fatalf("nothing, want %q", want)
	}
}

// silent fails when a callback has said something.
func (w *world) silent() {
	w.t.Helper()
	select {
	case got := <-w.said:
		w.t.Errorf("%q", got)
	default:
	}
}

// push pushes to a target and tells how many have taken it.
func (w *world) push(to hub.Target, text string) int {
	w.t.Helper()
	taken := make(chan int, 1)
	err := w.hub.Wait(context.Background(), func(x *hub.Home) {
		x.Push(to, hub.Text([]byte(text)), func(v hub.Verdict) { taken <- v.Taken })
	})
	if err != nil {
		w.t.Fatal(err)
	}
	return <-taken
}

// until waits for something that other goroutines bring about.
func (w *world) until(what string, done func() bool) {
	w.t.Helper()
	for deadline := time.Now().Add(peers.Bound); !done(); runtime.Gosched() {
		if time.Now().After(deadline) {
			w.t.Fatal(what)
		}
	}
}

// knock makes a request, with fields that are whole lines, and returns the answer, with its body read when it is no stream.
func (w *world) knock(target string, fields ...string) (answer *nethttp.Response, body string) {
	w.t.Helper()
	conn, err := net.Dial("tcp", w.address)
	if err != nil {
		w.t.Fatal(err)
	}
	defer conn.Close()
	_ = conn.SetDeadline(time.Now().Add(peers.Bound))
	head := append([]string{"GET " + target + " HTTP/1.1", "Host: fanloop.test", "Connection: close"}, fields...)
	if target[:3] == "/ws" {
		head[2] = "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ=="
	}
	_, _ = io.WriteString(conn, strings.Join(head, "\r\n")+"\r\n\r\n")
	answer, err = nethttp.ReadResponse(bufio.NewReader(conn), nil)
	if err != nil {
		w.t.Fatal(err)
	}
	if answer.StatusCode >= 300 {
		all, _ := io.ReadAll(answer.Body)
		body = string(all)
	}
	return answer, body
}
