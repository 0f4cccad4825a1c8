//go:build linux

package main

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"fanloop/internal/peers"
)

// A socketUnit stands in for the service manager: it holds sockets and passes them on.
type socketUnit struct {
	t     *testing.T
	names []string
	files []*os.File
	addrs []string
}

// open opens a socket under a name.
func (u *socketUnit) open(name, network, address string) *socketUnit {
	u.t.Helper()
	l, err := net.Listen(network, address)
	if err != nil {
		u.t.Fatal(err)
	}
	u.t.Cleanup(func() { l.Close() })
	file, err := l.(interface{ File() (*os.File, error) }).File()
	if err != nil {
		u.t.Fatal(err)
	}
	addr := l.Addr().String()
	if network == "unix" {
		addr = "unix:" + addr
	}
	return u.pass(name, addr, file)
}

func (u *socketUnit) pass(name, addr string, file *os.File) *socketUnit {
	u.t.Cleanup(func() { file.Close() })
	u.names, u.files, u.addrs = append(u.names, name), append(u.files, file), append(u.addrs, addr)
	return u
}

// start runs the program with the sockets.
func (u *socketUnit) start(args ...string) *process {
	u.t.Helper()
	self, err := os.Executable()
	if err != nil {
		u.t.Fatal(err)
	}
	cmd := exec.Command("sh", append([]string{"-c", `LISTEN_PID=$$ exec "$0" "$@"`, self, "start"}, args...)...)
	cmd.ExtraFiles = u.files
	cmd.Env = []string{fmt.Sprint("LISTEN_FDS=", len(u.files)), "LISTEN_FDNAMES=" + strings.Join(u.names, ":"), "LISTEN_PID="}
	return launchCommand(u.t, cmd, asProgram)
}

// Everything is served on sockets that were passed on, two of one name among them. Between one process and the next nobody is refused.
func TestPassedSockets(t *testing.T) {
	dir := t.TempDir()
	u := (&socketUnit{t: t}).
		open("pages", "tcp", "127.0.0.1:0").
		open("backends", "tcp", "127.0.0.1:0").
		open("web", "tcp", loopback6()).
		open("backends", "unix", filepath.Join(dir, "backends")).
		open("admin", "unix", filepath.Join(dir, "admin"))
	args := []string{"-listen", "websocket://systemd:pages", "-listen", "text://systemd:backends", "-listen", "http://systemd:web?idle=20s", "-admin", "systemd:admin"}
	var waiting *peers.Backend
	for range 2 {
		p := u.start(args...)
		p.stdout.Await(t, "listens on", 1)
		for i, protocol := range []string{"websocket", "text", "http", "text"} {
			if line := "  " + protocol + "://" + u.addrs[i]; len(p.stdout.Holding(line)) != 1 {
				t.Errorf("the greeting does not tell %q:\n%s", line, p.stdout)
			}
		}
		page := peers.OpenPage(t, u.addrs[0])
		page.Say("u1")
		page.Settle()
		for i, address := range []string{u.addrs[1], u.addrs[3]} {
			expect(t, peers.Connect(t, address), fmt.Sprintf(`{"uid":"u1","n":%d}`, i), "ok", page)
		}
		if waiting != nil {
			expect(t, waiting, `{"uid":"u1","late":true}`, "ok", page)
		}
		wantStatus(t, "tcp", u.addrs[2], "/readyz", 200)
		wantStatus(t, "unix", strings.TrimPrefix(u.addrs[4], "unix:"), "/metrics", 200)
		wantKept(t, p)
		p.signal(syscall.SIGTERM)
		if code, _ := page.Ended(); code != 1001 {
			t.Errorf("code %d", code)
		}
		p.wantExit(0)
		waiting = peers.Connect(t, u.addrs[1]) // nobody accepts now
	}
}

// loopback6 is a port of [::1], or of 127.0.0.1 on a machine without IPv6.
func loopback6() string {
	l, err := net.Listen("tcp", "[::1]:0")
	if err != nil {
		return "127.0.0.1:0"
	}
	l.Close()
	return "[::1]:0"
}

