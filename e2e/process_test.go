package e2e

import (
	"net"
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"time"

	"fanloop/internal/peers"
)

func TestHelp(t *testing.T) {
	help := output(t, exec.Command(program, "-h"))
	for _, want := range []string{"Usage:", "-listen", "-loops", "-reuseport", "own users", "-single", "-client-groups", "-log-level"} {
		if !strings.Contains(help, want) {
			t.Errorf("-h does not tell about %s:\n%s", want, help)
		}
	}
}

func TestBadFlag(t *testing.T) {
	d := launch(t, exec.Command(program, "-listen", "ws://127.0.0.1:1"))
	d.wantExit(1)
	if got := d.stderr.String(); !strings.Contains(got, `protocol "ws"`) || strings.Count(got, "\n") != 1 || d.stdout.String() != "" {
		t.Errorf("stderr %q, stdout %q", got, d.stdout)
	}
}

func TestTakenPort(t *testing.T) {
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	for _, protocol := range []string{"websocket", "text"} {
		d := launch(t, exec.Command(program, "-listen", protocol+"://"+taken.Addr().String(), "-listen", "websocket://127.0.0.1:0"))
		d.wantExit(1)
		d.stderr.Await(t, taken.Addr().String(), 1)
		d.stderr.Await(t, "address already in use", 1)
	}
}

func TestWarnsOfOpenTextPort(t *testing.T) {
	open, usual := start(t, "-listen", "text://0.0.0.0:0"), start(t)
	open.end() // then all that it has printed is here
	usual.end()
	if warnings := open.stderr.Holding("level=WARN"); len(warnings) != 1 || !strings.Contains(warnings[0], "text://0.0.0.0:0") {
		t.Errorf("warnings: %q", warnings)
	}
	if warnings := usual.stderr.Holding("level=WARN"); len(warnings) > 0 {
		t.Errorf("warnings: %q", warnings)
	}
}

func TestReusePortAcrossProcesses(t *testing.T) {
	one := start(t, "-reuseport")
	two := start(t, "-reuseport", "-listen", "websocket://"+one.websocket, "-listen", "text://"+one.text)
	one.stdout.Await(t, "-reuseport each process has its own users", 1)

	// The kernel spreads connections by their ports: that all of them come to one process has a chance of 1 in 2^199.
	const pages = 200
	for range pages {
		peers.OpenPage(t, one.websocket).Say("uid1")
	}
	deadline := time.After(peers.Bound)
	for {
		oneMore, twoMore := one.stderr.Changed(), two.stderr.Changed()
		a, b := len(one.stderr.Holding("msg=bound")), len(two.stderr.Holding("msg=bound"))
		if a+b == pages {
			if a == 0 || b == 0 {
				t.Errorf("one process has %d users, the other %d", a, b)
			}
			return
		}
		select {
		case <-oneMore:
		case <-twoMore:
		case <-deadline:
			t.Fatalf("%d and %d of %d users", a, b, pages)
		}
	}
}

func TestTermSaysGoodbye(t *testing.T) {
	for _, s := range []syscall.Signal{syscall.SIGTERM, syscall.SIGINT} {
		d := start(t, "-bind-timeout", "off", "-close-timeout", "5m", "-drain-timeout", "5m")
		a, b := d.page("uid1"), d.page("uid2")
		stranger := peers.OpenPage(t, d.websocket)
		backend := d.backend()
		expect(t, backend, `{"all":true}`, "ok", a, b)
		d.signal(s)
		backend.Ended()
		for _, p := range []*peers.Page{a, b, stranger} {
			if code, _ := p.Ended(); code != 1001 {
				t.Errorf("%v: a page got code %d, want 1001", s, code)
			}
		}
		d.wantExit(0)
	}
}

// A page that does not answer the goodbye keeps the server waiting for a while, unless somebody is not patient.
func TestSecondSignalEndsAtOnce(t *testing.T) {
	d := start(t, "-close-timeout", "5m", "-drain-timeout", "5m")
	p := d.page("uid1")
	d.signal(syscall.SIGTERM)
	if code, _ := p.Dismissed(); code != 1001 {
		t.Errorf("the page got code %d, want 1001", code)
	}
	d.signal(syscall.SIGTERM)
	select {
	case <-d.ended:
	case <-time.After(peers.Bound):
		t.Fatal("the process did not end")
	}
	if status := d.cmd.ProcessState.Sys().(syscall.WaitStatus); !status.Signaled() || status.Signal() != syscall.SIGTERM {
		t.Errorf("the process ended with %v, want the signal's usual effect", d.cmd.ProcessState)
	}
}
