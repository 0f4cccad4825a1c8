//go:build linux

package main

import (
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"testing"

	"fanloop/internal/peers"
)

// document is docs/backend.md as the tests need it.
type document struct {
	pages    []string // the uids of the pages in its world
	examples []string // the lines of its examples
	curls    []string // of those with curl
}

func readDocument(t *testing.T) (d document) {
	t.Helper()
	text, err := os.ReadFile("../../docs/backend.md")
	if err != nil {
		t.Fatal(err)
	}
	block := ""
	for line := range strings.Lines(string(text)) {
		line = strings.TrimSuffix(line, "\n")
		fence, isFence := strings.CutPrefix(line, "```")
		switch {
		case isFence:
			block = fence
		case block == "pages":
			d.pages = append(d.pages, line)
		case block == "text":
			d.examples = append(d.examples, line)
		case block == "curl":
			d.curls = append(d.curls, line)
		}
	}
	return d
}

func TestDocumentExamples(t *testing.T) {
	for _, loops := range []string{"1", "2", "4"} {
		t.Run(loops+" loops", func(t *testing.T) {
			d, doc := start(t, "-loops", loops), readDocument(t)
			r := doc.world(d)
			r.backend = peers.Connect(t, d.text)
			for _, line := range doc.examples {
				r.step(line)
			}
			r.nothingElse()
		})
	}
}

func (doc document) world(d *demo) reader {
	r := reader{t: d.t, pages: map[string][]*peers.Page{}}
	for _, uid := range doc.pages {
		r.pages[uid] = append(r.pages[uid], d.page(uid))
	}
	return r
}

// Each command of the examples with curl is run by a shell, and prints what stands behind it.
func TestDocumentCurl(t *testing.T) {
	need(t, "curl", "apt-get install curl")
	for _, loops := range []string{"1", "4"} {
		t.Run(loops+" loops", func(t *testing.T) {
			d, doc := startSite(t, "-loops", loops), readDocument(t)
			r := doc.world(d)
			for i := 0; i < len(doc.curls); {
				i += r.shell(doc.curls[i:], strings.NewReplacer("127.0.0.1:8080", d.http))
			}
			r.nothingElse()
		})
	}
}

// shell runs the command that the lines begin with, and returns how many of them are its own.
func (r *reader) shell(lines []string, here *strings.Replacer) (used int) {
	r.t.Helper()
	command, want := "", ""
	for used < len(lines) && (command == "" || strings.HasSuffix(command, "\\")) {
		command = strings.TrimSuffix(command, "\\") + strings.TrimPrefix(lines[used], "$ ")
		used++
	}
	r.asked = command
	out, err := exec.Command("sh", "-c", here.Replace(command)).Output()
	if err != nil {
		r.t.Fatalf("%s: %v", command, err)
	}
	for ; used < len(lines) && lines[used][0] != '$'; used++ {
		if lines[used][0] == '@' {
			r.step(lines[used])
		} else {
			want += lines[used] + "\n"
		}
	}
	if string(out) != want {
		r.t.Fatalf("%s\nprints %s\nwant   %s", command, out, want)
	}
	return used
}

// reader does what a line of an example says.
type reader struct {
	t       *testing.T
	pages   map[string][]*peers.Page
	backend *peers.Backend
	asked   string
}

func (r *reader) step(line string) {
	r.t.Helper()
	switch kind, rest := line[:1], strings.TrimSpace(line[1:]); kind {
	case ">":
		r.asked = rest
		r.backend.Write(rest + "\n")
	case "<":
		if got := r.backend.Answer(); got != rest {
			r.t.Fatalf("%s\ngot  %s\nwant %s", r.asked, got, rest)
		}
	case "@":
		uid, what, _ := strings.Cut(rest, " ")
		if len(r.pages[uid]) == 0 {
			r.t.Fatalf("%s: no pages", line)
		}
		r.receive(uid, what)
	default:
		r.t.Fatalf("what is %q?", line)
	}
}

func (r *reader) receive(uid, what string) {
	r.t.Helper()
	closed, isClosed := strings.CutPrefix(what, "closed ")
	binary, isBinary := strings.CutPrefix(what, "binary ")
	for _, p := range r.pages[uid] {
		got := ""
		switch {
		case isClosed:
			code, reason := p.Ended()
			got, what = strings.TrimSpace(fmt.Sprint(code, " ", reason)), closed
		case isBinary:
			got, what = fmt.Sprintf("%x", p.NextBinary()), binary
		default:
			if got = p.Next(); strings.Contains(got, "\n") {
				got = strconv.Quote(got)
			}
		}
		if got != what {
			r.t.Fatalf("%s\n%s got %s, want %s", r.asked, uid, got, what)
		}
	}
	if isClosed {
		delete(r.pages, uid)
	}
}

// nothingElse wants that pages which are still there got nothing beside what the examples tell: their Close frame comes next.
func (r *reader) nothingElse() {
	r.t.Helper()
	for _, pages := range r.pages {
		for _, p := range pages {
			p.Close()
		}
	}
}

// A connection's plain lines and commands are answered in their order, and commands work where text connections are not at home.
func TestPlainLinesAndCommandsInOrder(t *testing.T) {
	for _, loops := range []string{"1", "2", "4"} {
		d := start(t, "-loops", loops)
		p := d.page("u")
		backend := peers.Connect(t, d.text)
		const rounds = 100
		for i := range rounds {
			backend.Write(fmt.Sprintf(`{"uid":"u","n":%[1]d}
{"$cmd":"push","uid":"u","data":%[1]d}
{"$cmd":"count","uid":"u"}
{"uid":"x"}
{"$cmd":"push","uid":"x","data":%[1]d}
nonsense
`, i))
		}
		for i := range rounds {
			for _, want := range []string{"ok", `ok {"taken":1,"refused":0}`, `ok {"connections":1}`, "fail",
				`fail {"error":"nobody there","taken":0,"refused":0}`, "fail"} {
				if got := backend.Answer(); got != want {
					t.Fatalf("%s loops, round %d: got %s, want %s", loops, i, got, want)
				}
			}
			for _, want := range []string{fmt.Sprintf(`{"uid":"u","n":%d}`, i), strconv.Itoa(i)} {
				if got := p.Next(); got != want {
					t.Fatalf("%s loops, round %d: the page got %s, want %s", loops, i, got, want)
				}
			}
		}
	}
}
