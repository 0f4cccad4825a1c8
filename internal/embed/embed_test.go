//go:build linux

package embed

import (
	"bytes"
	"go/format"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"fanloop/internal/peers"
)

// section is what stands under a heading of docs/embed.md.
func section(t *testing.T, heading string) string {
	t.Helper()
	page, err := os.ReadFile("../../docs/embed.md")
	if err != nil {
		t.Fatal(err)
	}
	_, found, ok := strings.Cut(string(page), "\n## "+heading+"\n")
	if !ok {
		t.Fatalf("docs/embed.md has nothing about %q", heading)
	}
	found, _, _ = strings.Cut(found, "\n## ")
	return found
}

// block is the only fenced block of a language.
func block(t *testing.T, section, language string) string {
	t.Helper()
	blocks := strings.Split(section, "\n```"+language+"\n")[1:]
	if len(blocks) != 1 {
		t.Fatalf("%d blocks in %s", len(blocks), language)
	}
	block, _, _ := strings.Cut(blocks[0], "\n```")
	return block + "\n"
}

// program builds what stands under a heading in an empty module, with other addresses in place of the page's: each of them, old
// and new in turn, must be there.
func program(t *testing.T, heading string, addresses ...string) (binary string) {
	t.Helper()
	if testing.Short() {
		t.Skip("it makes modules and builds them")
	}
	dir, text := t.TempDir(), section(t, heading)
	source := block(t, text, "go")
	if formatted, err := format.Source([]byte(source)); err != nil || string(formatted) != source {
		t.Errorf("the program is not as gofmt has it: %v", err)
	}
	for i := 0; i < len(addresses); i += 2 {
		if strings.Count(source, addresses[i]) != 1 {
			t.Fatalf("the program does not listen on %s", addresses[i])
		}
		source = strings.Replace(source, addresses[i], addresses[i+1], 1)
	}
	if err := os.WriteFile(filepath.Join(dir, "main.go"), []byte(source), 0o644); err != nil {
		t.Fatal(err)
	}
	root, err := filepath.Abs("../..")
	if err != nil {
		t.Fatal(err)
	}
	commands := strings.ReplaceAll(block(t, text, "sh"), "=../fanloop", "="+root)
	if !strings.Contains(commands, root) {
		t.Fatalf("no clone in %s", commands)
	}
	needProxy(t, dir, "go mod init example.test/embedder\n"+commands)
	if out, err := shell(dir, "go vet . && go build -o program ."); err != nil {
		t.Fatalf("go build: %v\n%s", err, out)
	}
	return filepath.Join(dir, "program")
}

// shell runs commands in a folder that nothing around it has to do with.
func shell(dir, commands string) (output []byte, err error) {
	cmd := exec.Command("sh", "-exc", commands)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "GOWORK=off", "GOFLAGS=")
	return cmd.CombinedOutput()
}

// needProxy runs commands that may need the Go module proxy, or whatever GOPROXY says. When they fail and it does not answer at
// all, the test is skipped; where FANLOOP_REQUIRE_TOOLS is set it fails.
func needProxy(t *testing.T, dir, commands string) {
	t.Helper()
	out, err := shell(dir, commands)
	if err == nil {
		return
	}
	if answer, unreachable := shell(dir, "go list -m golang.org/x/sys@latest"); unreachable != nil && os.Getenv("FANLOOP_REQUIRE_TOOLS") == "" {
		t.Skipf("the Go module proxy is missing: it needs a network, or GOPROXY: %s", answer)
	}
	t.Fatalf("%v\n%s", err, out)
}

// start runs a program until the end of the test, which interrupts it: then it must end by itself, and well.
func start(t *testing.T, binary string) (log *peers.Lines) {
	t.Helper()
	log = peers.NewLines()
	cmd := exec.Command(binary)
	cmd.Stderr = log
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Signal(syscall.SIGINT)
		if err := cmd.Wait(); err != nil {
			t.Errorf("the program: %v\n%s", err, log)
		}
	})
	return log
}

func TestPushServer(t *testing.T) {
	sockets := t.TempDir()
	pages, backends := "unix:"+sockets+"/pages", "unix:"+sockets+"/backends"
	log := start(t, program(t, "A push server", "0.0.0.0:1234", pages, "127.0.0.1:5678", backends))
	log.Await(t, "serving", 1)
	page := peers.OpenPage(t, pages)
	page.Say("uid1")
	page.Settle()
	backend := peers.Connect(t, backends)
	for _, line := range []string{"uid1 hello", "uid2 hello", "uid1 hello again"} {
		uid, message, _ := strings.Cut(line, " ")
		want := map[string]string{"uid1": "1", "uid2": "0"}[uid]
		if got := backend.Ask(line); got != want {
			t.Errorf("%s: answer %q, want %q", line, got, want)
		}
		if want == "1" {
			if got := page.Next(); got != message {
				t.Errorf("%s: the page got %q", line, got)
			}
		}
	}
	backend.Close()
	page.Close()
}

func TestOnePort(t *testing.T) {
	log := start(t, program(t, "All on one port", "127.0.0.1:8080", "127.0.0.1:0"))
	_, address, _ := strings.Cut(log.Await(t, "listening on ", 1), "listening on ")
	page := peers.OpenPageAt(t, address, "/ws")
	page.Say("uid1")
	page.Settle()
	events := peers.Listen(t, address, "/events/uid1")
	message := `{"uid":"uid1","percent":88}`
	if got := request(t, "POST", "http://"+address+"/api/push", message); got != `{"taken":2,"refused":0}`+"\n" {
		t.Errorf("the answer is %q", got)
	}
	if a, b := page.Next(), events.Next(); a != message || b != message {
		t.Errorf("the pages got %q and %q", a, b)
	}
	if got := request(t, "GET", "http://"+address+"/doc.go", ""); !strings.Contains(got, "\npackage embed\n") {
		t.Errorf("beside it: %q", got)
	}
	page.Close()
	events.Close()
}

func TestNetHTTP(t *testing.T) {
	log := start(t, program(t, "In a net/http server", "127.0.0.1:8080", "127.0.0.1:0"))
	_, address, _ := strings.Cut(log.Await(t, "listening on ", 1), "listening on ")
	page := peers.OpenPageAt(t, address, "/ws?uid=uid1")
	page.Settle()
	if got := request(t, "POST", "http://"+address+"/push/uid1", "hello"); got != "1 pages took it\n" {
		t.Errorf("the answer is %q", got)
	}
	if got := page.Next(); got != "hello" {
		t.Errorf("the page got %q", got)
	}
	if got := request(t, "POST", "http://"+address+"/push/uid2", "hello"); got != "0 pages took it\n" {
		t.Errorf("the answer is %q", got)
	}
	if got := request(t, "GET", "http://"+address+"/", ""); got != "hello\n" {
		t.Errorf("beside it: %q", got)
	}
	if got := request(t, "GET", "http://"+address+"/ws", ""); got != "only WebSockets are served here\n" {
		t.Errorf("without a handshake: %q", got)
	}
	page.Close()
}

// request asks once, and returns the body of the answer.
func request(t *testing.T, method, url, body string) string {
	t.Helper()
	req, err := http.NewRequest(method, url, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/json")
	client := http.Client{Timeout: peers.Bound, Transport: &http.Transport{DisableKeepAlives: true}}
	res, err := client.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	var answer bytes.Buffer
	if _, err := io.Copy(&answer, res.Body); err != nil {
		t.Fatal(err)
	}
	return answer.String()
}
