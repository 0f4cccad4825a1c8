package e2e

import (
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
)

func TestReadmePage(t *testing.T) {
	inBoth(t, func(t *testing.T, r readme) {
		d := start(t)
		file := filepath.Join(t.TempDir(), "page.html")
		if err := os.WriteFile(file, []byte(d.here(r.snippet(t, r.page, "html", ""))), 0o644); err != nil {
			t.Fatal(err)
		}
		b := openTab(t)
		d.bind(func() { b.run(chromedp.Navigate("file://" + file)) })
		expect(t, d.backend(), `{"uid":"uid1","percent":"88%"}`, "ok", b)
	})
}

// TestReadmeTry connects the demo's page and pushes to it with the two commands, and with its own button.
func TestReadmeTry(t *testing.T) {
	inBoth(t, func(t *testing.T, r readme) {
		curl := need(t, "curl", "apt-get install curl")
		need(t, "nc", "apt-get install netcat-openbsd")
		version, err := exec.Command(curl, "--json", "{}", "--version").Output()
		if err != nil {
			t.Skipf("curl is too old for --json: %s", version)
		}
		d := start(t)
		b := demoPage(t, d.http, "")
		d.connect(b, "ws")
		for _, tt := range []struct{ with, answer, count string }{
			{"curl", `{"taken":1,"refused":0}`, "1"},
			{"nc", "ok", "2"},
		} {
			if got := output(t, exec.Command("sh", "-c", d.here(r.snippet(t, r.try, "sh", tt.with)))); got != tt.answer+"\n" {
				t.Errorf("%s prints %q", tt.with, got)
			}
			b.until(percent+` === 88 && `+count+` === '%s'`, tt.count)
		}
		b.run(chromedp.Click("#push"))
		b.until(count + ` === '3'`)
	})
}

// TestReadmeEvents: a page of another origin listens, when that is allowed.
func TestReadmeEvents(t *testing.T) {
	inBoth(t, func(t *testing.T, r readme) {
		d := start(t, "-cors", "*")
		b := openTab(t)
		b.run(chromedp.Navigate("http://" + d.websocket))
		d.bind(func() { b.run(chromedp.Evaluate(d.here(r.snippet(t, r.page, "js", ""))+";0", nil)) })
		expect(t, d.backend(), `{"uid":"uid1","percent":"88%"}`, "ok", b)
	})
}

func TestReadmePHP(t *testing.T) {
	inBoth(t, func(t *testing.T, r readme) {
		php := need(t, "php", "apt-get install php-cli")
		readmeBackend(t, exec.Command(php), r.snippet(t, r.backend, "php", ""), "ok\n", `{"uid":"uid1","percent":"88%"}`)
	})
}

// TestGatewayProgram runs what docs/from-workerman.md shows of Gateway.php.
func TestGatewayProgram(t *testing.T) {
	php := exec.Command(need(t, "php", "apt-get install php-cli"))
	programs := slices.DeleteFunc(blocksOf(document(t, "docs/from-workerman.md")), func(b block) bool { return !strings.Contains(b.code, "Gateway.php") })
	if len(programs) != 1 {
		t.Fatalf("%d programs", len(programs))
	}
	readmeBackend(t, php, programs[0].code, "1\nbool(true)\n", `{"title":"hello"}`)
}

func TestReadmePython(t *testing.T) {
	inBoth(t, func(t *testing.T, r readme) {
		python := exec.Command(need(t, "python3", "apt-get install python3"), "-")
		readmeBackend(t, python, r.snippet(t, r.backend, "python", ""), "ok\n", `{"uid":"uid1","percent":"88%"}`)
	})
}

// readmeBackend runs, at the root, an interpreter that reads its program from stdin. JSON has no one spelling: PHP writes none of the
// spaces that Python writes.
func readmeBackend(t *testing.T, cmd *exec.Cmd, program, answer, message string) {
	t.Helper()
	d := start(t)
	p := d.page("uid1")
	cmd.Dir, cmd.Stdin = "..", strings.NewReader(d.here(program))
	if got := output(t, cmd); got != answer {
		t.Errorf("it prints %q", got)
	}
	if got := strings.ReplaceAll(p.Next(), " ", ""); got != message {
		t.Errorf("the page got %q", got)
	}
}

func TestReadmeShell(t *testing.T) {
	inBoth(t, func(t *testing.T, r readme) {
		need(t, "nc", "apt-get install netcat-openbsd")
		d := start(t)
		p := d.page("uid1")
		for _, tt := range []struct {
			command, answers string
			messages         []string
		}{
			{r.snippet(t, r.backend, "sh", ""), "ok\nok\n", []string{`{"uid":"uid1","step":1}`, `{"all":true,"step":2}`}},
			{r.snippet(t, r.said, "sh", ""), `ok {"taken":1,"refused":0}` + "\n", []string{`{"percent":"90%"}`}},
		} {
			if got := output(t, exec.Command("sh", "-c", d.here(tt.command))); got != tt.answers {
				t.Errorf("it prints %q", got)
			}
			for _, want := range tt.messages {
				if got := p.Next(); got != want {
					t.Errorf("the page got %q, want %q", got, want)
				}
			}
		}
	})
}
