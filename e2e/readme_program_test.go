package e2e

import (
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"syscall"
	"testing"

	"fanloop/internal/peers"
)

// freeUsualPorts skips the test when something else on this machine has one of the three.
func freeUsualPorts(t *testing.T) {
	t.Helper()
	for _, address := range []string{"0.0.0.0:1234", "127.0.0.1:5678", "127.0.0.1:8080"} {
		free, err := net.Listen("tcp4", address)
		if err != nil {
			t.Skipf("something else on this machine has the port: %v", err)
		}
		free.Close()
	}
}

// TestReadmeTwoCommands runs the two commands as they are written, on the usual ports.
func TestReadmeTwoCommands(t *testing.T) {
	freeUsualPorts(t)
	// What go run has to compile is there then: how long that takes says nothing.
	build := exec.Command("go", "build", "-o", filepath.Join(t.TempDir(), "fanloop"), "./cmd/demo")
	build.Dir = ".."
	output(t, build)
	cmd := exec.Command("sh", "-c", "exec "+english.snippet(t, english.try, "sh", "go run"))
	cmd.Dir = ".."
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} // as a shell does, so that Ctrl-C reaches go run and the demo
	d := launch(t, cmd)
	t.Cleanup(func() {
		_ = syscall.Kill(-cmd.Process.Pid, syscall.SIGINT)
		d.stderr.Await(t, "saying goodbye", 1)
		<-d.ended // with a status that is go run's
	})
	d.awaitPorts()
	if d.websocket != "0.0.0.0:1234" || d.text != "127.0.0.1:5678" {
		t.Errorf("it listens on %s and %s", d.websocket, d.text)
	}
	d.stdout.Await(t, "Open http://127.0.0.1:8080 in a browser", 1)
	d.stdout.Await(t, strings.TrimSpace(english.snippet(t, english.try, "sh", "curl")), 1)
	readmePush(t, d)
}

// readmePush pushes the README's line to a page that is not a browser's.
func readmePush(t *testing.T, d *demo) {
	t.Helper()
	push := english.snippet(t, english.try, "sh", "echo")
	d.stdout.Await(t, strings.TrimSpace(push), 1) // the greeting tells the same line
	need(t, "nc", "apt-get install netcat-openbsd")
	p := peers.OpenPage(t, "127.0.0.1:1234")
	p.Say("uid1")
	p.Settle()
	if got := output(t, exec.Command("sh", "-c", push)); got != "ok\n" {
		t.Errorf("it prints %q", got)
	}
	if got := p.Next(); got != `{"uid":"uid1","percent":"88%"}` {
		t.Errorf("the page got %q", got)
	}
	p.Close()
}

// TestReadmeRun builds the program, starts it in the background, asks how it is and stops it.
func TestReadmeRun(t *testing.T) {
	need(t, "make", "apt-get install make")
	freeUsualPorts(t)
	home := append(os.Environ(), "XDG_RUNTIME_DIR="+t.TempDir())
	in := func(command string) *exec.Cmd {
		cmd := exec.Command("sh", "-ec", command)
		cmd.Dir, cmd.Env = "..", home
		return cmd
	}
	t.Cleanup(func() { _ = in("bin/fanloop stop").Run() }) // it runs no more, unless the test has failed
	said := output(t, in(english.snippet(t, english.run, "sh", "")))
	for _, want := range []string{"  websocket://0.0.0.0:1234\n", "  text://127.0.0.1:5678\n", "  http://127.0.0.1:8080\n", "\nconnections ", "\nmemory, RSS ", " has ended\n"} {
		if strings.Count(said, want) != 1 {
			t.Errorf("%q is not there once:\n%s", want, said)
		}
	}
}

// TestReadmeEmbeds: the program and the commands are those of docs/embed.md, which internal/embed builds and runs in a module of
// its own.
func TestReadmeEmbeds(t *testing.T) {
	first := uncommented(t, "docs/embed.md")[:2]
	for _, file := range []string{english.file, chinese.file} {
		if blocks := uncommented(t, file); !slices.Contains(blocks, first[0]) || !slices.Contains(blocks, first[1]) {
			t.Errorf("%s has not what begins docs/embed.md:\n%v", file, first)
		}
	}
	if first[0].language != "go" || first[1].language != "sh" {
		t.Errorf("docs/embed.md begins with %s and %s", first[0].language, first[1].language)
	}
	cmd := exec.Command("go", "list", "-m", "all")
	cmd.Dir = ".."
	if graph := output(t, cmd); strings.Contains(graph, "chromedp") {
		t.Errorf("embedders get a browser driver:\n%s", graph)
	}
}

// TestReadmeRoutes: the lines of the table are Go, beside the names that the text around them has.
func TestReadmeRoutes(t *testing.T) {
	lines := regexp.MustCompile("(?m)^\\| `([^`]*(?:web\\.|\\(web)[^`]*)` \\|").FindAllStringSubmatch(document(t, english.file), -1)
	if len(lines) != 5 {
		t.Fatalf("%d lines", len(lines))
	}
	program := `package main

import (
	nethttp "net/http"

	"fanloop/codec/http"
	"fanloop/codec/websocket"
	"fanloop/hub"
	"fanloop/hubapi"
)

func routes(users *hub.Hub, pages *websocket.Server, token string, mux nethttp.Handler,
	hello func(*http.Exchange), listen func(*http.EventStream, *http.Exchange)) {
	web := &http.Server{}
`
	for _, line := range lines {
		program += line[1] + "\n"
	}
	file := filepath.Join(t.TempDir(), "routes.go")
	if err := os.WriteFile(file, []byte(program+"}\n\nfunc main() {}\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command("go", "vet", file)
	cmd.Dir = ".."
	output(t, cmd)
}
