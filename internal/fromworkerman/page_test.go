//go:build linux

package fromworkerman

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/gobwas/ws"
	"github.com/gobwas/ws/wsutil"
	"golang.org/x/sys/unix"
)

const anyPort = "127.0.0.1:0"

func TestPush(t *testing.T) {
	t.Parallel()
	p := start(t, build(t, "push.go", "0.0.0.0:1234", anyPort, "127.0.0.1:5678", anyPort))
	pages := p.address("pages")
	backend := dialLines(t, p.address("back ends"))
	phone, laptop := dialPage(t, pages), dialPage(t, pages)
	phone.bind("uid1")
	laptop.bind("uid1")
	line := `{"uid":"uid1","percent":"88%"}`
	if got := backend.ask(line); got != "ok" {
		t.Errorf("%s: %q, want ok", line, got)
	}
	phone.hear(line)
	laptop.hear(line)
	for _, line := range []string{`{"uid":"nobody"}`, `{"uid":["uid1"]}`, `{"uid":7}`, `{"uid":""}`, `{}`, `uid1`, ``} {
		if got := backend.ask(line); got != "fail" {
			t.Errorf("%s: %q, want fail", line, got)
		}
	}
	if err := laptop.Close(); err != nil {
		t.Error(err)
	}
	if got := backend.ask(line); got != "ok" { // the other page is still there
		t.Errorf("%s: %q, want ok", line, got)
	}
	phone.hear(line)
}

func TestListenTwice(t *testing.T) {
	t.Parallel()
	path := t.TempDir() + "/port" // a port that nobody else can take meanwhile
	p := launch(t, build(t, "twice.go", "0.0.0.0:2016", "unix:"+path))
	said := p.rest()
	if err := p.cmd.Wait(); p.cmd.ProcessState.ExitCode() != 1 {
		t.Errorf("the program ends with %v, want status 1", err)
	}
	if strings.Count(said, syscall.EADDRINUSE.Error()) != 1 || !strings.Contains(said, path) {
		t.Errorf("the program says %q, want one error that names the address", said)
	}
}

func TestPushFromARequest(t *testing.T) {
	t.Parallel()
	p := start(t, build(t, "request.go", "0.0.0.0:1234", anyPort, "127.0.0.1:2016", anyPort))
	url := "http://" + p.address("requests") + "/push/"
	page := dialPage(t, p.address("pages"))
	page.bind("uid1")
	if got := post(t, url+"uid1", "news"); got != "1\n" {
		t.Errorf("uid1: %q, want 1", got)
	}
	page.hear("news")
	if got := post(t, url+"nobody", "news"); got != "0\n" {
		t.Errorf("nobody: %q, want 0", got)
	}
	http.DefaultClient.CloseIdleConnections()
}

func post(t *testing.T, url, body string) string {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, "POST", url, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	p, err := io.ReadAll(answer.Body)
	if err != nil {
		t.Fatal(err)
	}
	return string(p)
}

// reserve is an address whose port nobody gets by chance: it is bound here, without listening, and can be shared.
func reserve(t *testing.T) string {
	t.Helper()
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { unix.Close(fd) })
	for _, option := range []int{unix.SO_REUSEADDR, unix.SO_REUSEPORT} {
		if err := unix.SetsockoptInt(fd, unix.SOL_SOCKET, option, 1); err != nil {
			t.Fatal(err)
		}
	}
	if err := unix.Bind(fd, &unix.SockaddrInet4{Addr: [4]byte{127, 0, 0, 1}}); err != nil {
		t.Fatal(err)
	}
	name, err := unix.Getsockname(fd)
	if err != nil {
		t.Fatal(err)
	}
	return fmt.Sprintf("127.0.0.1:%d", name.(*unix.SockaddrInet4).Port)
}

// lines is a back end's connection.
type lines struct {
	t *testing.T
	net.Conn
	in *bufio.Reader
}

func dialLines(t *testing.T, address string) lines {
	t.Helper()
	c, err := net.Dial("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	_ = c.SetDeadline(time.Now().Add(patience))
	return lines{t, c, bufio.NewReader(c)}
}

func (l lines) ask(line string) string {
	l.t.Helper()
	if _, err := io.WriteString(l, line+"\n"); err != nil {
		l.t.Fatal(err)
	}
	answer, err := l.in.ReadString('\n')
	if err != nil {
		l.t.Fatal(err)
	}
	return strings.TrimSuffix(answer, "\n")
}

// page is a web page's connection.
type page struct {
	t *testing.T
	net.Conn
}

func dialPage(t *testing.T, address string) page {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	c, buffered, _, err := ws.Dial(ctx, "ws://"+address)
	if err != nil || buffered != nil {
		t.Fatal(err, buffered)
	}
	t.Cleanup(func() { c.Close() })
	_ = c.SetDeadline(time.Now().Add(patience))
	return page{t, c}
}

func (p page) say(text string) {
	p.t.Helper()
	if err := wsutil.WriteClientText(p, []byte(text)); err != nil {
		p.t.Fatal(err)
	}
}

// bind says a uid, and waits until it has been heard: a ping behind it is answered after it.
func (p page) bind(uid string) {
	p.t.Helper()
	p.say(uid)
	if err := wsutil.WriteClientMessage(p, ws.OpPing, nil); err != nil {
		p.t.Fatal(err)
	}
	if frame, err := ws.ReadFrame(p); err != nil || frame.Header.OpCode != ws.OpPong {
		p.t.Fatalf("want a pong: %v, %v", frame.Header, err)
	}
}

func (p page) hear(want string) {
	p.t.Helper()
	if got, err := wsutil.ReadServerText(p); string(got) != want || err != nil {
		p.t.Fatalf("the page hears %q, %v, want %q", got, err, want)
	}
}
