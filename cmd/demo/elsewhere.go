//go:build !linux

package main

import (
	"context"
	"errors"
	"io"
	"log/slog"
)

// server cannot be had on this system: the engine is for Linux.
type server struct{}

func newServer(options, io.Writer, *slog.Logger) (*server, error) {
	return nil, errors.New("the engine runs on Linux only; on Windows, use WSL2")
}

func (*server) run(context.Context) error { return nil }
