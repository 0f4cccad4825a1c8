//go:build linux

package fromworkerman

import (
	"bufio"
	"context"
	"go/format"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"
)

// patience is how long a test waits for what must come, and how long a program may run: others are being built meanwhile.
const patience = 3 * time.Minute

const root = "../.."

func document(t *testing.T) string {
	t.Helper()
	p, err := os.ReadFile(root + "/docs/from-workerman.md")
	if err != nil {
		t.Fatal(err)
	}
	return string(p)
}

// build makes the program of docs/from-workerman.md that begins with its name, with other addresses in place of the page's:
// each of them, old and new in turn, must be there.
func build(t *testing.T, name string, addresses ...string) (binary string) {
	t.Helper()
	blocks := regexp.MustCompile("(?s)```go\n// "+regexp.QuoteMeta(name)+"\n(.*?)```").FindAllStringSubmatch(document(t), -1)
	if len(blocks) != 1 {
		t.Fatalf("%d programs %s", len(blocks), name)
	}
	source := blocks[0][1]
	if formatted, err := format.Source([]byte(source)); err != nil || string(formatted) != source {
		t.Errorf("%s is not as gofmt has it: %v", name, err)
	}
	for i := 0; i < len(addresses); i += 2 {
		if !strings.Contains(source, addresses[i]) {
			t.Fatalf("%s does not listen on %s", name, addresses[i])
		}
		source = strings.ReplaceAll(source, addresses[i], addresses[i+1])
	}
	folder := t.TempDir()
	file, binary := filepath.Join(folder, name), filepath.Join(folder, "program")
	if err := os.WriteFile(file, []byte(source), 0o644); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command("go", "build", "-o", binary, file)
	cmd.Dir = root
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("go build %s: %v\n%s", name, err, out)
	}
	return binary
}

// A program is one that runs.
type program struct {
	t   *testing.T
	cmd *exec.Cmd
	log *bufio.Scanner
}

// start runs a program until the test ends; then it must end by itself, in order, when it is asked to.
func start(t *testing.T, binary string, flags ...string) *program {
	t.Helper()
	p := launch(t, binary, flags...)
	t.Cleanup(func() {
		_ = p.cmd.Process.Signal(syscall.SIGTERM)
		left := p.rest()
		if err := p.cmd.Wait(); err != nil {
			t.Errorf("the program ends with %v\n%s", err, left)
		}
	})
	return p
}

func launch(t *testing.T, binary string, flags ...string) *program {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	t.Cleanup(cancel)
	p := &program{t: t, cmd: exec.CommandContext(ctx, binary, flags...)}
	stderr, err := p.cmd.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := p.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	p.log = bufio.NewScanner(stderr)
	return p
}

// address is what the program's log says behind key, in one of its next lines.
func (p *program) address(key string) string {
	p.t.Helper()
	for p.log.Scan() {
		if _, address, found := strings.Cut(p.log.Text(), key+": "); found {
			return address
		}
	}
	p.t.Fatalf("the log ends without %q", key)
	return ""
}

// rest is what the program says until it ends.
func (p *program) rest() string {
	var lines []string
	for p.log.Scan() {
		lines = append(lines, p.log.Text())
	}
	return strings.Join(lines, "\n")
}
