//go:build linux

package main

import (
	"context"
	"log/slog"
	"os"
	"os/signal"
	"syscall"

	"golang.org/x/sys/unix"
)

// untilSignal returns a context that ends with the first SIGINT or SIGTERM, and when the terminal closes that the process has been
// started on. By then a second one has its usual effect again: it ends the process at once.
func untilSignal(log *slog.Logger, t tty) (ctx context.Context, stop func()) {
	ctx, stop = context.WithCancel(context.Background())
	signals := make(chan os.Signal, 8)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM, syscall.SIGHUP)
	signal.Ignore(syscall.SIGPIPE) // whoever read our output has gone: no reason to drop everybody
	go func() {
		if s := awaitEndSignal(ctx, signals, t); s != nil {
			log.Info("saying goodbye; another signal ends at once", "signal", s.String())
		}
		signal.Stop(signals)
		stop()
	}()
	return ctx, stop
}

// awaitEndSignal returns the signal that means the end, nil when ctx has ended. Another SIGHUP asks for a reload, and is not for here.
func awaitEndSignal(ctx context.Context, signals <-chan os.Signal, t tty) os.Signal {
	for {
		select {
		case s := <-signals:
			if s != syscall.SIGHUP || t.gone() {
				return s
			}
		case <-ctx.Done():
			return nil
		}
	}
}

// A tty is the terminal in whose foreground a process was started, if any. When it closes, the kernel sends the process SIGHUP, which
// is the end then as for any program that somebody has started by hand; every other SIGHUP asks for a reload. A process in the background
// of a terminal, and one started by nohup, is on its own.
type tty struct{ present bool }

const ownTTY = "/dev/tty"

func findTTY() tty {
	if signal.Ignored(syscall.SIGHUP) {
		return tty{}
	}
	fd, err := unix.Open(ownTTY, unix.O_RDONLY|unix.O_NOCTTY|unix.O_CLOEXEC, 0)
	if err != nil {
		return tty{}
	}
	defer unix.Close(fd)
	foreground, err := unix.IoctlGetInt(fd, unix.TIOCGPGRP)
	return tty{err == nil && foreground == unix.Getpgrp()}
}

// gone tells whether the terminal has closed: a process has none then.
func (t tty) gone() bool {
	if !t.present {
		return false
	}
	fd, err := unix.Open(ownTTY, unix.O_RDONLY|unix.O_NOCTTY|unix.O_CLOEXEC, 0)
	if err == nil {
		unix.Close(fd)
	}
	return err != nil
}
