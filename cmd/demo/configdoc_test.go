package main

import (
	"flag"
	"os"
	"reflect"
	"strings"
	"testing"
)

const exampleFile = "../../docs/fanloop.toml"

// docs/fanloop.toml has every key, with its default, and says which of them need a restart.
func TestExampleFile(t *testing.T) {
	text, err := os.ReadFile(exampleFile)
	if err != nil {
		t.Fatal(err)
	}
	got, err := parseOptions([]string{"-config", exampleFile})
	if err != nil {
		t.Fatal(err)
	}
	want, err := parseOptions(nil)
	if err != nil {
		t.Fatal(err)
	}
	got.args, got.reading, got.config, want.args, want.reading = nil, nil, "", nil, nil
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got %+v\nwant %+v", got, want)
	}
	o := standardOptions()
	o.flags().VisitAll(func(f *flag.Flag) {
		onlyFlag := f.Name == "config" || f.Name == "d" || f.Name == "version"
		if there := strings.Contains(string(text), "\n"+f.Name+" = "); there == onlyFlag {
			t.Errorf("%s is in the file: %v", f.Name, there)
		}
	})
	var stdout, stderr strings.Builder
	if err := run([]string{"check", "-config", exampleFile}, &stdout, &stderr); err != nil || !strings.HasPrefix(stdout.String(), "ok") {
		t.Errorf("check: %v, %q", err, stdout.String())
	}
}

// commentOf is what stands over a key, up to the key or line before.
func commentOf(text, key string) string {
	before, _, _ := strings.Cut(text, "\n"+key+" = ")
	lines := strings.Split(before, "\n")
	from := len(lines)
	for from > 0 && strings.HasPrefix(lines[from-1], "#") {
		from--
	}
	return strings.Join(lines[from:], "\n")
}

// What docs/program.md shows of check is what check says, and its command line is one.
func TestProgramDocumentOfConfiguration(t *testing.T) {
	page, err := os.ReadFile("../../docs/program.md")
	if err != nil {
		t.Fatal(err)
	}
	t.Setenv("FANLOOP_SINGLE", "perhaps")
	t.Chdir(t.TempDir())
	rewrite(t, "fanloop.toml", "listen = [", "  'http://:1',", "  'text://:1?max-body=1',", "]", "", "", "idel = '1s'")
	err = run([]string{"check", "-config", "fanloop.toml"}, &strings.Builder{}, &strings.Builder{})
	if err == nil {
		t.Fatal("check finds nothing")
	}
	want := "```\nfanloop: " + strings.ReplaceAll(err.Error(), "\n", "\nfanloop: ") + "\n```\n"
	if !strings.Contains(string(page), want) {
		t.Errorf("the page does not show\n%s", want)
	}
	_, command, _ := strings.Cut(string(page), "```\nfanloop -idle")
	command, _, _ = strings.Cut(command, "```")
	args := strings.Fields(strings.NewReplacer("\\\n", "", "'", "").Replace("-idle" + command))
	if _, err := parseOptions(append(args, "-single=false")); err != nil || len(args) != 8 {
		t.Errorf("%q: %v", args, err)
	}
}
