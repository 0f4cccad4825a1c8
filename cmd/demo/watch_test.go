//go:build linux

package main

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

func TestWatchWithoutTerminal(t *testing.T) {
	d := newHome(t).startDaemon()
	p := launch(t, d.args("status", "-watch")...)
	p.stdout.Await(t, "of the last", 2)
	p.signal(syscall.SIGINT)
	p.wantExit(0)
	blocks := strings.Split(p.stdout.String(), "\n\nfanloop ")
	if len(blocks) < 2 || strings.ContainsRune(p.stdout.String(), '\x1b') || !strings.HasSuffix(p.stdout.String(), "\n") {
		t.Errorf("%d blocks:\n%q", len(blocks), p.stdout)
	}
	d.stop()
}

func TestWatchJSON(t *testing.T) {
	d := newHome(t).startDaemon()
	p := launch(t, d.args("status", "-watch", "-json")...)
	p.stdout.Await(t, "}", 2)
	p.signal(syscall.SIGTERM)
	p.wantExit(0)
	var before status
	for line := range strings.Lines(p.stdout.String()) {
		var s status
		if err := json.Unmarshal([]byte(line), &s); err != nil || s.Process != d.pid || s.Uptime <= before.Uptime {
			t.Errorf("%q: %v", line, err)
		}
		// Since the status before, or, when that is long ago, over a while of its own: never longer than from one to the other.
		if before.Process != 0 && (s.Measured < shortestMeasure.Seconds() || s.Measured > s.Uptime-before.Uptime+0.001) {
			t.Errorf("measured over %v s, the status before is %v s old", s.Measured, s.Uptime-before.Uptime)
		}
		before = s
	}
	d.stop()
}

func TestWatchEndsWithTheProcess(t *testing.T) {
	d := newHome(t).startDaemon()
	p := launch(t, d.args("status", "-watch")...)
	p.stdout.Await(t, "of the last", 1)
	d.stop()
	p.wantExit(1)
	if got := p.stderr.String(); got != fmt.Sprintf("fanloop: process %d has ended\n", d.pid) {
		t.Errorf("stderr %q", got)
	}
}

func TestFit(t *testing.T) {
	for _, test := range []struct {
		text          string
		columns, rows int
		want          string
	}{
		{"one\ntwo\n", 80, 24, "one|two|"},
		{"one\ntwo\n", 80, 3, "one|two|"},
		{"one\ntwo\n", 80, 2, "one|"},
		{"one\ntwo\n", 80, 1, ""},
		{"one\n\ntwo", 2, 24, "on||tw|"},
		{"連線數\n", 2, 24, "連線|"},
		{"", 80, 24, ""},
	} {
		if got := fit(test.text, test.columns, test.rows); got != strings.ReplaceAll(test.want, "|", clearLine+"\r\n") {
			t.Errorf("%q on %d x %d: %q", test.text, test.columns, test.rows, got)
		}
	}
}

// A terminal is one of tmux, on a server of its own.
type terminal struct {
	t            *testing.T
	tmux, socket string
}

// newTerminal runs a shell script in a terminal.
func newTerminal(t *testing.T, columns, rows, script string) *terminal {
	t.Helper()
	path, err := exec.LookPath("tmux")
	if err != nil {
		lack(t, "tmux is missing: apt-get install tmux")
	}
	term := &terminal{t, path, filepath.Join(t.TempDir(), "tmux")}
	term.do("new-session", "-d", "-x", columns, "-y", rows, script)
	t.Cleanup(func() {
		if t.Failed() {
			t.Logf("the terminal:\n%s", term.screen())
		}
		term.do("kill-server")
	})
	return term
}

func (term *terminal) do(args ...string) string {
	term.t.Helper()
	cmd := exec.Command(term.tmux, append([]string{"-S", term.socket, "-f", "/dev/null"}, args...)...)
	cmd.Env = append(os.Environ(), "SHELL=/bin/sh") // the user's own may be any, and nologin too
	out, err := cmd.CombinedOutput()
	if err != nil {
		term.t.Fatalf("tmux %v: %v\n%s", args, err, out)
	}
	return string(out)
}

func (term *terminal) screen() string { return term.do("capture-pane", "-p") }

func (term *terminal) cursorShown() bool {
	return strings.TrimSpace(term.do("display-message", "-p", "#{cursor_flag}")) == "1"
}

// await waits until the screen is as it should be.
func (term *terminal) await(what string, is func(screen string) bool) string {
	term.t.Helper()
	for ctx := bounded(term.t); ctx.Err() == nil; {
		if screen := term.screen(); is(screen) {
			return screen
		}
	}
	term.t.Fatalf("the terminal never shows %s", what)
	return ""
}

func holds(part string) func(string) bool {
	return func(screen string) bool { return strings.Contains(screen, part) }
}

// watchScript is what a shell runs to watch the status and then tell its exit status. It stays, so that the terminal does, whatever Ctrl-C
// is to this kind of shell.
func watchScript(t *testing.T, h home) string {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	return "trap : INT; env " + testRole + "=" + asProgram + " GORACE=atexit_sleep_ms=0 '" + self + "' status -watch -pid-file '" + h.place.pidFile +
		"'; echo exit status $?; exec cat"
}

func TestWatchOnTerminal(t *testing.T) {
	d := newHome(t).startDaemon()
	term := newTerminal(t, "100", "40", watchScript(t, d.home))
	term.await("a loop", holds("\n   0 "))
	if term.cursorShown() {
		t.Error("the cursor is shown")
	}
	page := d.page("u1")
	screen := term.await("the page in place", holds("connections             1   with a uid             1"))
	if n := strings.Count(screen, "fanloop "); n != 1 || !strings.HasPrefix(screen, "fanloop ") {
		t.Errorf("%d statuses on the screen", n)
	}
	up := func(screen string) string {
		_, after, _ := strings.Cut(screen, "running, up ")
		return after[:min(len(after), 8)]
	}
	term.await("a later time", func(later string) bool { return up(later) > up(screen) })

	term.do("send-keys", "C-c")
	screen = term.await("the end", holds("exit status 0"))
	if !term.cursorShown() {
		t.Error("the cursor is not shown again")
	}
	// What was shown last stays, and the shell goes on below it.
	if before, _, _ := strings.Cut(screen, "exit status"); !strings.HasPrefix(before, "fanloop ") || !strings.Contains(before, "\n   0 ") {
		t.Errorf("the last status has gone:\n%s", screen)
	}
	page.Close()
	d.stop()
}

// On a small terminal the beginning is shown, and follows its size.
func TestWatchOnSmallTerminal(t *testing.T) {
	d := newHome(t).startDaemon()
	term := newTerminal(t, "30", "6", watchScript(t, d.home))
	screen := term.await("connections", holds("\nconnections             0"))
	if !strings.HasPrefix(screen, "fanloop ") || strings.Contains(screen, "bytes") {
		t.Errorf("got\n%s", screen)
	}
	term.do("resize-window", "-x", "100", "-y", "40")
	term.await("all of it", holds("\n   0 "))
	d.stop()
	screen = term.await("the end", holds("exit status 1"))
	if !strings.Contains(screen, fmt.Sprintf("fanloop: process %d has ended", d.pid)) || !term.cursorShown() {
		t.Errorf("got\n%s", screen)
	}
}
