package e2e

import (
	"net"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// A readme is one of the two, with what it calls the sections that hold snippets.
type readme struct{ file, try, page, backend, said, run, embed string }

var (
	english = readme{"README.md", "Try it", "Your page", "Your back end", "What can be said", "Run it", "Embed it"}
	chinese = readme{"README.zh-TW.md", "試試看", "你的網頁", "你的後端", "送什麼，回什麼", "當成服務執行", "嵌進自己的程式"}
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
	replaced := strings.NewReplacer("127.0.0.1:1234", d.websocket, "127.0.0.1:5678", d.text, "127.0.0.1:8080", d.http, "127.0.0.1 5678", "127.0.0.1 "+port,
		`"127.0.0.1", 5678`, `"127.0.0.1", `+port).Replace(snippet)
	if replaced == snippet {
		d.t.Fatalf("no port in %q", snippet)
	}
	return replaced
}
