//go:build linux

package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
)

// serve is `start`: in this process, or with -d in one of its own, of which it tells that its ports are open, or why not.
func serve(o options, stdout, stderr io.Writer) error {
	if !o.detach {
		return serveHere(o, stdout, stderr)
	}
	w := inheritedWaiter()
	if w == nil {
		return detach(o, stdout)
	}
	o.log.file = "" // stderr is the log already
	err := serveHere(o, w, stderr)
	w.fail(err)
	return err
}

// serveHere serves until a signal or a stop ends it. What waits for the ports to open is told through stdout, by the greeting.
func serveHere(o options, stdout, stderr io.Writer) error {
	logTo, err := openLog(o.log.file, stderr)
	if err != nil {
		return err
	}
	level := new(slog.LevelVar)
	level.Set(o.log.level)
	log, flush := o.log.newLogger(logTo, level)
	defer flush()
	pid, err := claimPlace(o, log)
	if err != nil {
		return err
	}
	defer pid.remove()
	terminal := findTTY()
	ctx, stop := untilSignal(log, terminal)
	defer stop()

	s, err := newServer(o, stdout, log)
	if err != nil {
		return err
	}
	s.level, s.terminal = level, terminal
	if pid == nil {
		return s.run(ctx)
	}
	c := &control{server: s, ctx: ctx, stop: stop}
	s.onReady = func() error { return c.openAt(pid.place(), o) }
	err = s.run(ctx)
	c.close()
	return err
}

// openLog opens the log file, at whose end is written; without one the log is stderr.
func openLog(path string, stderr io.Writer) (io.Writer, error) {
	if path == "" {
		return stderr, nil
	}
	file, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_APPEND, 0o600)
	if err != nil {
		return nil, fmt.Errorf("log file: %w", err)
	}
	return file, nil
}

// claimPlace claims the pid file. The user's own, which nobody asked for, is taken when it can be had: else nil.
func claimPlace(o options, log *slog.Logger) (*pidFile, error) {
	p, err := makePlace(o.pidFile)
	if err == nil {
		pid, claimErr := claimPIDFile(p.pidFile)
		if claimErr == nil {
			return pid, nil
		}
		err = claimErr
	}
	if !o.mustBeFound() {
		log.Debug("stop and status will not find this process", "err", err)
		return nil, nil
	}
	return nil, err
}

// mustBeFound tells whether the process was asked for by name or as a daemon, so that stop and status have to find it.
func (o *options) mustBeFound() bool { return o.detach || o.pidFile != "" }

// openAt opens the control socket, when the ports are open.
func (c *control) openAt(p place, o options) error {
	err := c.open(p.socket())
	if err != nil && !o.mustBeFound() {
		c.server.log.Debug("stop and status will not reach this process", "err", err)
		return nil
	}
	if err == nil && o.detach {
		c.server.log.Info("started", "process", os.Getpid(), "version", version(), "listener", c.server.openedText())
	}
	return err
}

// awaitEnd is the exit of whoever waits for a process: nil, or what ctx says.
func awaitEnd(ctx context.Context, h *holder, gaveUp string) error {
	err := h.gone(ctx)
	if errors.Is(err, context.DeadlineExceeded) || errors.Is(err, context.Canceled) {
		return fmt.Errorf("process %d still runs; %s", h.pid, gaveUp)
	}
	return err
}
