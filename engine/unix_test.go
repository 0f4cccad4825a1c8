//go:build linux

package engine

import (
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"
)

func listenUnix(t testing.TB, e *Engine, path string) *Listener {
	t.Helper()
	ln, err := e.Listen("unix:"+path, echo)
	if err != nil {
		t.Fatal(err)
	}
	return ln
}

func wantUnixEcho(t testing.TB, path string) {
	t.Helper()
	c, err := net.Dial("unix", path)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	send(t, c, "hello")
	expect(t, c, "hello")
}

func wantGone(t testing.TB, path string) {
	t.Helper()
	if info, err := os.Lstat(path); !os.IsNotExist(err) {
		t.Errorf("%s is there: %v, %v", path, info, err)
	}
}

func TestUnixListener(t *testing.T) {
	e := testEngine(t, Options{})
	path := filepath.Join(t.TempDir(), "a.sock")
	addresses := make(chan [2]net.Addr, 1)
	ln, err := e.Listen("unix://"+path, handler{
		open: func(c *Conn) { addresses <- [2]net.Addr{c.LocalAddr(), c.RemoteAddr()} }, traffic: echo.traffic,
	})
	if err != nil {
		t.Fatal(err)
	}
	wantUnixEcho(t, path)
	got := await(t, "OnOpen", addresses)
	if got[0].Network() != "unix" || got[0].String() != path || got[1].Network() != "unix" {
		t.Errorf("addresses %v", got)
	}
	if ln.Addr().String() != path || ln.Accepted() != 1 {
		t.Errorf("address %v, accepted %d", ln.Addr(), ln.Accepted())
	}
	if err := ln.Close(); err != nil {
		t.Fatal(err)
	}
	wantGone(t, path)
	if err := ln.Close(); err != ErrClosed {
		t.Errorf("second Close: %v", err)
	}
	wantUnixEcho(t, listenUnix(t, e, path).Addr().String()) // the path is free
}

func TestUnixShutdownRemovesTheFile(t *testing.T) {
	e := testEngine(t, Options{})
	path := filepath.Join(t.TempDir(), "a.sock")
	listenUnix(t, e, path)
	shutdown(t, e)
	wantGone(t, path)
}

// staleSocket leaves a socket file behind, as a process does that was killed.
func staleSocket(t testing.TB, path string) {
	t.Helper()
	ln, err := net.Listen("unix", path)
	if err != nil {
		t.Fatal(err)
	}
	ln.(*net.UnixListener).SetUnlinkOnClose(false)
	ln.Close()
}

func TestUnixStaleSocketIsReplaced(t *testing.T) {
	e := testEngine(t, Options{})
	path := filepath.Join(t.TempDir(), "a.sock")
	staleSocket(t, path)
	ln := listenUnix(t, e, path)
	wantUnixEcho(t, path)
	if err := ln.Close(); err != nil {
		t.Fatal(err)
	}
	wantGone(t, path)
}

func TestUnixLiveSocketIsInUse(t *testing.T) {
	e := testEngine(t, Options{})
	path := filepath.Join(t.TempDir(), "a.sock")
	ln := listenUnix(t, e, path)
	wantInUse(t, e, "unix:"+path, ListenOptions{})
	wantInUse(t, e, "unix:"+path, ListenOptions{ReusePort: true}) // a TCP matter
	wantUnixEcho(t, path)
	if err := ln.Close(); err != nil {
		t.Fatal(err)
	}
	packets, err := net.ListenPacket("unixgram", path)
	if err != nil {
		t.Fatal(err)
	}
	defer packets.Close()
	wantInUse(t, e, "unix:"+path, ListenOptions{})
	if _, err := os.Lstat(path); err != nil {
		t.Errorf("the datagram socket's file: %v", err)
	}
}

