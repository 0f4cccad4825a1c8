//go:build linux

package http

import (
	"testing"
	"time"

	"fanloop/engine"
)

// await runs fn on the home loop.
func await(t testing.TB, e *engine.Engine, fn func()) {
	t.Helper()
	ran := make(chan struct{})
	if err := e.Home().Post(func() { defer close(ran); fn() }); err != nil {
		t.Fatal(err)
	}
	receive(t, ran)
}

// pause lets time pass on the loop, and no less than d.
func pause(t testing.TB, w *world, d time.Duration) {
	over := make(chan struct{})
	await(t, w.Engine, func() { w.Home().After(d, func() { close(over) }) })
	receive(t, over)
}

// until waits for what the server is about to do.
func (w *world) until(what string, done func(s engine.Stats) bool) {
	w.t.Helper()
	for end := time.Now().Add(patience); !done(w.Engine.Stats()); time.Sleep(time.Millisecond) {
		if time.Now().After(end) {
			w.t.Fatalf("never %s: %+v, %+v", what, w.Engine.Stats(), w.Server.Stats())
		}
	}
}

// bring sends, and waits until the loop has read that. No other client may send meanwhile.
func (w *world) bring(c *client, raw string) {
	w.t.Helper()
	before := w.Engine.Stats().BytesIn
	c.send(raw)
	w.until("read", func(s engine.Stats) bool { return s.BytesIn == before+uint64(len(raw)) })
	await(w.t, w.Engine, func() {}) // and handled
}

// arriving is a client that connects and sends while the loop stands still: raw is there as soon as the connection is, however slow this
// machine may be.
func (w *world) arriving(raw string) *client {
	w.t.Helper()
	held, goOn := make(chan struct{}), make(chan struct{})
	defer close(goOn)
	if err := w.Home().Post(func() { close(held); <-goOn }); err != nil {
		w.t.Fatal(err)
	}
	receive(w.t, held)
	c := w.dial()
	c.send(raw)
	return c
}

// clocked is a Server whose clock is the test's: its timeouts can be hours, of which nothing passes while this machine is busy with
// something else.
type clocked struct {
	*Server
	sessions []*session
}

func (s *clocked) Serve(conn *engine.Conn) engine.Handler {
	session := s.Server.Serve(conn).(*session)
	s.sessions = append(s.sessions, session)
	return session
}

// serveClocked is serve, and what has the clock go on.
func serveClocked(t *testing.T, s *Server) (w *world, pass func(d time.Duration)) {
	t.Helper()
	w = serve(t, s)
	c := &clocked{Server: s}
	ln, err := w.Listen("127.0.0.1:0", c)
	if err != nil {
		t.Fatal(err)
	}
	w.addr = ln.Addr()
	return w, func(d time.Duration) {
		t.Helper()
		await(t, w.Engine, func() {
			c.sessions[0].desk.started = c.sessions[0].desk.started.Add(-d) // all have the same
			for _, session := range c.sessions {
				session.timeUp() // as the timer does, also when it rings early
			}
		})
	}
}
