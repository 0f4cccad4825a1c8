//go:build linux

package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strconv"
	"syscall"
)

// waiterVariable tells a process that it is the daemon, by the descriptor of the pipe that the process which started it reads.
const waiterVariable = "FANLOOP_WAITER"

// What the daemon writes into the pipe ends with one of these; without either it has died.
const (
	portsOpen  = '\x06'
	cannotOpen = '\x15'
)

// detach starts this program again as a daemon: a session of its own, no stdin, the log as its stdout and stderr, the same
// working directory. It returns when the daemon's ports are open, with its greeting, or with its error.
func detach(o options, stdout io.Writer) error {
	p, err := makePlace(o.pidFile)
	if err != nil {
		return err
	}
	if o.log.file == "" {
		o.log.file = p.log()
	}
	log, err := openLog(o.log.file, nil)
	if err != nil {
		return err
	}
	said, err := runDaemon(log.(*os.File))
	if greeting, open := bytes.CutSuffix(said, []byte{portsOpen}); open {
		_, err = stdout.Write(greeting)
		return err
	}
	if cause, failed := bytes.CutSuffix(said, []byte{cannotOpen}); failed {
		return errors.New(string(cause))
	}
	return fmt.Errorf("the daemon ended before its ports were open: %w (see %s)", err, o.log.file)
}

// runDaemon returns what the daemon has said, and when its ports are not open, how it ended.
func runDaemon(log *os.File) (said []byte, err error) {
	program, err := os.Executable()
	if err != nil {
		return nil, err
	}
	hears, says, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	defer hears.Close()
	cmd := &exec.Cmd{
		Path: program, Args: os.Args,
		Env:    append(os.Environ(), waiterVariable+"=3"),
		Stdout: log, Stderr: log,
		ExtraFiles:  []*os.File{says},
		SysProcAttr: &syscall.SysProcAttr{Setsid: true},
	}
	err = cmd.Start()
	says.Close()
	log.Close()
	if err != nil {
		return nil, err
	}
	said, err = io.ReadAll(hears)
	if err != nil || bytes.HasSuffix(said, []byte{portsOpen}) {
		return said, err
	}
	_ = cmd.Wait() // its error has less to say
	return said, errors.New(cmd.ProcessState.String())
}

// A waiter is the process that waits until the ports of this daemon are open. The greeting is for it.
type waiter struct{ pipe *os.File }

// inheritedWaiter is nil in a process that is not a daemon.
func inheritedWaiter() *waiter {
	fd, err := strconv.Atoi(os.Getenv(waiterVariable))
	if err != nil {
		return nil
	}
	_ = os.Unsetenv(waiterVariable)
	syscall.CloseOnExec(fd)
	return &waiter{os.NewFile(uintptr(fd), "waiter")}
}

// Write hands the greeting over, which is printed when the ports are open, and lets the waiter go.
func (w *waiter) Write(greeting []byte) (int, error) {
	return len(greeting), w.say(greeting, portsOpen)
}

// fail hands over why the ports are not open, unless they are.
func (w *waiter) fail(err error) {
	if err != nil {
		_ = w.say([]byte(err.Error()), cannotOpen) // without a waiter it is in the log
	}
}

func (w *waiter) say(what []byte, end byte) error {
	defer w.pipe.Close()
	_, err := w.pipe.Write(append(bytes.Clone(what), end))
	return err
}
