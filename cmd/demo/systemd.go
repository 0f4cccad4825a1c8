//go:build linux

package main

import (
	"context"
	"fmt"
	"log/slog"
	"net"
	"os"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sys/unix"

	"fanloop/engine"
)

// A supervisor is the service manager that has started the process and wants to hear how it is (sd_notify). A nil one hears nothing.
type supervisor struct {
	conn     net.Conn
	log      *slog.Logger
	watchdog time.Duration // within which it wants a sign of life; 0 is never
}

// findSupervisor finds it in the environment, and keeps it from children. The watchdog may be meant for another process.
func findSupervisor(log *slog.Logger) *supervisor {
	path, usec, pid := os.Getenv("NOTIFY_SOCKET"), os.Getenv("WATCHDOG_USEC"), os.Getenv("WATCHDOG_PID")
	for _, name := range []string{"NOTIFY_SOCKET", "WATCHDOG_USEC", "WATCHDOG_PID"} {
		_ = os.Unsetenv(name)
	}
	if path == "" {
		return nil
	}
	conn, err := net.Dial("unixgram", path)
	if err != nil {
		log.Warn("the service manager cannot be told how this process is", "err", err)
		return nil
	}
	v := &supervisor{conn: conn, log: log}
	if n, err := strconv.ParseInt(usec, 10, 64); err == nil && n > 0 && (pid == "" || pid == strconv.Itoa(os.Getpid())) {
		v.watchdog = time.Duration(n) * time.Microsecond
	}
	return v
}

// tell says something, such as READY=1. Any goroutine.
func (v *supervisor) tell(lines ...string) {
	if v == nil {
		return
	}
	if _, err := v.conn.Write([]byte(strings.Join(lines, "\n"))); err != nil {
		v.log.Warn("the service manager cannot be told how this process is", "err", err)
	}
}

// reloading is what READY=1 follows.
func (v *supervisor) reloading() {
	var now unix.Timespec
	_ = unix.ClockGettime(unix.CLOCK_MONOTONIC, &now) // it cannot fail
	v.tell("RELOADING=1", fmt.Sprintf("MONOTONIC_USEC=%d", now.Nano()/1000))
}

// watch gives a sign of life twice in the time that the service manager allows, each when every loop has come round since the last:
// of a server with a loop that is stuck it hears nothing. It returns when ctx has ended, or a loop has.
func (v *supervisor) watch(ctx context.Context, loops []*engine.Loop) {
	if v == nil || v.watchdog == 0 {
		return
	}
	every := time.NewTicker(max(v.watchdog/2, time.Millisecond))
	defer every.Stop()
	for comeRound(ctx, loops) {
		v.tell("WATCHDOG=1")
		select {
		case <-every.C:
		case <-ctx.Done():
			return
		}
	}
}

// comeRound waits for a task of every loop.
func comeRound(ctx context.Context, loops []*engine.Loop) bool {
	turned := make(chan struct{}, len(loops))
	for _, l := range loops {
		if l.Post(func() { turned <- struct{}{} }) != nil {
			return false
		}
	}
	for range loops {
		select {
		case <-turned:
		case <-ctx.Done():
			return false
		}
	}
	return true
}
