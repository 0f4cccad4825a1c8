//go:build linux

package text

import (
	"strings"
	"testing"
	"time"

	"fanloop/engine"
)

// Of those who have sent half a line, the one that holds the most is told so when the budget of memory is spent, and not
// before; the others finish theirs.
func TestServerOutOfMemory(t *testing.T) {
	closed := make(chan error, 10)
	e := startEngineWith(t, engine.Options{MaxMemory: 1 << 20})
	addr := listen(t, e, &Server{
		OnMessage: func(c *Conn, line []byte) { _ = c.Send(line[:1]) },
		OnClose:   func(_ *Conn, err error) { closed <- err },
	})
	until := func(what string, done func(s engine.Stats) bool) {
		t.Helper()
		for end := time.Now().Add(patience); !done(e.Stats()); time.Sleep(time.Millisecond) {
			if time.Now().After(end) {
				t.Fatalf("never %s: %+v", what, e.Stats())
			}
		}
	}
	var others []*client
	for range 4 {
		c := dial(t, addr)
		before := e.Stats().BytesIn
		c.send(strings.Repeat("x", 50<<10))
		until("read", func(s engine.Stats) bool { return s.BytesIn-before == 50<<10 })
		others = append(others, c)
	}
	if s := e.Stats(); s.MemorySpent != 0 || s.Memory > 1<<20 {
		t.Fatalf("below the budget: %+v", s)
	}
	greedy := dial(t, addr)
	go func() { _, _ = greedy.Write([]byte(strings.Repeat("y", 2<<20))) }()
	greedy.want("error: out of memory\n")
	if err := receive(t, closed); err != engine.ErrMemory {
		t.Errorf("the reason is %v", err)
	}
	for _, c := range others {
		c.send("x\n")
		c.want("x\n")
	}
	until("given back", func(s engine.Stats) bool { return s.Memory == 0 })
	if s := e.Stats(); s.MemoryClosed != 1 || s.Ended.Memory != 1 {
		t.Errorf("%+v", s)
	}
}
