//go:build linux

package main

import (
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"

	"fanloop/internal/peers"
)

func TestDaemon(t *testing.T) {
	d := newHome(t).startDaemon()
	// The ports are open: nothing is tried twice.
	page, backend := d.page("u1"), peers.Connect(t, d.text)
	expect(t, backend, `{"uid":"u1"}`, "ok", page)

	if text, err := os.ReadFile(d.place.pidFile); string(text) != fmt.Sprintln(d.pid) {
		t.Errorf("the pid file has %q, %v, want %d", text, err, d.pid)
	}
	if session, err := unix.Getsid(d.pid); err != nil || session != d.pid {
		t.Errorf("session %d, %v", session, err)
	}
	for name, want := range map[string]string{"fd/0": "/dev/null", "fd/1": d.place.log(), "fd/2": d.place.log(), "cwd": "."} {
		is, err := os.Stat(fmt.Sprintf("/proc/%d/%s", d.pid, name))
		if be, wantErr := os.Stat(want); err != nil || wantErr != nil || !os.SameFile(is, be) {
			t.Errorf("%s is not %s: %v, %v", name, want, err, wantErr)
		}
	}
	if n := listening(t, d.pid); n != 2 {
		t.Errorf("%d ports are open", n)
	}
	backend.Close()
	page.Close()
	d.stop()
	if n := listening(t, d.pid); n != 0 {
		t.Errorf("%d ports are still open", n)
	}
	wantInFile(t, d.place.log(), "msg=started process="+fmt.Sprint(d.pid), `msg="told to stop"`, "text://"+d.text, "websocket://"+d.websocket)
}

// awaitInFile waits until a file has this in it.
func awaitInFile(t *testing.T, path, part string) {
	t.Helper()
	for ctx := bounded(t); ; {
		text, err := os.ReadFile(path)
		if err != nil || ctx.Err() != nil {
			t.Fatalf("%s: %q is not in it, %v:\n%s", path, part, err, text)
		}
		if strings.Contains(string(text), part) {
			return
		}
	}
}

func wantInFile(t *testing.T, path string, parts ...string) {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Error(err)
	}
	for _, part := range parts {
		if !strings.Contains(string(text), part) {
			t.Errorf("%s: %q is missing in:\n%s", path, part, text)
		}
	}
}

