package e2e

import (
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"time"

	"fanloop/internal/peers"
)

// A demo is a process of the built program.
type demo struct {
	t              *testing.T
	cmd            *exec.Cmd
	stdout, stderr *peers.Lines
	ended          chan struct{} // closed when the process has ended

	websocket, text, http string // where it listens, host:port
}

// launch starts a command and sees to it that it does not outlive the test.
func launch(t *testing.T, cmd *exec.Cmd) *demo {
	t.Helper()
	d := &demo{t: t, cmd: cmd, stdout: peers.NewLines(), stderr: peers.NewLines(), ended: make(chan struct{})}
	cmd.Stdout, cmd.Stderr = d.stdout, d.stderr
	cmd.Env = append(os.Environ(),
		"GORACE=atexit_sleep_ms=0",     // or else the race detector waits a second at each exit
		"XDG_RUNTIME_DIR="+t.TempDir()) // the user's own pid file is not ours to take
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	go func() {
		_ = cmd.Wait() // how it ended is in cmd.ProcessState
		close(d.ended)
	}()
	t.Cleanup(d.cleanUp)
	return d
}

func (d *demo) cleanUp() {
	select {
	case <-d.ended:
	default:
		d.t.Error("the process still runs at the end of the test")
		_ = d.cmd.Process.Kill()
		<-d.ended
	}
	if d.t.Failed() {
		d.t.Logf("stdout:\n%s\nstderr:\n%s", d.stdout, d.stderr)
	}
}

// start runs the demo with these flags, on ports that the system chooses for those that have no -listen. It ends with the
// test, by SIGTERM, and has to do so with status 0.
func start(t *testing.T, flags ...string) *demo {
	t.Helper()
	for _, protocol := range []string{"websocket", "text", "http"} {
		if !strings.Contains(strings.Join(flags, " "), "-listen "+protocol+"://") {
			flags = append(flags, "-listen", protocol+"://127.0.0.1:0")
		}
	}
	d := launch(t, exec.Command(program, append(flags, "-log-level", "debug")...))
	t.Cleanup(d.end)
	d.awaitPorts()
	d.http = d.greeted("  http://")
	return d
}

// awaitPorts waits for the greeting and reads the ports from it.
func (d *demo) awaitPorts() {
	d.t.Helper()
	d.websocket = d.greeted("  websocket://")
	d.text = d.greeted("  text://")
}

func (d *demo) greeted(prefix string) string {
	d.t.Helper()
	return strings.TrimPrefix(d.stdout.Await(d.t, prefix, 1), prefix)
}

// end asks the process to end, unless it has ended already.
func (d *demo) end() {
	d.t.Helper()
	select {
	case <-d.ended:
	default:
		d.signal(syscall.SIGTERM)
		d.wantExit(0)
	}
}

func (d *demo) signal(s syscall.Signal) {
	d.t.Helper()
	if err := d.cmd.Process.Signal(s); err != nil {
		d.t.Fatal(err)
	}
}

// wantExit waits for the end of the process, which has to have this exit status.
func (d *demo) wantExit(status int) {
	d.t.Helper()
	select {
	case <-d.ended:
		if got := d.cmd.ProcessState.ExitCode(); got != status {
			d.t.Errorf("%v, want exit status %d", d.cmd.ProcessState, status)
		}
	case <-time.After(peers.Bound):
		d.t.Fatal("the process did not end")
	}
}

// page opens a page that is not a browser's and binds it to uid.
func (d *demo) page(uid string) *peers.Page {
	d.t.Helper()
	p := peers.OpenPage(d.t, d.websocket)
	d.bind(func() { p.Say(uid) })
	return p
}

// bind waits until what say does has bound a connection.
func (d *demo) bind(say func()) {
	d.t.Helper()
	before := len(d.stderr.Holding("msg=bound"))
	say()
	d.stderr.Await(d.t, "msg=bound", before+1)
}

// backend connects to the text port.
func (d *demo) backend() *peers.Backend {
	d.t.Helper()
	return peers.Connect(d.t, d.text)
}

// A reader is something that pushes arrive at: a page of any kind.
type reader interface{ Next() string }

// expect pushes a line, and wants an answer and the line as the next message of these pages.
func expect(t *testing.T, backend *peers.Backend, line, answer string, pages ...reader) {
	t.Helper()
	if got := backend.Ask(line); got != answer {
		t.Fatalf("%.200s: got %q, want %q", line, got, answer)
	}
	for i, p := range pages {
		if got := p.Next(); got != line {
			t.Fatalf("page %d: got %.200q, want %.200q", i, got, line)
		}
	}
}
