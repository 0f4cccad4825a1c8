package e2e

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
)

// snippetTools run what the page shows, each by the name of its tab.
var snippetTools = []struct {
	tab, tool, how, file string
	args                 []string // before the file
}{
	{"curl", "curl", "apt-get install curl", "push.sh", []string{"sh"}},
	{"nc", "nc", "apt-get install netcat-openbsd", "push.sh", []string{"sh"}},
	{"php", "php", "apt-get install php-cli", "push.php", []string{"php"}},
	{"python", "python3", "apt-get install python3", "push.py", []string{"python3"}},
	{"go", "go", "https://go.dev/dl", "main.go", []string{"go", "run"}},
}

// TestPageSnippets runs what the page offers to copy, with what each of the languages would read as something of its own.
func TestPageSnippets(t *testing.T) {
	const what = "{\"text\":\"it's \\\\ \\\"q\\\" `x` ${HOME} $(id) {$a} %s %% 你好\\u0000\",\n \"big\": 12345678901234567890}"
	for _, token := range []string{"", "s3cret"} {
		t.Run("token "+token, func(t *testing.T) {
			flags := []string{"-ping-interval", "off"} // go run may take its time, and p reads nothing meanwhile
			if token != "" {
				flags = append(flags, "-http-token", token)
			}
			d := start(t, flags...)
			b := demoPage(t, d.http, "?uid=anna's")
			b.fill("token", token)
			b.fill("what", what)
			p := d.page("anna's")
			want := `{"uid":"anna's",` + strings.ReplaceAll(what[1:], "\n", "")
			for _, tool := range snippetTools {
				t.Run(tool.tab, func(t *testing.T) {
					need(t, tool.tool, tool.how)
					b.run(chromedp.Evaluate(`document.getElementById('tab-`+tool.tab+`').click()`, nil))
					out := runSnippet(t, b.value(`document.getElementById('snippet-code').textContent`), tool.file, token, tool.args)
					if got := p.Next(); got != want {
						t.Errorf("the page got  %q,\nwant %q", got, want)
					}
					if out = strings.TrimSpace(out); out != "ok" && out != `{"taken":1,"refused":0}` {
						t.Errorf("it prints %q", out)
					}
				})
			}
		})
	}
}

// fill puts a value into a field as typing would.
func (b *tab) fill(id, value string) {
	b.t.Helper()
	b.run(chromedp.Evaluate(fmt.Sprintf(`{
		const e = document.getElementById(%q);
		e.value = %q;
		e.dispatchEvent(new Event('input', { bubbles: true }));
	}`, id, value), nil))
}

func runSnippet(t *testing.T, code, file, token string, args []string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), file)
	if err := os.WriteFile(path, []byte(code+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(args[0], append(args[1:], path)...)
	cmd.Env = append(os.Environ(), "FANLOOP_TOKEN="+token)
	return output(t, cmd)
}