func wantStatus(t *testing.T, network, address, path string, want int) {
	t.Helper()
	conn, err := net.Dial(network, address)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	_ = conn.SetDeadline(time.Now().Add(peers.Bound))
	client := http.Client{Transport: &http.Transport{DisableKeepAlives: true, DialContext: func(context.Context, string, string) (net.Conn, error) { return conn, nil }}}
	res, err := client.Get("http://localhost" + path)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	if _, err := io.Copy(io.Discard, res.Body); err != nil || res.StatusCode != want {
		t.Errorf("%s: %s, %v", path, res.Status, err)
	}
}

// wantKept wants that no child of the process would have one of its sockets.
func wantKept(t *testing.T, p *process) {
	t.Helper()
	proc := fmt.Sprintf("/proc/%d/", p.cmd.Process.Pid)
	fds, err := os.ReadDir(proc + "fd")
	if err != nil {
		t.Fatal(err)
	}
	sockets := 0
	for _, fd := range fds {
		to, _ := os.Readlink(proc + "fd/" + fd.Name())
		if !strings.HasPrefix(to, "socket:") {
			continue
		}
		sockets++
		info, _ := os.ReadFile(proc + "fdinfo/" + fd.Name())
		flags := 0
		if _, err := fmt.Sscanf(string(info), "pos: %d\nflags: %o", new(int), &flags); err != nil || flags&syscall.O_CLOEXEC == 0 {
			t.Errorf("descriptor %s, %s, is inherited: %q, %v", fd.Name(), to, info, err)
		}
	}
	if sockets < 5 {
		t.Errorf("%d sockets", sockets)
	}
}

func TestPassedSocketsThatDoNotFit(t *testing.T) {
	file, err := os.Open(os.DevNull)
	if err != nil {
		t.Fatal(err)
	}
	pages := func() *socketUnit { return (&socketUnit{t: t}).open("pages", "tcp", "127.0.0.1:0") }
	for _, test := range []struct {
		unit *socketUnit
		args string
		says []string
	}{
		{pages(), "-listen websocket://systemd:page", []string{
			"websocket://systemd:page: the service manager has passed no socket of that name, but pages",
			"the service manager has passed a socket named pages, and no port is systemd:pages"}},
		{pages().open("more", "tcp", "127.0.0.1:0"), "-listen websocket://systemd:pages", []string{"passed a socket named more, and no port is systemd:more"}},
		{pages(), "-listen websocket://127.0.0.1:0", []string{"passed a socket named pages, and no port is systemd:pages"}},
		{pages(), "-listen http://systemd:pages -admin systemd:pages", []string{"the socket is asked for twice"}},
		{&socketUnit{t: t}, "-listen websocket://systemd:pages", []string{"websocket://systemd:pages: no service manager has passed a socket (LISTEN_FDS)"}},
		{(&socketUnit{t: t}).pass("pages", "", file), "-listen websocket://systemd:pages", []string{"websocket://systemd:pages: what the service manager has passed is no listening socket"}},
		{pages(), "-d -listen websocket://systemd:pages", []string{"cannot be passed on to a daemon"}},
	} {
		p := test.unit.start(strings.Fields(test.args)...)
		p.wantExit(1)
		for _, want := range test.says {
			if !strings.Contains(p.stderr.String(), want) {
				t.Errorf("%s: %q is missing in:\n%s", test.args, want, p.stderr)
			}
		}
		if p.stdout.String() != "" {
			t.Errorf("%s: prints %q", test.args, p.stdout)
		}
	}
}

// Variables that are meant for another process are not obeyed.
func TestSocketsOfAnotherProcess(t *testing.T) {
	t.Setenv("LISTEN_PID", "1")
	t.Setenv("LISTEN_FDS", "1")
	if s := findSockets(); len(s.files) > 0 || os.Getenv("LISTEN_FDS") != "" {
		t.Errorf("%d sockets, LISTEN_FDS=%q", len(s.files), os.Getenv("LISTEN_FDS"))
	}
}
