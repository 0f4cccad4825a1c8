//go:build linux

package engine

import (
	"context"
	"io"
	"net"
	"testing"
	"time"
)

// greeter tells each connection who answers, and closes.
func greeter(name string) Server {
	return handler{open: func(c *Conn) {
		_, _ = io.WriteString(c, name)
		c.Close()
	}}
}

// wantAnswersFrom connects to address until each of the names has answered. The kernel chooses by a hash of the ports, so
// that one of two is left out in 2^100 runs.
func wantAnswersFrom(t testing.TB, address string, names ...string) {
	t.Helper()
	missing := map[string]bool{}
	for _, name := range names {
		missing[name] = true
	}
	for range 100 {
		c, err := net.Dial("tcp", address)
		if err != nil {
			t.Fatal(err)
		}
		_ = c.SetDeadline(time.Now().Add(patience))
		name, err := io.ReadAll(c)
		c.Close()
		if err != nil {
			t.Fatal(err)
		}
		delete(missing, string(name))
		if len(missing) == 0 {
			return
		}
	}
	t.Errorf("no connection for %v", missing)
}

func TestReusePortInOneProcess(t *testing.T) {
	e := testEngine(t, Options{Loops: 2})
	one := listen(t, e, greeter("one"), ListenOptions{ReusePort: true})
	address := one.Addr().String()
	two, err := e.Listen(address, greeter("two"), ListenOptions{ReusePort: true, Loop: e.Loops()[1]})
	if err != nil {
		t.Fatal(err)
	}
	wantAnswersFrom(t, address, "one", "two")
	if one.Accepted() == 0 || two.Accepted() == 0 {
		t.Errorf("accepted %d, %d", one.Accepted(), two.Accepted())
	}
	wantInUse(t, e, address, ListenOptions{}) // it takes all of them
	if err := one.Close(); err != nil {
		t.Fatal(err)
	}
	// The one that is left gets all, also before the loop has closed the other's descriptor.
	accepted := two.Accepted()
	for range 20 {
		wantAnswersFrom(t, address, "two")
	}
	if got := two.Accepted() - accepted; got != 20 {
		t.Errorf("the listener that is left got %d connections of 20", got)
	}
}

func TestReusePortAcrossProcesses(t *testing.T) {
	e := testEngine(t, Options{})
	address := listen(t, e, greeter("parent"), ListenOptions{ReusePort: true}).Addr().String()
	c := startChild(t, "", "reuseport", address)
	if c.ready != address {
		t.Fatalf("the child listens on %q, want %q", c.ready, address)
	}
	wantAnswersFrom(t, address, "parent", "child")
}

func reusePortChild(address string) error {
	e, err := New(Options{})
	if err != nil {
		return err
	}
	ln, err := e.Listen(address, greeter("child"), ListenOptions{ReusePort: true})
	if err != nil {
		return err
	}
	answerLines(ln.Addr().String(), func() string { return "" })
	return e.Shutdown(context.Background())
}