func TestDaemonLogFile(t *testing.T) {
	h := newHome(t)
	log := filepath.Join(t.TempDir(), "log")
	if err := os.WriteFile(log, []byte("before\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	h.startDaemon("-log-file", log).stop()
	wantInFile(t, log, "before\n", "msg=started")
	if _, err := os.Stat(h.place.log()); !os.IsNotExist(err) {
		t.Errorf("the usual log is there too: %v", err)
	}
	failWith(t, h.args("start", "-d", "-log-file", "/no/such/directory/log"), "/no/such/directory/log", "no such file or directory")
	failWith(t, h.args("start", "-log-file", "/no/such/directory/log"), "/no/such/directory/log", "no such file or directory")
}

func TestDaemonOnTakenPort(t *testing.T) {
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	for _, protocol := range []string{"websocket", "text", "http"} {
		h := newHome(t)
		address := protocol + "://" + taken.Addr().String()
		failWith(t, h.args("start", "-d", "-listen", address), address, "address already in use")
		h.wantNothingLeft()
		wantInFile(t, h.place.log(), "address already in use")
	}
}

func TestDaemonDiesAtOnce(t *testing.T) {
	h := newHome(t)
	p := launchAs(t, dyingDaemon, h.args("start", "-d")...)
	p.wantExit(1)
	if got, want := p.stderr.String(), "the daemon ended before its ports were open: exit status 7 (see "+h.place.log()+")"; !strings.Contains(got, want) {
		t.Errorf("stderr %q, want %q", got, want)
	}
}

func TestSecondStart(t *testing.T) {
	h := newHome(t)
	first := launch(t, h.args("start")...)
	first.stdout.Await(t, "listens on", 1)
	already := fmt.Sprintf("already running, process %d (pid file %s)", first.cmd.Process.Pid, h.place.pidFile)
	failWith(t, h.args("start"), already)
	failWith(t, h.args("start", "-d"), already)
	if got := succeed(t, h.args("status")...); !strings.Contains(got, fmt.Sprintf("process %d, running", first.cmd.Process.Pid)) {
		t.Errorf("status %q", got)
	}
	first.signal(syscall.SIGTERM)
	first.wantExit(0)
	h.wantNothingLeft()
}

// In the foreground several may run that nobody has given a pid file: the first of them has the user's own.
func TestStartsWithoutPIDFile(t *testing.T) {
	t.Setenv("XDG_RUNTIME_DIR", t.TempDir())
	flags := []string{"-listen", "websocket://127.0.0.1:0", "-log-level", "debug"}
	first := launch(t, flags...)
	first.stdout.Await(t, "listens on", 1)
	second := launch(t, append([]string{"start"}, flags...)...)
	second.stdout.Await(t, "listens on", 1)
	second.stderr.Await(t, "stop and status will not find this process", 1)
	second.stderr.Await(t, fmt.Sprintf("already running, process %d", first.cmd.Process.Pid), 1)
	failWith(t, append([]string{"start", "-d"}, flags...), fmt.Sprintf("already running, process %d", first.cmd.Process.Pid))

	if got := succeed(t, "stop"); got != fmt.Sprintf("fanloop: process %d has ended\n", first.cmd.Process.Pid) {
		t.Errorf("stop prints %q", got)
	}
	first.wantExit(0)
	failWith(t, []string{"stop"}, "not running: there is no pid file "+os.Getenv("XDG_RUNTIME_DIR")+"/fanloop/fanloop.pid")
	second.signal(syscall.SIGINT)
	second.wantExit(0)
}

// Without a place for a pid file it is served all the same, unless that was asked for.
func TestStartWithoutPlace(t *testing.T) {
	t.Setenv("XDG_RUNTIME_DIR", "/no/such/directory")
	flags := []string{"-listen", "websocket://127.0.0.1:0"}
	p := launch(t, flags...)
	p.stdout.Await(t, "listens on", 1)
	p.signal(syscall.SIGTERM)
	p.wantExit(0)
	failWith(t, append([]string{"start", "-d"}, flags...), "/no/such/directory", "name another place with -pid-file")

	deep := filepath.Join(t.TempDir(), strings.Repeat("x", 100))
	if err := os.Mkdir(deep, 0o700); err != nil {
		t.Fatal(err)
	}
	h := home{t, place{filepath.Join(deep, "demo.pid")}}
	failWith(t, h.args("start", "-d"), h.place.socket()+" is over 107 bytes; name a shorter one with -pid-file")
	h.wantNothingLeft()
	t.Setenv("XDG_RUNTIME_DIR", deep)
	p = launch(t, append(flags, "-log-level", "debug")...)
	p.stdout.Await(t, "listens on", 1)
	p.stderr.Await(t, "stop and status will not reach this process", 1)
	p.signal(syscall.SIGTERM)
	p.wantExit(0)
}

func TestKilledLeftovers(t *testing.T) {
	h := newHome(t)
	d := h.startDaemon()
	running, err := findHolder(h.place)
	if err != nil || running.pid != d.pid {
		t.Fatalf("%v, %v", running, err)
	}
	h.kill(running)
	for _, path := range []string{h.place.pidFile, h.place.socket()} {
		if _, err := os.Lstat(path); err != nil {
			t.Error(err)
		}
	}
	left := fmt.Sprintf("not running: %s was left behind by process %d", h.place.pidFile, d.pid)
	failWith(t, h.args("status"), left)
	failWith(t, h.args("stop"), left)
	h.startDaemon().stop()
}

// The number in a pid file that nobody has locked is another program's by now: here, the test's.
func TestNumberOfAnotherProgram(t *testing.T) {
	h := newHome(t)
	if err := os.WriteFile(h.place.pidFile, fmt.Append(nil, os.Getpid()), 0o600); err != nil {
		t.Fatal(err)
	}
	failWith(t, h.args("stop"), fmt.Sprintf("left behind by process %d", os.Getpid()))
	h.startDaemon().stop()
}
