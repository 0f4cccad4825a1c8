package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// writeConfig writes a configuration file.
func writeConfig(t *testing.T, lines ...string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "fanloop.toml")
	rewrite(t, path, lines...)
	return path
}

func rewrite(t *testing.T, path string, lines ...string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(strings.Join(lines, "\n")+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
}

// check says what is wrong with file, line and key, all of it, and starts nothing.
func TestCheck(t *testing.T) {
	for _, test := range []struct {
		name   string
		file   string
		flags  string
		env    string
		status int
		want   string
	}{
		{"defaults", "", "", "", 0, "ok: it would listen on\n  websocket://0.0.0.0:1234\n  text://127.0.0.1:5678\n  http://127.0.0.1:8080\n"},
		{"ports", "listen = ['http://:1?idle=1s', 'text://unix:/a']", "", "", 0, "ok: it would listen on\n  http://:1\n  text://unix:/a\n"},
		{"a flag before the file", "listen = ['http://:1']", "-listen text://:2", "", 0, "ok: it would listen on\n  text://:2\n"},
		{"a variable before the file", "listen = ['http://:1']", "", "LISTEN=text://:2 http://:3", 0, "ok: it would listen on\n  text://:2\n  http://:3\n"},
		{"unknown key", "single = true\nsinlge = true", "", "", 1, "FILE:2: sinlge: there is no such key"},
		{"bad value", "\nloops = 5000", "", "", 1, "FILE:2: loops: want a number from 1 to 1024"},
		{"wrong type", "listen = 'http://:1'", "", "", 1, `FILE:1: listen: want an array of strings, such as ["a", "b"]`},
		{"twice", "loops = 1\nloops = 1", "", "", 1, "FILE:2: loops: it stands in line 1 already"},
		{"in an array", "listen = [\n  'http://:1',\n  'http://:2?idle=never',\n]", "", "", 1, "FILE:3: listen: idle: want a time such as 500ms, 30s or 2m, or auto"},
		{"an option of another protocol", "listen = ['text://:1?max-body=1']", "", "", 1, "FILE:1: listen: max-body: this is for http and https ports"},
		{"token", "http-token = 'a b'", "", "", 1, "FILE:1: http-token: want letters, digits and -._~+/ only"},
		{"what only several show", "\nlisten = ['wss://:1']", "", "", 1, "FILE:2: listen: wss://:1 wants a certificate: tls-cert and tls-key, or tls-self-signed"},
		{"files", "listen = ['wss://:1', 'texts://:2']\ntls-cert = ['/nonexistent/a.pem']\ntls-key = ['/nonexistent/a.key']\ntls-client-ca = '/nonexistent/ca.pem'", "", "", 1,
			"FILE:2: tls-cert: /nonexistent/a.pem, with the key /nonexistent/a.key: open /nonexistent/a.pem: no such file or directory\n" +
				"FILE:4: tls-client-ca: open /nonexistent/ca.pem: no such file or directory"},
		{"all at once", "loops = 0\nslow = 'down'", "", "SINGLE=perhaps", 1,
			"FANLOOP_SINGLE: want true or false\nFILE:1: loops: want a number from 1 to 1024\nFILE:2: slow: want close, drop-newest, drop-oldest or conflate"},
		{"no file", "", "-config /nonexistent/a.toml", "", 1, "-config: open /nonexistent/a.toml: no such file or directory"},
		{"a flag", "", "-loops 0", "", 2, `invalid value "0" for flag -loops: want a number from 1 to 1024 (-h tells the flags)`},
		{"no flag", "", "-lops 1", "", 2, "flag provided but not defined: -lops (-h tells the flags)"},
		{"an argument", "", "now", "", 2, `"now" is not a flag (-h tells the flags)`},
	} {
		t.Run(test.name, func(t *testing.T) {
			args, file := append([]string{"check"}, strings.Fields(test.flags)...), ""
			if test.file != "" {
				file = writeConfig(t, test.file)
				args = append(args, "-config", file)
			}
			if name, value, found := strings.Cut(test.env, "="); found {
				t.Setenv("FANLOOP_"+name, value)
			}
			var stdout, stderr strings.Builder
			err := run(args, &stdout, &stderr)
			got, status := stdout.String(), 0
			if err != nil {
				got, status = err.Error(), exitStatus(err)
			}
			if got = strings.ReplaceAll(got, file, "FILE"); file == "" {
				got = strings.ReplaceAll(got, "FILE", "")
			}
			if status != test.status || got != test.want {
				t.Errorf("status %d, %q; want %d, %q", status, got, test.status, test.want)
			}
		})
	}
}

// What the start would log as a warning check prints, and goes on.
func TestCheckWarns(t *testing.T) {
	args := []string{"check", "-listen", "websocket://0.0.0.0:1", "-listen", "text://127.0.0.1:2", "-listen", "text://:3", "-admin", ":4"}
	var stdout, stderr strings.Builder
	if err := run(args, &stdout, &stderr); err != nil || !strings.HasPrefix(stdout.String(), "ok") {
		t.Errorf("%v, %q", err, stdout.String())
	}
	warnings := strings.SplitAfter(stderr.String(), "\n")
	for i, want := range []string{"who it says it is", "can push", "admin address", ""} {
		if i >= len(warnings) || !strings.Contains(warnings[i], want) || (want != "") != strings.HasPrefix(warnings[i], "level=WARN msg=") {
			t.Errorf("%q, want %q in line %d", warnings, want, i)
		}
	}
}

// A variable that is mistyped is named, and no error: it may be somebody else's.
func TestCheckStrangers(t *testing.T) {
	t.Setenv("FANLOOP_LOPS", "3")
	t.Setenv("FANLOOP_VERSION", "3") // images are fond of such variables; -version is only for the command line
	t.Setenv("FANLOOP_LOOPS", "3")
	t.Setenv("FANLOOP_TOKEN", "abc")
	var stdout, stderr strings.Builder
	if err := run([]string{"check"}, &stdout, &stderr); err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]bool{"LOPS": true, "VERSION": true, "LOOPS": false, "TOKEN": false} {
		if got := strings.Contains(stderr.String(), "fanloop: FANLOOP_"+name+" is the name of no flag\n"); got != want {
			t.Errorf("%s: %v, in %q", name, got, stderr.String())
		}
	}
}

// Over HTTP back ends need -http-token, if that is given, and else -token; variables go before the file.
func TestTokenVariables(t *testing.T) {
	file := writeConfig(t, "token = 'of-the-file'")
	for _, step := range []struct{ variable, value, token, api string }{
		{"", "", "of-the-file", "of-the-file"},
		{"FANLOOP_TOKEN", "short", "short", "short"},
		{"FANLOOP_HTTP_TOKEN", "long", "short", "long"},
	} {
		if step.variable != "" {
			t.Setenv(step.variable, step.value)
		}
		o, err := parseOptions([]string{"-config", file})
		if err != nil || o.token != step.token || o.apiToken() != step.api {
			t.Errorf("%s: %q, %q, %v", step.variable, o.token, o.apiToken(), err)
		}
	}
}
