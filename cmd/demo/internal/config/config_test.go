package config

import (
	"errors"
	"flag"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

// A program has one flag of each kind.
type program struct {
	flags   *flag.FlagSet
	file    string
	number  int
	limit   int
	size    int
	wait    time.Duration
	ping    time.Duration
	name    string
	token   string
	on      bool
	items   []string
	version bool
}

func newProgram() *program {
	p := &program{flags: flag.NewFlagSet("", flag.ContinueOnError), number: 1, limit: 10, size: 1 << 20, wait: time.Second, ping: time.Second}
	p.flags.SetOutput(io.Discard)
	p.flags.Var(String(&p.file), "config", "")
	p.flags.Var(Number(&p.number, 1, 9), "number", "")
	p.flags.Var(Limit(&p.limit), "limit", "")
	p.flags.Var(Size(&p.size), "size", "")
	p.flags.Var(Period(&p.wait), "wait", "")
	p.flags.Var(PeriodOrOff(&p.ping), "ping", "")
	p.flags.Var(String(&p.name), "name", "")
	p.flags.Var(Secret(&p.token), "my-token", "")
	p.flags.Var(Bool(&p.on), "on", "")
	p.flags.Var(Strings(&p.items), "item", "")
	p.flags.Var(Bool(&p.version), "version", "")
	return p
}

func (p *program) read(args ...string) (*Reading, error) {
	return Sources{
		Args: args, Prefix: "CONFIGTEST", File: "config", CommandLine: []string{"version"},
	}.Read(p.flags)
}

// text is what the flags have become.
func (p *program) text() string {
	var all []string
	p.flags.VisitAll(func(f *flag.Flag) {
		if f.Name != "config" && f.Value.String() != f.DefValue {
			all = append(all, f.Name+"="+f.Value.String())
		}
	})
	slices.Sort(all)
	return strings.Join(all, ", ")
}

func writeFile(t *testing.T, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "a.toml")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

const whole = `
number = 2
limit = "off" # no limit
size = "64KiB"
wait = "1m"
ping = "off"
name = 'a "name"'
my-token = "abc"
on = true
item = [
  "a b",
  "c",
]
`

func TestOrder(t *testing.T) {
	file := writeFile(t, whole)
	for _, test := range []struct {
		name, args, env, want string
	}{
		{"nothing", "", "", ""},
		{"file", "-config " + file, "", `item=a b c, limit=off, my-token=abc, name=a "name", number=2, on=true, ping=off, size=64KiB, wait=1m`},
		{"file by environment", "", "CONFIG=" + file, `item=a b c, limit=off, my-token=abc, name=a "name", number=2, on=true, ping=off, size=64KiB, wait=1m`},
		{"environment", "", "NUMBER=3,LIMIT=5,ITEM=x  y,ON=1,SIZE=7", "item=x y, limit=5, number=3, on=true, size=7"},
		{"environment over file", "-config " + file, "NUMBER=3,LIMIT=5,ITEM=x  y,ON=0,SIZE=7,MY_TOKEN=e,PING=2s,WAIT=3s,NAME=n",
			"item=x y, limit=5, my-token=e, name=n, number=3, ping=2s, size=7, wait=3s"},
		{"flag over both", "-config " + file + " -number 4 -item z -on=false -my-token f -limit 10", "NUMBER=3,ITEM=x,ON=1,MY_TOKEN=e",
			`item=z, my-token=f, name=a "name", number=4, ping=off, size=64KiB, wait=1m`},
		{"only for the command line", "", "VERSION=3.1", ""},
		{"command line only", "-version", "", "version=true"},
		{"a file of Windows", "-config " + writeFile(t, "\ufeffnumber = 2\r\nsize = 7\r\n"), "", "number=2, size=7"},
		{"an empty variable is none", "-config " + writeFile(t, "number = 2"), "NUMBER=", "number=2"},
	} {
		t.Run(test.name, func(t *testing.T) {
			for pair := range strings.SplitSeq(test.env, ",") {
				if name, value, found := strings.Cut(pair, "="); found {
					t.Setenv("CONFIGTEST_"+name, value)
				}
			}
			p := newProgram()
			r, err := p.read(strings.Fields(test.args)...)
			if err == nil {
				err = r.Err()
			}
			if err != nil || p.text() != test.want {
				t.Errorf("got %s, %v\nwant %s", p.text(), err, test.want)
			}
		})
	}
}

// Each error says where: file, line and key.
func TestFileErrors(t *testing.T) {
	for _, test := range []struct{ file, want string }{
		{"\nnumber = 0", "F:2: number: want a number from 1 to 9"},
		{"number = 'many'", "F:1: number: want a number from 1 to 9"},
		{"number = true", "F:1: number: want a string in quotes, or a whole number"},
		{"number = 1.5", "F:1: number: want a string in quotes, or a whole number"},
		{"number = 99999999999999999999", "F:1: number: decimal number is too large to fit in a 64-bit signed integer"},
		{"number = [1]", "F:1: number: want a string in quotes, or a whole number"},
		{"limit = 0", "F:1: limit: want a number from 1 up, or off"},
		{"size = '1mb'", "F:1: size: want a number of bytes from 1 up, such as 4096, 64KiB, 1MiB"},
		{"wait = 5", "F:1: wait: want a string in quotes"},
		{"wait = 'off'", "F:1: wait: want a time such as 500ms, 30s or 2m"},
		{"ping = '-1s'", "F:1: ping: want a time such as 500ms, 30s or 2m, or off"},
		{"name = 2026-01-02", "F:1: name: want a string in quotes"},
		{"name = {a = 1}", "F:1: name: want a string in quotes"},
		{"on = 'true'", "F:1: on: want true or false"},
		{"on = 1", "F:1: on: want true or false"},
		{"item = 'a'", `F:1: item: want an array of strings, such as ["a", "b"]`},
		{"item = ['a', 1]", "F:1: item: want a string in quotes"},
		{"item = [\n 'a',\n '',\n]", "F:3: item: want something"},
		{"\n\nnumbre = 1", "F:3: numbre: there is no such key"},
		{"config = 'b.toml'", "F:1: config: this is only for the command line: -config"},
		{"version = true", "F:1: version: this is only for the command line: -version"},
		{"number = 1\non = true\nnumber = 1", "F:3: number: it stands in line 1 already"},
		{"[number]\na = 1", "F:1: number: tables have no place here: each key is the name of a flag"},
		{"number.a = 1", "F:1: number.a: tables have no place here: each key is the name of a flag"},
		{"\nnumber = ", "F:2"},
		{"number", "F:1"},
		{"number = 1 on = true", "F:1"},
		{"name = 'a", "F:1"},
		{"name = \"\xff\"", "F:1"},
		// All of them at once.
		{"number = 0\nnumbre = 1\non = 2\n", "F:1: number: want a number from 1 to 9\nF:2: numbre: there is no such key\nF:3: on: want true or false"},
	} {
		file := writeFile(t, test.file)
		p := newProgram()
		r, err := p.read("-config", file)
		if err != nil {
			t.Fatal(err)
		}
		err = r.Err()
		if err == nil {
			t.Errorf("%q: no error", test.file)
			continue
		}
		got := strings.ReplaceAll(err.Error(), file, "F")
		if got != test.want && (len(test.want) > 3 || !strings.HasPrefix(got, test.want+": ")) {
			t.Errorf("%q: got %q, want %q", test.file, got, test.want)
		}
	}
}

func TestOtherErrors(t *testing.T) {
	t.Setenv("CONFIGTEST_NUMBER", "0")
	t.Setenv("CONFIGTEST_ON", "perhaps")
	t.Setenv("CONFIGTEST_CONFIG", "/nonexistent/a.toml")
	r, err := newProgram().read()
	want := "CONFIGTEST_NUMBER: want a number from 1 to 9\nCONFIGTEST_ON: want true or false\n" +
		"CONFIGTEST_CONFIG: open /nonexistent/a.toml: no such file or directory"
	if err != nil || r.Err() == nil || r.Err().Error() != want {
		t.Errorf("got %v, %v", err, r.Err())
	}
	if _, err := newProgram().read("-h"); !errors.Is(err, flag.ErrHelp) {
		t.Error(err)
	}
	if _, err := newProgram().read("-number", "0"); err == nil || err.Error() != `invalid value "0" for flag -number: want a number from 1 to 9` {
		t.Error(err)
	}
}

// A problem is said where the flag was set.
func TestProblem(t *testing.T) {
	t.Setenv("CONFIGTEST_LIMIT", "2")
	file := writeFile(t, "size = 3\nnumber = 1")
	r, err := newProgram().read("-config", file, "-number", "2")
	if err != nil || r.Err() != nil {
		t.Fatal(err, r.Err())
	}
	for _, name := range []string{"size", "number", "limit", "wait"} {
		r.Problem(name, errors.New("no"))
	}
	if got, want := strings.ReplaceAll(r.Err().Error(), file, "F"), "F:1: size: no\n-number: no\nCONFIGTEST_LIMIT: no\n-wait: no"; got != want {
		t.Errorf("got %q", got)
	}
}

func TestChanged(t *testing.T) {
	read := func(text string) *Reading {
		r, err := newProgram().read("-config", writeFile(t, text))
		if err != nil || r.Err() != nil {
			t.Fatal(err, r.Err())
		}
		return r
	}
	before, after := read(whole), read(strings.NewReplacer("abc", "abd", "  \"c\",\n", "", "64KiB", "65536").Replace(whole))
	got := after.Changed(before)
	if !slices.Equal(got, []string{"config", "item", "my-token"}) {
		t.Errorf("got %v", got)
	}
	if after.Shown("item") != "a b" || after.Shown("my-token") != "(secret)" {
		t.Errorf("shown: %q, %q", after.Shown("item"), after.Shown("my-token"))
	}
}
