//go:build linux

package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"strconv"

	"golang.org/x/sys/unix"
)

// A pidFile holds the number of a process, which keeps the file locked for as long as it lives. The lock alone tells that it
// lives: the number in a file that was left behind may be another program's by now. The lock is of the open file description
// (F_OFD_SETLK), so that it is gone with the process however that ends, and can be looked at without being taken.
type pidFile struct {
	path string
	file *os.File
}

// runningError is that of a pid file that a living process has.
type runningError struct {
	pid  int // 0 when it has not written it yet
	path string
}

func (e *runningError) Error() string {
	return fmt.Sprintf("already running, process %s (pid file %s)", pidText(e.pid), e.path)
}

func pidText(pid int) string {
	if pid == 0 {
		return "of unknown number"
	}
	return strconv.Itoa(pid)
}

// claimPIDFile makes the file this process's, in place of one that was left behind. The error is a *runningError when a
// living process has it.
func claimPIDFile(path string) (*pidFile, error) {
	for {
		file, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE|unix.O_NOFOLLOW|unix.O_NONBLOCK, 0o600)
		if err != nil {
			return nil, fmt.Errorf("pid file: %w", err)
		}
		p := &pidFile{path, file}
		err = p.lock()
		if err == nil && p.isInPlace() {
			err = p.fill()
			if err == nil {
				return p, nil
			}
		}
		file.Close()
		if err != nil {
			return nil, err
		}
		// It was being removed by a process that ended: once more, with a new one.
	}
}

func (p *pidFile) lock() error {
	err := flock(p.file, unix.F_OFD_SETLK, &unix.Flock_t{Type: unix.F_WRLCK})
	if err == unix.EAGAIN || err == unix.EACCES {
		pid, _ := readPID(p.file)
		return &runningError{pid, p.path}
	}
	if err != nil {
		return fmt.Errorf("pid file: lock %s: %w", p.path, err)
	}
	return nil
}

// isInPlace tells whether the file is still the one at its path.
func (p *pidFile) isInPlace() bool {
	ours, err := p.file.Stat()
	if err != nil {
		return false
	}
	there, err := os.Lstat(p.path)
	return err == nil && os.SameFile(ours, there)
}

// fill writes the number of this process, unless the file turns out to be something of somebody's.
func (p *pidFile) fill() error {
	if _, err := readPID(p.file); err != nil {
		return fmt.Errorf("%s is there and is not a pid file", p.path)
	}
	if err := p.file.Truncate(0); err != nil {
		return fmt.Errorf("pid file: %w", err)
	}
	if _, err := p.file.WriteAt(fmt.Appendf(nil, "%d\n", os.Getpid()), 0); err != nil {
		return fmt.Errorf("pid file: %w", err)
	}
	return nil
}

func (p *pidFile) place() place { return place{p.path} }

// remove takes the file away at the end of the process. The lock stays until the process is gone: that is what stop waits for.
func (p *pidFile) remove() {
	if p != nil && p.isInPlace() {
		_ = os.Remove(p.path)
	}
}

// readPID reads the number in a pid file, 0 in an empty one.
func readPID(file *os.File) (int, error) {
	text, err := io.ReadAll(io.NewSectionReader(file, 0, 32))
	if err != nil || len(text) == 0 {
		return 0, err
	}
	return strconv.Atoi(string(bytes.TrimSpace(text)))
}

// flock is fcntl's lock on the whole file.
func flock(file *os.File, op int, lock *unix.Flock_t) error {
	for {
		err := unix.FcntlFlock(file.Fd(), op, lock)
		if err != unix.EINTR {
			return err
		}
	}
}

// A holder is the living process that has a pid file, as another process sees it.
type holder struct {
	place place
	file  *os.File
	pid   int
}

// findHolder returns an error that says so when there is none.
func findHolder(p place) (*holder, error) {
	file, err := os.OpenFile(p.pidFile, os.O_RDONLY|unix.O_NOFOLLOW|unix.O_NONBLOCK, 0)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("not running: there is no pid file %s", p.pidFile)
	}
	if err != nil {
		return nil, fmt.Errorf("pid file: %w", err)
	}
	h := &holder{place: p, file: file}
	h.pid, err = readPID(file)
	if err != nil {
		file.Close()
		return nil, fmt.Errorf("%s is not a pid file", p.pidFile)
	}
	lock := unix.Flock_t{Type: unix.F_WRLCK}
	if err = flock(file, unix.F_OFD_GETLK, &lock); err == nil && lock.Type == unix.F_UNLCK {
		err = fmt.Errorf("not running: %s was left behind by process %s", p.pidFile, pidText(h.pid))
	}
	if err != nil {
		file.Close()
		return nil, err
	}
	return h, nil
}

func (h *holder) close() { h.file.Close() }

// gone waits until the process has ended. When ctx ends first, its error is returned and a goroutine is left, which waits on.
func (h *holder) gone(ctx context.Context) error {
	free := make(chan error, 1)
	go func() { free <- flock(h.file, unix.F_OFD_SETLKW, &unix.Flock_t{Type: unix.F_RDLCK}) }()
	select {
	case err := <-free:
		return err
	case <-ctx.Done():
		return ctx.Err()
	}
}