// Whatever else is at the path is an error, and stays.
func TestUnixOtherFilesStay(t *testing.T) {
	dir := t.TempDir()
	at := func(name string) string { return filepath.Join(dir, name) }
	staleSocket(t, at("stale"))
	for _, err := range []error{
		os.WriteFile(at("regular"), []byte("precious"), 0o600), os.Mkdir(at("directory"), 0o700),
		os.WriteFile(at("directory")+"/inside", nil, 0o600), syscall.Mkfifo(at("pipe"), 0o600),
		os.Symlink(at("regular"), at("link")), os.Symlink(at("stale"), at("link to a socket")), os.Symlink(at("nowhere"), at("dangling link")),
	} {
		if err != nil {
			t.Fatal(err)
		}
	}
	e := testEngine(t, Options{})
	for _, name := range []string{"regular", "directory", "pipe", "link", "link to a socket", "dangling link"} {
		before, err := os.Lstat(at(name))
		if err != nil {
			t.Fatal(err)
		}
		wantInUse(t, e, "unix:"+at(name), ListenOptions{})
		after, err := os.Lstat(at(name))
		if err != nil || !os.SameFile(before, after) || before.Mode() != after.Mode() || before.Size() != after.Size() {
			t.Errorf("%s: was %v, is %v, %v", name, before, after, err)
		}
	}
	if _, err := os.Lstat(at("directory") + "/inside"); err != nil {
		t.Errorf("inside the directory: %v", err)
	}
	wantGone(t, at("nowhere"))
}

// Close removes the file only while it is the one that Listen made.
func TestUnixCloseLeavesOthersAlone(t *testing.T) {
	e := testEngine(t, Options{})
	path := filepath.Join(t.TempDir(), "a.sock")
	first := listenUnix(t, e, path)
	if err := os.Rename(path, path+".old"); err != nil {
		t.Fatal(err)
	}
	second := listenUnix(t, e, path)
	if err := first.Close(); err != nil {
		t.Fatal(err)
	}
	wantUnixEcho(t, path)
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte("precious"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := second.Close(); err != nil {
		t.Fatal(err)
	}
	if b, err := os.ReadFile(path); string(b) != "precious" {
		t.Errorf("the file: %q, %v", b, err)
	}
}

// abstract is an abstract address that no other process's tests have.
func abstract(name string) string { return fmt.Sprintf("@fanloop-%s-%d", name, os.Getpid()) }

// An abstract address has no file, also when there is one of that name.
func TestUnixAbstract(t *testing.T) {
	t.Chdir(t.TempDir())
	name := abstract("test")
	if err := os.WriteFile(name, []byte("precious"), 0o600); err != nil {
		t.Fatal(err)
	}
	e := testEngine(t, Options{})
	ln := listenUnix(t, e, name)
	wantUnixEcho(t, name)
	wantInUse(t, e, "unix:"+name, ListenOptions{})
	if err := ln.Close(); err != nil {
		t.Fatal(err)
	}
	if c, err := net.Dial("unix", name); !errors.Is(err, syscall.ECONNREFUSED) {
		t.Errorf("connecting after Close: %v, %v", c, err)
	}
	if b, err := os.ReadFile(name); string(b) != "precious" {
		t.Errorf("the file: %q, %v", b, err)
	}
	on(t, e.Home(), func() {})
	wantUnixEcho(t, listenUnix(t, e, name).Addr().String())
}

// Listen that fails leaves no socket file: here the system has a descriptor for the socket, and none for ours of it.
func TestUnixListenFailsWithoutATrace(t *testing.T) {
	e := testEngine(t, Options{})
	path := filepath.Join(t.TempDir(), "s")
	free, err := unix.Dup(0)
	if err != nil {
		t.Fatal(err)
	}
	_ = unix.Close(free)
	var limit unix.Rlimit
	if err := unix.Getrlimit(unix.RLIMIT_NOFILE, &limit); err != nil {
		t.Fatal(err)
	}
	if err := unix.Setrlimit(unix.RLIMIT_NOFILE, &unix.Rlimit{Cur: uint64(free) + 1, Max: limit.Max}); err != nil {
		t.Fatal(err)
	}
	ln, err := e.Listen("unix:"+path, echo)
	if again := unix.Setrlimit(unix.RLIMIT_NOFILE, &limit); again != nil {
		t.Fatal(again)
	}
	if !errors.Is(err, unix.EMFILE) {
		t.Fatalf("%v, %v", ln, err)
	}
	if _, err := os.Lstat(path); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("the file is there: %v", err)
	}
}
