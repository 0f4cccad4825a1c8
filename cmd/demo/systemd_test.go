//go:build linux

package main

import (
	"net"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"fanloop/internal/peers"
)

// manager is a stand-in for the service manager's socket.
func manager(t *testing.T, watchdog string) *net.UnixConn {
	t.Helper()
	path := filepath.Join(t.TempDir(), "notify")
	c, err := net.ListenUnixgram("unixgram", &net.UnixAddr{Name: path, Net: "unixgram"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	t.Setenv("NOTIFY_SOCKET", path)
	t.Setenv("WATCHDOG_USEC", watchdog)
	t.Setenv("WATCHDOG_PID", "")
	return c
}

// heard is the next notice, "" when there is none for so long.
func heard(t *testing.T, c *net.UnixConn, patience time.Duration) string {
	t.Helper()
	_ = c.SetReadDeadline(time.Now().Add(patience))
	p := make([]byte, 1000)
	n, err := c.Read(p)
	if err != nil {
		return ""
	}
	return string(p[:n])
}

// awaitNotice reads notices until one begins so.
func awaitNotice(t *testing.T, c *net.UnixConn, want string) string {
	t.Helper()
	for {
		got := heard(t, c, peers.Bound)
		if strings.HasPrefix(got, want) {
			return got
		}
		if got != "WATCHDOG=1" {
			t.Fatalf("heard %q, want %q", got, want)
		}
	}
}

func TestNotices(t *testing.T) {
	c := manager(t, "")
	d := start(t)
	if got := heard(t, c, peers.Bound); got != "READY=1" {
		t.Errorf("heard %q", got)
	}
	d.server.supervisor.reloading()
	if got := heard(t, c, peers.Bound); !strings.HasPrefix(got, "RELOADING=1\nMONOTONIC_USEC=") {
		t.Errorf("heard %q", got)
	}
	if err := d.stop(); err != nil {
		t.Error(err)
	}
	if got := heard(t, c, peers.Bound); got != "STOPPING=1" {
		t.Errorf("heard %q", got)
	}
}

// Signs of life come while all loops turn, and not while one is stuck.
func TestWatchdog(t *testing.T) {
	c := manager(t, "20000")
	d := start(t, "-loops", "2")
	awaitNotice(t, c, "READY=1")
	for range 3 {
		if got := heard(t, c, peers.Bound); got != "WATCHDOG=1" {
			t.Fatalf("heard %q", got)
		}
	}
	stuck, release := make(chan struct{}), make(chan struct{})
	if err := d.server.engine.Loops()[1].Post(func() { close(stuck); <-release }); err != nil {
		t.Fatal(err)
	}
	<-stuck
	// What was on its way comes still: no more than the socket holds, and then nothing for ten times as long as between two.
	for ctx := bounded(t); heard(t, c, 100*time.Millisecond) != ""; {
		if ctx.Err() != nil {
			t.Fatal("there are signs of life of a loop that is stuck")
		}
	}
	close(release)
	if got := heard(t, c, peers.Bound); got != "WATCHDOG=1" {
		t.Errorf("heard %q", got)
	}
}

func TestWatchdogOfAnotherProcess(t *testing.T) {
	manager(t, "20000")
	t.Setenv("WATCHDOG_PID", "1")
	d := start(t)
	if v := d.server.supervisor; v == nil || v.watchdog != 0 {
		t.Errorf("%+v", v)
	}
}
