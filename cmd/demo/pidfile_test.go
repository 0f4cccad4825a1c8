//go:build linux

package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
)

func TestClaimRefusesOtherFiles(t *testing.T) {
	dir := t.TempDir()
	at := func(name string) string { return filepath.Join(dir, name) }
	for _, err := range []error{
		os.WriteFile(at("notes"), []byte("precious"), 0o600), os.WriteFile(at("long"), []byte(strings.Repeat("1", 1000)), 0o600),
		os.Mkdir(at("directory"), 0o700), syscall.Mkfifo(at("pipe"), 0o600), os.WriteFile(at("stale"), []byte("1\n"), 0o600),
		os.Symlink(at("stale"), at("link")),
	} {
		if err != nil {
			t.Fatal(err)
		}
	}
	for _, name := range []string{"notes", "long", "directory", "pipe", "link", "no/such/directory"} {
		if p, err := claimPIDFile(at(name)); err == nil || !strings.Contains(err.Error(), at(name)) {
			t.Errorf("%s: %v, %v", name, p, err)
		}
	}
	for name, want := range map[string]string{"notes": "precious", "stale": "1\n"} {
		if got, err := os.ReadFile(at(name)); string(got) != want {
			t.Errorf("%s: %q, %v", name, got, err)
		}
	}
	for _, name := range []string{"notes", "long", "pipe", "link"} {
		if h, err := findHolder(place{at(name)}); err == nil || !strings.Contains(err.Error(), at(name)) {
			t.Errorf("%s: %v, %v", name, h, err)
		}
	}
}

func TestClaimOverShorterAndLongerNumbers(t *testing.T) {
	for _, left := range []string{"", "1", "1234567890\n"} {
		path := filepath.Join(t.TempDir(), "a.pid")
		if err := os.WriteFile(path, []byte(left), 0o600); err != nil {
			t.Fatal(err)
		}
		p, err := claimPIDFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if got, _ := os.ReadFile(path); string(got) != fmt.Sprintln(os.Getpid()) {
			t.Errorf("%q became %q", left, got)
		}
		p.file.Close()
	}
}

// However many claim a file that comes and goes, one has it at a time, and one of them always gets it.
func TestClaimsAtTheSameTime(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a.pid")
	const claimers, turns = 4, 50
	var mu sync.Mutex
	var all sync.WaitGroup
	for range claimers {
		all.Go(func() {
			for got := 0; got < turns; {
				p, err := claimPIDFile(path)
				if running := (*runningError)(nil); errors.As(err, &running) {
					if running.pid != 0 && running.pid != os.Getpid() {
						t.Errorf("process %d has it", running.pid)
					}
					continue
				}
				if err != nil {
					t.Error(err)
					return
				}
				if !mu.TryLock() {
					t.Error("two have it")
					return
				}
				got++
				mu.Unlock()
				p.remove() // from here on the next can have it
				p.file.Close()
			}
		})
	}
	all.Wait()
}

// A file that is somebody else's by now stays.
func TestRemoveLeavesOthersAlone(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a.pid")
	p, err := claimPIDFile(path)
	if err != nil {
		t.Fatal(err)
	}
	defer p.file.Close()
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	other, err := claimPIDFile(path)
	if err != nil {
		t.Fatal(err)
	}
	defer other.file.Close()
	p.remove()
	if !other.isInPlace() {
		t.Error("the other's is gone")
	}
	other.remove()
	if other.isInPlace() {
		t.Error("it is still there")
	}
}

func TestPlaces(t *testing.T) {
	temp, runtime := t.TempDir(), t.TempDir()
	t.Setenv("TMPDIR", temp)
	here, _ := os.Getwd()
	inTemp := fmt.Sprintf("%s/fanloop-%d/fanloop", temp, os.Geteuid())
	for _, test := range []struct{ runtime, flag, want string }{
		{runtime, "", runtime + "/fanloop/fanloop"},
		{"", "", inTemp},
		{"relative", "", inTemp},
		{runtime, "a.pid", here + "/a"},
		{runtime, "/x/a", "/x/a"},
	} {
		t.Setenv("XDG_RUNTIME_DIR", test.runtime)
		for range 2 { // the second time the directory is there
			p, err := makePlace(test.flag)
			if err != nil || p.socket() != test.want+".sock" || p.log() != test.want+".log" || strings.TrimSuffix(p.pidFile, ".pid") != test.want {
				t.Errorf("%+v: %+v, %v", test, p, err)
			}
		}
	}
	if info, err := os.Stat(runtime + "/fanloop"); err != nil || info.Mode() != os.ModeDir|0o700 {
		t.Errorf("%v, %v", info, err)
	}
}

// Who could put a pid file or a socket there could have the user stop, or believe, something else.
func TestPlaceOfOthers(t *testing.T) {
	runtimeDir := t.TempDir()
	t.Setenv("XDG_RUNTIME_DIR", runtimeDir)
	for name, prepare := range map[string]func(path string) error{
		"open to others": func(path string) error { return errors.Join(os.Mkdir(path, 0o700), os.Chmod(path, 0o711)) },
		"a link":         func(path string) error { return os.Symlink(t.TempDir(), path) },
		"a file":         func(path string) error { return os.WriteFile(path, nil, 0o600) },
		"another's":      func(path string) error { return errors.Join(os.Mkdir(path, 0o700), os.Chown(path, 12345, -1)) },
	} {
		if name == "another's" && os.Geteuid() != 0 {
			continue // only root can give something away
		}
		path := runtimeDir + "/fanloop"
		if err := prepare(path); err != nil {
			t.Fatal(err)
		}
		for _, verb := range []string{"stop", "status"} {
			if err := run([]string{verb}, nil, nil); err == nil || !strings.Contains(err.Error(), path+" is not a directory that only its owner") {
				t.Errorf("%s: %s: %v", name, verb, err)
			}
		}
		if p, err := makePlace(""); err == nil {
			t.Errorf("%s: %v", name, p)
		}
		if err := os.Remove(path); err != nil {
			t.Fatal(err)
		}
	}
}
