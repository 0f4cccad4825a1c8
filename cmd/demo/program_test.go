//go:build linux

package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"fanloop/internal/peers"
)

// asProgram makes this test binary the program; dyingDaemon, one whose daemon ends without a word.
const (
	testRole    = "FANLOOP_TEST_ROLE"
	asProgram   = "program"
	dyingDaemon = "dying daemon"
)

// toolsRequired says that a missing tool is a failure. The program itself takes no variable of that name for its own, and check says so.
var toolsRequired bool

// TestMain also keeps what tests start away from the user's own pid file.
func TestMain(m *testing.M) {
	const variable = "FANLOOP_REQUIRE_TOOLS"
	toolsRequired = os.Getenv(variable) != ""
	_ = os.Unsetenv(variable)
	switch os.Getenv(testRole) {
	case dyingDaemon:
		if os.Getenv(waiterVariable) != "" {
			os.Exit(7)
		}
		fallthrough
	case asProgram:
		main()
		os.Exit(0)
	}
	dir, err := os.MkdirTemp("", "fanloop-test-")
	if err == nil {
		err = os.Setenv("XDG_RUNTIME_DIR", dir)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	code := m.Run()
	os.RemoveAll(dir)
	os.Exit(code)
}

// A process is one of the program.
type process struct {
	t              *testing.T
	cmd            *exec.Cmd
	stdout, stderr *peers.Lines
	ended          chan struct{}
}

// launch runs the program, which has to have ended with the test.
func launch(t *testing.T, args ...string) *process { return launchAs(t, asProgram, args...) }

func launchAs(t *testing.T, role string, args ...string) *process {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	return launchCommand(t, exec.Command(self, args...), role)
}

// launchCommand runs a command that becomes the program.
func launchCommand(t *testing.T, cmd *exec.Cmd, role string) *process {
	t.Helper()
	p := &process{t: t, cmd: cmd, stdout: peers.NewLines(), stderr: peers.NewLines(), ended: make(chan struct{})}
	p.cmd.Stdout, p.cmd.Stderr = p.stdout, p.stderr
	// The race detector waits a second at each exit otherwise.
	p.cmd.Env = append(append(os.Environ(), testRole+"="+role, "GORACE=atexit_sleep_ms=0"), cmd.Env...)
	if err := p.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	go func() {
		_ = p.cmd.Wait() // how it ended is in ProcessState
		close(p.ended)
	}()
	t.Cleanup(p.cleanUp)
	return p
}

func (p *process) cleanUp() {
	select {
	case <-p.ended:
	default:
		if !p.t.Failed() {
			p.t.Errorf("%v still runs at the end of the test", p.cmd.Args[1:])
		}
		_ = p.cmd.Process.Kill()
		<-p.ended
	}
	if p.t.Failed() {
		p.t.Logf("%v\nstdout:\n%s\nstderr:\n%s", p.cmd.Args[1:], p.stdout, p.stderr)
	}
}

// wantExit waits for the end. Of a process that a signal has ended the status is -1.
func (p *process) wantExit(status int) {
	p.t.Helper()
	p.wantExitWithin(status, peers.Bound)
}

func (p *process) wantExitWithin(status int, bound time.Duration) {
	p.t.Helper()
	select {
	case <-p.ended:
		if got := p.cmd.ProcessState.ExitCode(); got != status {
			p.t.Errorf("%v: %v, want exit status %d", p.cmd.Args[1:], p.cmd.ProcessState, status)
		}
	case <-time.After(bound):
		p.t.Fatalf("%v does not end", p.cmd.Args[1:])
	}
}

func (p *process) signal(s syscall.Signal) {
	p.t.Helper()
	if err := p.cmd.Process.Signal(s); err != nil {
		p.t.Fatal(err)
	}
}

// succeed runs the program and returns what it prints.
func succeed(t *testing.T, args ...string) string {
	t.Helper()
	p := launch(t, args...)
	p.wantExit(0)
	if p.stderr.String() != "" {
		t.Errorf("%v: stderr %q", args, p.stderr)
	}
	return p.stdout.String()
}

// failWith runs the program, which has to fail with one line of these parts.
func failWith(t *testing.T, args []string, parts ...string) {
	t.Helper()
	p := launch(t, args...)
	p.wantExit(1)
	got := p.stderr.String()
	for _, part := range parts {
		if !strings.Contains(got, part) {
			t.Errorf("%v: stderr %q, want %q", args, got, part)
		}
	}
	if strings.Count(got, "\n") != 1 || p.stdout.String() != "" {
		t.Errorf("%v: stderr %q, stdout %q", args, got, p.stdout)
	}
}

// A home is where a test's processes have their pid file.
type home struct {
	t     *testing.T
	place place
}

// newHome sees to it that no daemon of the test outlives it.
func newHome(t *testing.T) home {
	h := home{t, place{filepath.Join(t.TempDir(), "demo.pid")}}
	t.Cleanup(func() {
		if running, err := findHolder(h.place); err == nil {
			if !t.Failed() {
				t.Errorf("process %d still runs at the end of the test", running.pid)
			}
			h.kill(running)
		}
		if log, err := os.ReadFile(h.place.log()); err == nil && t.Failed() {
			t.Logf("the daemon's log:\n%s", log)
		}
	})
	return h
}

// kill kills a process and waits for its end.
func (h home) kill(running *holder) {
	h.t.Helper()
	defer running.close()
	if running.pid <= 1 || running.pid == os.Getpid() {
		h.t.Errorf("process %d is no daemon", running.pid)
		return
	}
	if err := syscall.Kill(running.pid, syscall.SIGKILL); err != nil {
		h.t.Error(err)
	}
	if err := awaitEnd(bounded(h.t), running, "killed"); err != nil {
		h.t.Error(err)
	}
}

// args are a command line with this pid file; what is started gets ports of the system's choice.
func (h home) args(verb string, flags ...string) []string {
	args := append([]string{verb, "-pid-file", h.place.pidFile}, flags...)
	if verb == "start" && !strings.Contains(strings.Join(flags, " "), "-listen") {
		args = append(args, "-listen", "websocket://127.0.0.1:0", "-listen", "text://127.0.0.1:0", "-log-level", "debug")
	}
	return args
}

// A daemon is a running `start -d`.
type daemon struct {
	home
	greeting              string
	pid                   int
	websocket, text, http string
}

// startDaemon starts one, which the test has to stop.
func (h home) startDaemon(flags ...string) *daemon {
	h.t.Helper()
	greeting := succeed(h.t, h.args("start", append([]string{"-d"}, flags...)...)...)
	d := &daemon{home: h, greeting: greeting}
	for protocol, address := range map[string]*string{"websocket": &d.websocket, "text": &d.text, "http": &d.http} {
		_, rest, _ := strings.Cut(greeting, "  "+protocol+"://")
		*address, _, _ = strings.Cut(rest, "\n")
	}
	if _, err := fmt.Sscanf(greeting, "fanloop, process %d, listens on", &d.pid); err != nil {
		h.t.Fatalf("greeting %q: %v", greeting, err)
	}
	return d
}

// page opens a page and binds it to uid.
func (d *daemon) page(uid string) *peers.Page {
	d.t.Helper()
	p := peers.OpenPage(d.t, d.websocket)
	p.Say(uid)
	p.Settle()
	return p
}

func (d *daemon) stop() {
	d.t.Helper()
	want := fmt.Sprintf("fanloop: process %d has ended\n", d.pid)
	if got := succeed(d.t, d.args("stop")...); got != want {
		d.t.Errorf("stop prints %q, want %q", got, want)
	}
	d.wantNothingLeft()
}

func (h home) wantNothingLeft() {
	h.t.Helper()
	for _, path := range []string{h.place.pidFile, h.place.socket()} {
		if info, err := os.Lstat(path); !errors.Is(err, fs.ErrNotExist) {
			h.t.Errorf("%s is left: %v, %v", path, info, err)
		}
	}
}

func TestVerbs(t *testing.T) {
	tests := []struct{ args, want string }{
		{"restart", `"restart" is none of start, check, stop and status (-h tells more)`},
		{"websocket://:1", `"websocket://:1" is none of start`},
		{"start now", `"now" is not a flag (-h tells the flags)`},
		{"stop now", `"now" is not a flag (-h tells the flags)`},
		{"stop -d", `not defined: -d (-h tells the flags)`},
		{"status -g", `not defined: -g (-h tells the flags)`},
		{"status stop", `"stop" is not a flag (-h tells the flags)`},
	}
	for _, test := range tests {
		stdout := peers.NewLines()
		err := run(strings.Fields(test.args), stdout, stdout)
		if err == nil || !strings.Contains(err.Error(), test.want) || stdout.String() != "" {
			t.Errorf("%q: %v, %q; want %q", test.args, err, stdout, test.want)
		}
	}
	for name := range verbs {
		stdout := peers.NewLines()
		if err := run([]string{name, "-h"}, stdout, stdout); err != nil || stdout.String() != usage {
			t.Errorf("%s -h: %v, %q", name, err, stdout)
		}
	}
}

// bounded is a context that ends with the test, or when something has taken too long.
func bounded(t *testing.T) context.Context {
	ctx, cancel := context.WithTimeout(context.Background(), peers.Bound)
	t.Cleanup(cancel)
	return ctx
}
