package e2e

import (
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/chromedp/chromedp"

	"fanloop/internal/peers"
)

// snippet is the only fenced block of a language under a heading of README.md that holds part.
func snippet(t *testing.T, heading, language, part string) string {
	t.Helper()
	readme, err := os.ReadFile("../README.md")
	if err != nil {
		t.Fatal(err)
	}
	_, section, _ := strings.Cut(string(readme), "\n## "+heading+"\n")
	section, _, _ = strings.Cut(section, "\n## ")
	var found []string
	for _, block := range strings.Split(section, "\n```"+language+"\n")[1:] {
		block, _, _ = strings.Cut(block, "\n```\n")
		if strings.Contains(block, part) {
			found = append(found, block+"\n")
		}
	}
	if len(found) != 1 {
		t.Fatalf("README.md has %d blocks in %s with %q under %q, want 1", len(found), language, part, heading)
	}
	return found[0]
}

// here is a snippet with the demo's ports in place of the usual ones, which it has to name.
func (d *demo) here(snippet string) string {
	d.t.Helper()
	_, port, err := net.SplitHostPort(d.text)
	if err != nil {
		d.t.Fatal(err)
	}
	replaced := strings.NewReplacer("127.0.0.1:1234", d.websocket, "127.0.0.1:5678", d.text, "127.0.0.1 5678", "127.0.0.1 "+port,
		`"127.0.0.1", 5678`, `"127.0.0.1", `+port).Replace(snippet)
	if replaced == snippet {
		d.t.Fatalf("no port in %q", snippet)
	}
	return replaced
}

func TestReadmePage(t *testing.T) {
	d := start(t)
	file := filepath.Join(t.TempDir(), "page.html")
	if err := os.WriteFile(file, []byte(d.here(snippet(t, "The page", "html", ""))), 0o644); err != nil {
		t.Fatal(err)
	}
	b := openTab(t)
	d.bind(func() { b.run(chromedp.Navigate("file://" + file)) })
	expect(t, d.backend(), `{"uid":"uid1","percent":"88%"}`, "ok", b)
}

func TestReadmeConsole(t *testing.T) {
	d := start(t)
	b := openTab(t)
	b.run(chromedp.Navigate("http://" + d.websocket))
	d.bind(func() { b.run(chromedp.Evaluate(d.here(snippet(t, "Try it", "js", ""))+";0", nil)) })
	expect(t, d.backend(), `{"uid":"uid1","percent":"88%"}`, "ok", b)
}

func TestReadmePHP(t *testing.T) {
	readmeBackend(t, exec.Command(need(t, "php", "apt-get install php-cli")), snippet(t, "The back end", "php", ""))
}

func TestReadmePython(t *testing.T) {
	readmeBackend(t, exec.Command(need(t, "python3", "apt-get install python3"), "-"), snippet(t, "The back end", "python", ""))
}

// readmeBackend runs an interpreter that reads its program from stdin. JSON has no one spelling: PHP writes none of the spaces that
// Python writes.
func readmeBackend(t *testing.T, cmd *exec.Cmd, program string) {
	t.Helper()
	d := start(t)
	p := d.page("uid1")
	cmd.Stdin = strings.NewReader(d.here(program))
	if got := output(t, cmd); got != "ok\n" {
		t.Errorf("it prints %q", got)
	}
	if got := strings.ReplaceAll(p.Next(), " ", ""); got != `{"uid":"uid1","percent":"88%"}` {
		t.Errorf("the page got %q", got)
	}
}

func TestReadmeShell(t *testing.T) {
	need(t, "nc", "apt-get install netcat-openbsd")
	d := start(t)
	p := d.page("uid1")
	if got := output(t, exec.Command("sh", "-c", d.here(snippet(t, "The back end", "sh", "")))); got != "ok\nok\n" {
		t.Errorf("it prints %q", got)
	}
	for _, want := range []string{`{"uid":"uid1","step":1}`, `{"all":true,"step":2}`} {
		if got := p.Next(); got != want {
			t.Errorf("the page got %q, want %q", got, want)
		}
	}
}

// TestReadmeTwoCommands runs the two commands of README.md as they are written, on the usual ports.
func TestReadmeTwoCommands(t *testing.T) {
	for _, address := range []string{"0.0.0.0:1234", "127.0.0.1:5678"} {
		free, err := net.Listen("tcp4", address)
		if err != nil {
			t.Skipf("something else on this machine has the port: %v", err)
		}
		free.Close()
	}
	cmd := exec.Command("sh", "-c", "exec "+snippet(t, "Try it", "sh", "go run"))
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
	d.stdout.Await(t, "new WebSocket('ws://127.0.0.1:1234')", 1)
	readmePush(t, d)
}

// readmePush pushes the line of README.md to a page that is not a browser's.
func readmePush(t *testing.T, d *demo) {
	t.Helper()
	push := snippet(t, "Try it", "sh", "echo")
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

// TestReadmeEmbeds makes a module of its own, as README.md tells, and runs the program that stands there.
func TestReadmeEmbeds(t *testing.T) {
	root, err := filepath.Abs("..")
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	source := snippet(t, "Embed it", "go", "")
	for _, port := range []string{`"0.0.0.0:1234"`, `"127.0.0.1:5678"`} {
		source = strings.Replace(source, port, `"127.0.0.1:0"`, 1)
	}
	if err := os.WriteFile(filepath.Join(dir, "main.go"), []byte(source), 0o644); err != nil {
		t.Fatal(err)
	}
	in := func(command string) string {
		cmd := exec.Command("sh", "-ec", command)
		cmd.Dir = dir
		return output(t, cmd)
	}
	in("go mod init example.test/push")
	in(strings.ReplaceAll(snippet(t, "Embed it", "sh", ""), "=../fanloop", "="+root))
	if graph := in("go list -m all"); strings.Contains(graph, "chromedp") {
		t.Errorf("embedders get a browser driver:\n%s", graph)
	}
	in("go build -o push .")

	d := launch(t, exec.Command(filepath.Join(dir, "push")))
	t.Cleanup(d.end)
	d.websocket, d.text = d.logged("listening on ", 1), d.logged("listening on ", 2)
	p := peers.OpenPage(t, d.websocket)
	p.Say("uid1")
	p.Settle()
	backend := d.backend()
	if got := backend.Ask("uid1 hello"); got != "1" {
		t.Errorf("the answer is %q", got)
	}
	if got := p.Next(); got != "hello" {
		t.Errorf("the page got %q", got)
	}
	if got := backend.Ask("uid2 hello"); got != "0" {
		t.Errorf("the answer is %q", got)
	}
	backend.Close()
}

// logged is what stands behind part in the nth line of the log that holds it.
func (d *demo) logged(part string, n int) string {
	d.t.Helper()
	_, rest, _ := strings.Cut(d.stderr.Await(d.t, part, n), part)
	return rest
}
