//go:build linux

package engine

import (
	"errors"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// set replaces limits and waits until they count.
func (ln *Listener) set(t *testing.T, o ListenOptions) {
	t.Helper()
	if err := ln.SetLimits(o); err != nil {
		t.Fatal(err)
	}
	on(t, ln.loop, func() {})
}

// New limits count for new connections; those that are open stay, and are counted.
func TestSetLimits(t *testing.T) {
	e := testEngine(t, Options{Loops: 2})
	ln := listen(t, e, echo, ListenOptions{MaxConnections: 1})
	first := wantIn(t, ln)
	wantAway(t, ln)
	ln.set(t, ListenOptions{MaxConnections: 3})
	second, third := wantIn(t, ln), wantIn(t, ln)
	wantAway(t, ln)
	ln.set(t, ListenOptions{MaxConnections: 1})
	leaves(t, e, second)
	wantAway(t, ln)
	send(t, first, "still here")
	expect(t, first, "still here")
	leaves(t, e, first)
	wantAway(t, ln)
	leaves(t, e, third)
	wantIn(t, ln)
	wantTurnedAway(t, e, 4, 0, 0)
}

// Limits of addresses that come later count connections from before too.
func TestSetLimitsOfAddresses(t *testing.T) {
	e, system := acceptingFrom(t, Options{})
	ln := listen(t, e, echo, ListenOptions{MaxPerAddress: -1, AddressRate: -1})
	system.come("192.0.2.1")
	first := wantIn(t, ln)
	wantIn(t, ln)
	ln.set(t, ListenOptions{MaxPerAddress: 2, AddressRate: -1})
	wantAway(t, ln)
	wantTurnedAway(t, e, 0, 1, 0)
	leaves(t, e, first)
	wantIn(t, ln)
	wantAway(t, ln)
	ln.set(t, ListenOptions{MaxPerAddress: -1, AddressRate: 1})
	wantRate(t, e, ln)
	wantTurnedAway(t, e, 0, 2, 1)
}

// What a connection is held to is what counted when it came.
func TestSetLimitsOfConnections(t *testing.T) {
	e := testEngine(t, Options{})
	limits := make(chan ListenOptions, 1)
	timeouts := make(chan int, 1)
	ln := listen(t, e, handler{traffic: func(c *Conn, p []byte) int {
		timeout, err := unix.GetsockoptInt(int(c.fd), unix.IPPROTO_TCP, unix.TCP_USER_TIMEOUT)
		if err != nil {
			t.Error(err)
		}
		limits <- *c.limits
		timeouts <- timeout
		return len(p)
	}}, ListenOptions{MaxOutbox: 100, UserTimeout: time.Second})
	older := dial(t, ln)
	send(t, older, "a")
	if got, timeout := <-limits, <-timeouts; got.MaxOutbox != 100 || timeout != 1000 {
		t.Errorf("%+v, %d ms", got, timeout)
	}
	ln.set(t, ListenOptions{MaxOutbox: 200, Slow: DropOldest, Linger: time.Minute, UserTimeout: -1})
	newer := dial(t, ln)
	send(t, newer, "a")
	if got, timeout := <-limits, <-timeouts; got.MaxOutbox != 200 || got.Slow != DropOldest || got.Linger != time.Minute || timeout != 0 {
		t.Errorf("%+v, %d ms", got, timeout)
	}
	send(t, older, "a")
	if got, timeout := <-limits, <-timeouts; got.MaxOutbox != 100 || got.Slow != CloseSlow || timeout != 1000 {
		t.Errorf("%+v, %d ms", got, timeout)
	}
	ln.set(t, ListenOptions{})
	send(t, dial(t, ln), "a")
	if got, timeout := <-limits, <-timeouts; got.MaxOutbox != 1<<20 || timeout != 30_000 {
		t.Errorf("%+v, %d ms", got, timeout)
	}
	if err := ln.Close(); err != nil {
		t.Fatal(err)
	}
	if err := ln.SetLimits(ListenOptions{}); !errors.Is(err, ErrClosed) {
		t.Error(err)
	}
}

func TestSetMaxConnections(t *testing.T) {
	e := testEngine(t, Options{MaxConnections: 1})
	ln := listen(t, e, echo)
	wantIn(t, ln)
	wantAway(t, ln)
	e.SetMaxConnections(2)
	wantIn(t, ln)
	wantAway(t, ln)
	e.SetMaxConnections(0)
	wantIn(t, ln)
}
