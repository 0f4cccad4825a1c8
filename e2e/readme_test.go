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

	"github.com/chromedp/chromedp"

	"fanloop/internal/peers"
)

// A readme is one of the two, with what it calls the sections that hold snippets.
type readme struct{ file, try, page, backend, lines, run, embed string }

var (
	english = readme{"README.md", "Try it", "The page", "The back end", "Lines and answers", "Run it", "Embed it"}
	chinese = readme{"README.zh-TW.md", "試試看", "網頁", "後端", "送什麼，回什麼", "當成服務執行", "嵌進自己的程式"}
)

// inBoth tests a snippet of each README.
func inBoth(t *testing.T, test func(t *testing.T, r readme)) {
	for _, r := range []readme{english, chinese} {
		t.Run(r.file, func(t *testing.T) { test(t, r) })
	}
}

// document is a file of the repository, by its path from the root.
func document(t *testing.T, file string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("..", file))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// A block is fenced code.
type block struct{ language, code string }

func blocksOf(text string) (blocks []block) {
	for _, m := range regexp.MustCompile("(?ms)^```(\\w+)\n(.*?)^```$").FindAllStringSubmatch(text, -1) {
		blocks = append(blocks, block{m[1], m[2]})
	}
	return blocks
}

// snippet is the only block of a language under a heading that holds part.
func (r readme) snippet(t *testing.T, heading, language, part string) string {
	t.Helper()
	_, section, _ := strings.Cut(document(t, r.file), "\n## "+heading+"\n")
	section, _, _ = strings.Cut(section, "\n## ")
	found := slices.DeleteFunc(blocksOf(section), func(b block) bool {
		return b.language != language || !strings.Contains(b.code, part)
	})
	if len(found) != 1 {
		t.Fatalf("%s has %d blocks in %s with %q under %q, want 1", r.file, len(found), language, part, heading)
	}
	return found[0].code
}

// uncommented are a page's blocks as they are in any language.
func uncommented(t *testing.T, file string) []block {
	t.Helper()
	blocks := blocksOf(document(t, file))
	for i := range blocks {
		blocks[i].code = regexp.MustCompile(`(?m)[ \t]+// .*$`).ReplaceAllString(blocks[i].code, "")
	}
	return blocks
}

// TestReadmesAgree: the two say the same, as far as a program can tell.
func TestReadmesAgree(t *testing.T) {
	one, two := uncommented(t, english.file), uncommented(t, chinese.file)
	if len(one) != len(two) || len(one) < 12 {
		t.Fatalf("%d and %d snippets", len(one), len(two))
	}
	for i := range one {
		if one[i] != two[i] {
			t.Errorf("snippet %d is not the same:\n%v\n%v", i, one[i], two[i])
		}
	}
	inline := regexp.MustCompile("(?m)`[^`\n]+`|\\]\\([^)]+\\)")
	words := func(file string) []string {
		all := inline.FindAllString(document(t, file), -1)
		slices.Sort(all)
		return slices.Compact(all)
	}
	for _, files := range [][2]string{{english.file, chinese.file}, {chinese.file, english.file}} {
		others := words(files[1])
		for _, w := range words(files[0]) {
			if !slices.Contains(others, w) && w != "]("+files[1]+")" {
				t.Errorf("%s has %s, %s has not", files[0], w, files[1])
			}
		}
	}
}

// TestLinks: what the documents link to in the repository is there.
func TestLinks(t *testing.T) {
	documents, err := filepath.Glob("../docs/*.md")
	if err != nil || len(documents) == 0 {
		t.Fatal(documents, err)
	}
	for _, file := range append(documents, "../"+english.file, "../"+chinese.file, "../CONTRIBUTING.md") {
		for _, m := range regexp.MustCompile(`\]\(([^):#]+)(#[^)]*)?\)`).FindAllStringSubmatch(document(t, strings.TrimPrefix(file, "../")), -1) {
			if _, err := os.Stat(filepath.Join(filepath.Dir(file), m[1])); err != nil {
				t.Errorf("%s: %v", file, err)
			}
		}
	}
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

func TestReadmeConsole(t *testing.T) {
	inBoth(t, func(t *testing.T, r readme) {
		d := start(t)
		b := openTab(t)
		b.run(chromedp.Navigate("http://" + d.websocket))
		d.bind(func() { b.run(chromedp.Evaluate(d.here(r.snippet(t, r.try, "js", ""))+";0", nil)) })
		expect(t, d.backend(), `{"uid":"uid1","percent":"88%"}`, "ok", b)
	})
}

func TestReadmePHP(t *testing.T) {
	inBoth(t, func(t *testing.T, r readme) {
		php := need(t, "php", "apt-get install php-cli")
		readmeBackend(t, exec.Command(php), r.snippet(t, r.backend, "php", "stream_socket_client"), "ok\n", `{"uid":"uid1","percent":"88%"}`)
		readmeBackend(t, exec.Command(php), r.snippet(t, r.backend, "php", "Gateway"), "1 pages took it\n", `{"percent":"88%"}`)
	})
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
			{r.snippet(t, r.lines, "sh", ""), `ok {"taken":1,"refused":0}` + "\n", []string{`{"percent":"90%"}`}},
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
	d.stdout.Await(t, "new WebSocket('ws://127.0.0.1:1234')", 1)
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
	for _, want := range []string{"  websocket://0.0.0.0:1234\n", "  text://127.0.0.1:5678\n", "\nconnections ", "\nmemory, RSS ", " has ended\n"} {
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
