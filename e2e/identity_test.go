package e2e

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"fanloop/internal/peers"
)

// programOf is the code block of docs/identity.md that begins with these words, without the fences.
func programOf(t *testing.T, language, begin string) string {
	t.Helper()
	page, err := os.ReadFile("../docs/identity.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, block := range regexp.MustCompile("(?ms)^```"+language+"\n(.*?)^```$").FindAllStringSubmatch(string(page), -1) {
		if strings.HasPrefix(block[1], begin) {
			return block[1]
		}
	}
	t.Fatalf("docs/identity.md has no program in %s that begins with %q", language, begin)
	return ""
}

// Each program of docs/identity.md that prints a token prints one that lets its user in.
func TestTokensOfDocument(t *testing.T) {
	dir := t.TempDir()
	run := func(name string, args ...string) string {
		t.Helper()
		cmd := exec.Command(name, args...)
		cmd.Dir = dir
		return strings.TrimSpace(output(t, cmd))
	}
	if err := os.WriteFile(filepath.Join(dir, "jwt.secret"), []byte(run(need(t, "openssl", "apt-get install openssl"), "rand", "-base64", "48")+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	d := start(t, "-jwt-key", filepath.Join(dir, "jwt.secret"), "-jwt-audience", "push")
	letsIn := func(t *testing.T, uid, token string) {
		t.Helper()
		page := peers.OpenPageWith(t, d.http, "/ws", "Authorization: Bearer "+token)
		page.Settle()
		expect(t, d.backend(), `{"uid":"`+uid+`"}`, "ok", page)
		expect(t, d.backend(), `{"group":"staff"}`, "ok", page)
		page.Close()
	}
	t.Run("go", func(t *testing.T) {
		if err := os.WriteFile(filepath.Join(dir, "token.go"), []byte(programOf(t, "go", "package main")), 0o600); err != nil {
			t.Fatal(err)
		}
		build := exec.Command("go", "build", "-o", filepath.Join(dir, "token"), filepath.Join(dir, "token.go"))
		build.Dir = ".." // whose module has golang-jwt
		output(t, build)
		letsIn(t, "u1", run(filepath.Join(dir, "token"), "u1"))
	})
	for _, tt := range []struct{ language, begin, file, tool, install string }{
		{"php", "<?php\nfunction token", "token.php", "php", "apt-get install php-cli"},
		{"python", "import base64", "token.py", "python3", "apt-get install python3"},
		{"js", "const { createHmac", "token.js", "node", "apt-get install nodejs"},
	} {
		t.Run(tt.language, func(t *testing.T) {
			if err := os.WriteFile(filepath.Join(dir, tt.file), []byte(programOf(t, tt.language, tt.begin)), 0o600); err != nil {
				t.Fatal(err)
			}
			uid := "使用者 of " + tt.language
			letsIn(t, uid, run(need(t, tt.tool, tt.install), tt.file, uid))
		})
	}
}

// The PHP program of docs/identity.md that is asked who a page is, behind PHP's own server and sessions.
func TestBackEndOfDocument(t *testing.T) {
	dir := t.TempDir()
	php := need(t, "php", "apt-get install php-cli")
	// A login in place of the application's.
	login := "<?php\nsession_start(); $_SESSION['user'] = 'anna'; $_SESSION['groups'] = ['staff']; session_write_close(); echo session_id();\n"
	for name, text := range map[string]string{"login.php": login, "push-auth.php": programOf(t, "php", "<?php\nsession_start")} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	address := startPHP(t, php, dir)
	d := start(t, "-auth-url", "http://"+address+"/push-auth.php", "-auth-timeout", "1m")
	session := body(t, "http://"+address+"/login.php")
	known := peers.OpenPageWith(t, d.http, "/ws", "Cookie: PHPSESSID="+session)
	stranger := peers.OpenPageWith(t, d.http, "/ws", "Cookie: PHPSESSID=nobody")
	if code, _ := stranger.Ended(); code != 1008 {
		t.Error(code)
	}
	d.stderr.Await(t, "identity: bound", 1)
	expect(t, d.backend(), `{"group":"staff"}`, "ok", known)
	expect(t, d.backend(), `{"uid":"anna"}`, "ok", known)
}

// startPHP serves a folder with PHP's own server, which cannot be given a socket nor tell which port it has chosen.
func startPHP(t *testing.T, php, dir string) (address string) {
	t.Helper()
	address = peers.HoldPort(t)
	said := peers.NewLines()
	cmd := exec.Command(php, "-d", "session.save_path="+dir, "-S", address, "-t", dir)
	cmd.Stdout, cmd.Stderr = said, said
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = cmd.Process.Kill(); _ = cmd.Wait() })
	said.Await(t, "started", 1)
	return address
}

// body gets a page.
func body(t *testing.T, url string) string {
	t.Helper()
	answer, err := http.Get(url)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	defer http.DefaultClient.CloseIdleConnections()
	all, err := io.ReadAll(answer.Body)
	if err != nil || answer.StatusCode != 200 {
		t.Fatal(answer.Status, err)
	}
	return string(all)
}

// hs256 makes a token.
func hs256(t *testing.T, secret string, claims map[string]any) string {
	t.Helper()
	payload, err := json.Marshal(claims)
	if err != nil {
		t.Fatal(err)
	}
	encode := base64.RawURLEncoding.EncodeToString
	text := encode([]byte(`{"alg":"HS256"}`)) + "." + encode(payload)
	mac := hmac.New(sha256.New, []byte(secret))
	mac.Write([]byte(text))
	return text + "." + encode(mac.Sum(nil))
}
