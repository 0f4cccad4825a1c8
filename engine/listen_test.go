//go:build linux

package engine

import (
	"context"
	"errors"
	"fmt"
	"net"
	"strings"
	"syscall"
	"testing"
)

func wantEcho(t testing.TB, ln *Listener) {
	t.Helper()
	c := dial(t, ln)
	defer c.Close() // or a shutdown would linger
	send(t, c, "hello")
	expect(t, c, "hello")
}

// running runs e in the background until the test ends; stop ends it and returns what Run returned.
func running(t testing.TB, e *Engine) (stop func() error) {
	ctx, cancel := context.WithCancel(t.Context())
	t.Cleanup(cancel)
	result := make(chan error, 1)
	go func() { result <- e.Run(ctx) }()
	return func() error {
		t.Helper()
		cancel()
		return await(t, "Run", result)
	}
}

func TestListenBeforeAndWhileRunning(t *testing.T) {
	var starts atomicCounts
	e := testEngine(t, Options{Loops: 2, OnStart: func(l *Loop) error { starts.add(l.Index()); return nil }})
	before := listen(t, e, echo)
	wantEcho(t, before) // the loops serve before Run
	stop := running(t, e)
	eventually(t, "OnStart on both loops", func() bool { return starts.is(1, 1) })
	while := make(chan *Listener)
	go func() {
		ln, err := e.Listen("127.0.0.1:0", echo)
		if err != nil {
			t.Error(err)
		}
		while <- ln
	}()
	ln := await(t, "Listen in a goroutine", while)
	wantEcho(t, ln)
	wantEcho(t, before)
	if got := e.Listeners(); len(got) != 2 || got[0] != before || got[1] != ln {
		t.Errorf("Listeners: %v", got)
	}
	if err := stop(); err != nil {
		t.Errorf("Run: %v", err)
	}
	if !starts.is(1, 1) {
		t.Errorf("OnStart calls: %v, want one a loop", &starts)
	}
}

// Listen inside a connection's callback, a posted task and a timer, of every loop.
func TestListenInCallbacks(t *testing.T) {
	const loops = 3
	e := testEngine(t, Options{Loops: loops})
	opened := make(chan *Listener)
	open := func() {
		ln, err := e.Listen("127.0.0.1:0", echo)
		if err != nil {
			t.Error(err)
		}
		opened <- ln
	}
	for _, l := range e.Loops() {
		first := listen(t, e, handler{open: func(c *Conn) {
			if c.Loop() != l {
				t.Errorf("on loop %d, want %d", c.Loop().Index(), l.Index())
			}
			open()
		}}, ListenOptions{Loop: l})
		dial(t, first)
		wantEcho(t, await(t, "Listen in OnOpen", opened))
		if err := l.Post(open); err != nil {
			t.Fatal(err)
		}
		wantEcho(t, await(t, "Listen in a task", opened))
		on(t, l, func() { l.After(0, open) })
		wantEcho(t, await(t, "Listen in a timer", opened))
	}
}

func TestListenInOnStart(t *testing.T) {
	const loops = 4
	opened := make(chan *Listener, loops)
	var starts atomicCounts
	e := testEngine(t, Options{Loops: loops, OnStart: func(l *Loop) error {
		starts.add(l.Index())
		ln, err := l.Engine().Listen("127.0.0.1:0", echo)
		opened <- ln
		return err
	}})
	stop := running(t, e)
	for range loops {
		wantEcho(t, await(t, "Listen in OnStart", opened))
	}
	wantEcho(t, listen(t, e, echo))
	if err := stop(); err != nil {
		t.Errorf("Run: %v", err)
	}
	if !starts.is(1, 1, 1, 1) {
		t.Errorf("OnStart calls: %v, want one a loop", &starts)
	}
}

func TestListenTakenPort(t *testing.T) {
	e := testEngine(t, Options{})
	taken := listen(t, e, echo)
	foreign, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer foreign.Close()
	before := descriptors()
	for _, o := range []ListenOptions{{}, {ReusePort: true}} { // it takes both to share a port
		for _, addr := range []string{taken.Addr().String(), foreign.Addr().String()} {
			wantInUse(t, e, addr, o)
		}
	}
	if now := descriptors(); now != before {
		t.Errorf("%d descriptors, %d before", now, before)
	}
	wantEcho(t, taken)
	if n := len(e.Listeners()); n != 1 {
		t.Errorf("%d listeners, want 1", n)
	}
}

