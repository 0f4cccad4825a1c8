//go:build linux

package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
)

// A place is where a process keeps what others find it by: the pid file, with the control socket and a daemon's log beside it.
type place struct{ pidFile string }

// beside is the pid file's path with another ending.
func (p place) beside(ending string) string { return strings.TrimSuffix(p.pidFile, ".pid") + ending }

func (p place) socket() string { return p.beside(".sock") }
func (p place) log() string    { return p.beside(".log") }

// placeOf is the place that -pid-file names, or the user's own. The directory of the user's own need not be there.
func placeOf(pidFile string) (place, error) {
	if pidFile != "" {
		path, err := filepath.Abs(pidFile)
		return place{path}, err
	}
	dir := filepath.Join(os.TempDir(), fmt.Sprintf("fanloop-%d", os.Geteuid()))
	if runtimeDir := os.Getenv("XDG_RUNTIME_DIR"); filepath.IsAbs(runtimeDir) {
		dir = filepath.Join(runtimeDir, "fanloop")
	}
	if err := checkPrivate(dir); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return place{}, fmt.Errorf("%w; name another place with -pid-file", err)
	}
	return place{filepath.Join(dir, "fanloop.pid")}, nil
}

// makePlace is placeOf, and makes the directory of the user's own.
func makePlace(pidFile string) (place, error) {
	p, err := placeOf(pidFile)
	if err != nil || pidFile != "" {
		return p, err
	}
	dir := filepath.Dir(p.pidFile)
	if err := os.Mkdir(dir, 0o700); err != nil && !errors.Is(err, fs.ErrExist) {
		return place{}, fmt.Errorf("%w; name another place with -pid-file", err)
	}
	return placeOf("") // somebody else may have been faster
}

// checkPrivate sees to it that nobody but the user can put anything there: the temp directory is everybody's.
func checkPrivate(dir string) error {
	info, err := os.Lstat(dir)
	if err != nil {
		return err
	}
	owner := info.Sys().(*syscall.Stat_t).Uid
	if !info.IsDir() || info.Mode().Perm()&0o077 != 0 || int(owner) != os.Geteuid() {
		return fmt.Errorf("%s is not a directory that only its owner, and this user, can open", dir)
	}
	return nil
}
