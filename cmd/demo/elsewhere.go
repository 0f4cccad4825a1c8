//go:build !linux

package main

import (
	"errors"
	"io"
)

var errElsewhere = errors.New("the engine runs on Linux only; on Windows, use WSL2")

// Nothing of this can be had on this system: the engine is for Linux.
func serve(options, io.Writer, io.Writer) error { return errElsewhere }

func stopProcess(stopOptions, io.Writer) error { return errElsewhere }

func showStatus(statusOptions, io.Writer) error { return errElsewhere }