func wantInUse(t testing.TB, e *Engine, addr string, o ListenOptions) {
	t.Helper()
	ln, err := e.Listen(addr, echo, o)
	if !errors.Is(err, syscall.EADDRINUSE) || !strings.Contains(fmt.Sprint(err), addr) {
		t.Errorf("%s, %+v: %v, %v; want EADDRINUSE and the address", addr, o, ln, err)
	}
}

func TestListenBadAddress(t *testing.T) {
	e := testEngine(t, Options{})
	before := descriptors()
	bad := append([]string{
		"127.0.0.1:65536", "127.0.0.1:-1", "127.0.0.1:no-such-service", "tcp4://[::1]:0", "tcp6://127.0.0.1:0",
		"192.0.2.1:0", // reserved for documentation: no machine has it
		"unix:" + strings.Repeat("x", 200), "unix:/no/such/directory/a.sock",
	}, badAddresses...)
	for _, addr := range bad {
		if ln, err := e.Listen(addr, echo); err == nil || !strings.Contains(err.Error(), addr) {
			t.Errorf("%q: %v, %v; want an error that names it", addr, ln, err)
		}
	}
	if now := descriptors(); now != before {
		t.Errorf("%d descriptors, %d before", now, before)
	}
}

func TestListenOnAnotherEnginesLoop(t *testing.T) {
	e, other := testEngine(t, Options{}), testEngine(t, Options{})
	if _, err := e.Listen("127.0.0.1:0", echo, ListenOptions{Loop: other.Home()}); err == nil {
		t.Error("no error")
	}
}

func TestListenFamilies(t *testing.T) {
	e := testEngine(t, Options{})
	for _, tt := range []struct{ listen, dial, remote string }{
		{"tcp4://127.0.0.1:0", "127.0.0.1", "127.0.0.1"},
		{"tcp4://:0", "127.0.0.1", "127.0.0.1"},
		{"tcp6://[::1]:0", "::1", "::1"},
		{":0", "127.0.0.1", "127.0.0.1"},
		{":0", "::1", "::1"},
	} {
		t.Run(tt.listen+" from "+tt.dial, func(t *testing.T) {
			if tt.dial == "::1" {
				needIPv6(t)
			}
			addresses := make(chan [2]net.Addr, 1)
			ln, err := e.Listen(tt.listen, handler{open: func(c *Conn) { addresses <- [2]net.Addr{c.LocalAddr(), c.RemoteAddr()} }})
			if err != nil {
				t.Fatal(err)
			}
			port := ln.Addr().(*net.TCPAddr).Port
			c, err := net.Dial("tcp", net.JoinHostPort(tt.dial, fmt.Sprint(port)))
			if err != nil {
				t.Fatal(err)
			}
			defer c.Close()
			got := await(t, "OnOpen", addresses)
			if got[0].String() != c.RemoteAddr().String() || got[1].String() != c.LocalAddr().String() {
				t.Errorf("addresses %v; the client's are %v, %v", got, c.RemoteAddr(), c.LocalAddr())
			}
			if other := map[bool]string{true: "tcp4", false: "tcp6"}[tt.dial == "::1"]; strings.Contains(tt.listen, "://") {
				wantNoFamily(t, other, port)
			}
		})
	}
}

// On a wildcard address each connection has the local address that its peer connected to, also when there are more than a
// listener remembers.
func TestLocalAddresses(t *testing.T) {
	e := testEngine(t, Options{})
	locals := make(chan string, 1)
	ln, err := e.Listen("tcp4://0.0.0.0:0", handler{open: func(c *Conn) { locals <- c.LocalAddr().String() }})
	if err != nil {
		t.Fatal(err)
	}
	port := ln.Addr().(*net.TCPAddr).Port
	for i := range 3 * maxOrigins { // the second time round the first of them are known
		want := fmt.Sprintf("127.0.0.%d:%d", 1+i%(maxOrigins+3), port)
		c, err := net.Dial("tcp", want)
		if err != nil {
			t.Fatal(err)
		}
		if got := await(t, "OnOpen", locals); got != want {
			t.Errorf("LocalAddr %s, want %s", got, want)
		}
		c.Close()
	}
}

// wantNoFamily checks that nobody is reached over the other family.
func wantNoFamily(t *testing.T, network string, port int) {
	c, err := net.Dial(network, fmt.Sprintf("localhost:%d", port))
	if err == nil {
		c.Close()
		t.Errorf("connected over %s", network)
	}
}

func needIPv6(t *testing.T) {
	if !hasIPv6() {
		t.Skip("this machine has no ::1")
	}
}

func hasIPv6() bool {
	ln, err := net.Listen("tcp6", "[::1]:0")
	if err == nil {
		ln.Close()
	}
	return err == nil
}
