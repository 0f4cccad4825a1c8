//go:build linux

package main

import (
	"crypto/ed25519"
	"crypto/rand"
	"crypto/x509"
	"encoding/pem"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"fanloop/engine"
	"fanloop/internal/peers"

	"github.com/golang-jwt/jwt/v5"
)

// An issuer signs tokens, as the application's login does.
type issuer struct {
	t    *testing.T
	key  ed25519.PrivateKey
	file string // of its public key
}

func newIssuer(t *testing.T) *issuer {
	i := &issuer{t: t, file: filepath.Join(t.TempDir(), "jwt.pem")}
	i.rotate()
	return i
}

// rotate gives it another key.
func (i *issuer) rotate() {
	i.t.Helper()
	public, private, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		i.t.Fatal(err)
	}
	der, err := x509.MarshalPKIXPublicKey(public)
	if err != nil {
		i.t.Fatal(err)
	}
	if err := os.WriteFile(i.file, pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der}), 0o600); err != nil {
		i.t.Fatal(err)
	}
	i.key = private
}

func (i *issuer) token(uid string, groups ...string) string {
	i.t.Helper()
	signed, err := jwt.NewWithClaims(jwt.SigningMethodEdDSA, jwt.MapClaims{
		"sub": uid, "groups": groups, "aud": "push", "exp": time.Now().Add(time.Hour).Unix(),
	}).SignedString(i.key)
	if err != nil {
		i.t.Fatal(err)
	}
	return signed
}

// listens opens a page that listens with a token, and waits until it is bound.
func (d *demo) listens(token string) *peers.Events {
	d.t.Helper()
	before := len(d.log.Holding("identity: bound"))
	e := peers.Listen(d.t, d.http, "/events?token="+token)
	d.log.Await(d.t, "identity: bound", before+1)
	return e
}

// With -jwt-key pages are who their tokens say, in the groups that these say, and choose neither.
func TestTokens(t *testing.T) {
	i := newIssuer(t)
	d := startSite(t, "-jwt-key", i.file, "-jwt-audience", "push")
	backend := peers.Connect(t, d.text)

	bySocket := peers.OpenPage(t, d.websocket)
	bySocket.Say(`{"token":"` + i.token("u1", "staff") + `"}`)
	bySocket.Settle()
	byQuery := peers.OpenPageAt(t, d.http, "/ws?token="+i.token("u1"))
	byQuery.Settle()
	listens := d.listens(i.token("u1", "staff"))
	expect(t, backend, `{"uid":"u1"}`, "ok", bySocket, byQuery)
	expect(t, backend, `{"group":"staff"}`, "ok", bySocket)
	if a, b := listens.Next(), listens.Next(); a+b != `{"uid":"u1"}{"group":"staff"}` {
		t.Error(a, b)
	}

	byQuery.Say(`{"join":"staff"}`)
	bySocket.Say(`{"leave":"staff"}`)
	byQuery.Settle()
	bySocket.Settle()
	expect(t, backend, `{"group":"staff","n":2}`, "ok", bySocket)
	byQuery.Settle() // nothing has come before the pong

	plain := peers.OpenPage(t, d.websocket)
	plain.Say("u1")
	if code, reason := plain.Ended(); code != 1008 || reason != "no token" {
		t.Error(code, reason)
	}
	for query, status := range map[string]int{"uid=u1": 401, "token=x": 401, "group=staff&token=" + i.token("u2"): 403, "token=a&token=b": 400} {
		if got := d.ask("GET", "/events?"+query, ""); got.status != status {
			t.Errorf("%s: %v", query, got)
		}
	}
	if got := d.ask("GET", "/events?token="+i.token("u1"), "", "Origin", "null"); got.status != 403 {
		t.Errorf("a page without an origin: %v", got)
	}
	if s := d.server.door.Stats(); s.Admitted != 3 || s.Refused != 2 || s.Missing != 2 {
		t.Errorf("%+v", s)
	}
	for _, part := range strings.Split(i.token("u1"), ".") {
		if strings.Contains(d.log.String()+d.stdout.String(), part) {
			t.Errorf("a token is in the log: %s", d.log)
		}
	}
}

// SIGHUP has the keys read again: all right, or as they were.
func TestKeyRotation(t *testing.T) {
	i := newIssuer(t)
	d := startSite(t, "-jwt-key", i.file, "-jwt-audience", "push")
	old := i.token("old")
	stays := d.listens(old)
	i.rotate()
	if got := d.ask("GET", "/events?token="+i.token("new"), ""); got.status != 401 {
		t.Errorf("a key that has not been read: %v", got)
	}
	d.reloaded()
	d.listens(i.token("new"))
	if got := d.ask("GET", "/events?token="+old, ""); got.status != 401 {
		t.Errorf("the old key: %v", got)
	}
	if err := os.WriteFile(i.file, []byte("short"), 0o600); err != nil {
		t.Fatal(err)
	}
	d.server.reload()
	d.log.Await(t, "not reloaded", 1)
	d.listens(i.token("new"))
	expect(t, peers.Connect(t, d.text), `{"uid":"old"}`, "ok")
	if got := stays.Next(); got != `{"uid":"old"}` {
		t.Error(got)
	}
}

// With -auth-url the back end says who a page is.
func TestAuthURL(t *testing.T) {
	var gone atomic.Bool
	login := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if gone.Load() {
			panic(http.ErrAbortHandler) // it hangs up
		}
		session, err := r.Cookie("session")
		if err != nil {
			w.WriteHeader(http.StatusForbidden)
			return
		}
		_, _ = io.WriteString(w, `{"uid":"`+session.Value+`","groups":["staff"]}`)
	}))
	defer login.Close()
	d := startSite(t, "-auth-url", login.URL, "-auth-timeout", "1m")
	known := peers.OpenPageWith(t, d.http, "/ws", "Cookie: session=u1", "Origin: http://fanloop.test:8080")
	d.log.Await(t, "identity: bound", 1)
	e := peers.Listen(t, d.http, "/events", "Cookie: session=u1")
	d.log.Await(t, "identity: bound", 2)
	backend := peers.Connect(t, d.text)
	expect(t, backend, `{"group":"staff"}`, "ok", known)
	if got := e.Next(); got != `{"group":"staff"}` {
		t.Error(got)
	}
	stranger := peers.OpenPage(t, d.websocket)
	if code, _ := stranger.Ended(); code != 1008 {
		t.Error(code)
	}
	if got := d.ask("GET", "/events", ""); got.status != 403 {
		t.Error(got)
	}
	gone.Store(true)
	late := peers.OpenPageWith(t, d.http, "/ws", "Cookie: session=u2")
	if code, _ := late.Ended(); code != 1013 {
		t.Error(code)
	}
	if got := d.ask("GET", "/events", "", "Cookie", "session=u2"); got.status != 503 {
		t.Error(got)
	}
	if strings.Contains(d.log.String(), "session") {
		t.Errorf("a cookie is in the log: %s", d.log)
	}
}

// Which back ends have to show the token: those that others than this machine can be, unless a certificate does.
func TestNeedsToken(t *testing.T) {
	with := portOptions{tlsClientCA: "ca.pem"}
	for address, needs := range map[string]bool{
		"text://127.0.0.1:5678": false, "text://[::1]:5678": false, "text://localhost:5678": false, "text://unix:/a": false,
		"text://0.0.0.0:5678": true, "text://:5678": true, "text://192.0.2.1:5678": true, "texts://:5678": true,
	} {
		e, err := parseEndpoint(address)
		if err != nil {
			t.Fatal(err)
		}
		if got := needsToken(e, portOptions{}); got != needs {
			t.Errorf("%s: %v", address, got)
		}
		if got := needsToken(e, with); got != (needs && !e.tls()) {
			t.Errorf("%s with client certificates: %v", address, got)
		}
		if !needsToken(e, portOptions{proxy: true}) {
			t.Errorf("%s behind a proxy: none", address) // which brings strangers
		}
	}
}

// Beyond loopback a back end shows the token first; on loopback it may.
func TestBackendToken(t *testing.T) {
	d := start(t, "-token", "s3cret")
	far, err := d.server.engine.Listen("127.0.0.1:0", d.server.backends(endpoint{"text", "0.0.0.0:0", ""}, standardPort()), engine.ListenOptions{})
	if err != nil {
		t.Fatal(err)
	}
	page := d.page("u1")
	for name, address := range map[string]string{"far": far.Addr().String(), "near": d.text} {
		b := peers.Connect(t, address)
		if got := b.Ask("auth s3cret"); got != "ok" {
			t.Errorf("%s: %s", name, got)
		}
		expect(t, b, `{"uid":"u1"}`, "ok", page)
		b = peers.Connect(t, address)
		if got := b.Ask("auth wrong"); got != "fail" {
			t.Errorf("%s: %s", name, got)
		}
		b.Ended()
	}
	b := peers.Connect(t, far.Addr().String())
	if got := b.Ask(`{"uid":"u1"}`); got != "fail" {
		t.Error(got)
	}
	b.Ended()
	expect(t, peers.Connect(t, d.text), `{"uid":"u1"}`, "ok", page)
	if strings.Contains(d.log.String()+d.stdout.String(), "s3cret") {
		t.Error("the token is in the log")
	}
	if d.server.auth.Failed() != 3 {
		t.Error(d.server.auth.Failed())
	}
}

// Who is let in without being asked is said at the start, once for a port that others can reach.
func TestWarnings(t *testing.T) {
	i := newIssuer(t)
	for _, tt := range []struct {
		flags, port, says string
	}{
		{"", "websocket://0.0.0.0:1", "is who it says it is"},
		{"", "http://:1", "is who it says it is"},
		{"", "text://0.0.0.0:1", "can push"},
		{"", "websocket://127.0.0.1:1", ""},
		{"", "text://127.0.0.1:1", ""},
		{"-jwt-key " + i.file, "websocket://0.0.0.0:1", ""},
		{"-auth-url http://127.0.0.1:1", "http://:1", "need a token"},
		{"-auth-url http://127.0.0.1:1 -token s3cret", "http://:1", ""},
		{"-trust-proxy 192.0.2.1", "http://127.0.0.1:1", "need a token"},
		{"-trust-proxy 192.0.2.1 -http-token s3cret", "http://127.0.0.1:1", ""},
		{"-token s3cret", "text://0.0.0.0:1", ""},
		{"-http-token s3cret", "text://0.0.0.0:1", "can push"},
		{"-auth-url http://127.0.0.1:1 -bind-timeout 3s", "websocket://127.0.0.1:1", "bind-timeout ends before auth-timeout"},
		{"-auth-url http://127.0.0.1:1 -auth-timeout 20s", "websocket://127.0.0.1:1", "bind-timeout ends before auth-timeout"},
		{"-auth-url http://127.0.0.1:1 -auth-timeout 20s", "text://127.0.0.1:1", ""},
		{"-auth-url http://127.0.0.1:1 -auth-timeout 20s", "websocket://127.0.0.1:1?bind-timeout=30s", ""},
		{"-auth-url http://127.0.0.1:1 -auth-timeout 20s -bind-timeout off", "websocket://127.0.0.1:1", ""},
	} {
		d := start(t, append(strings.Fields(tt.flags), "-listen", "text://127.0.0.1:0")...)
		e, err := parseEndpoint(tt.port)
		if err != nil {
			t.Fatal(err)
		}
		d.server.options.warnOfPort(d.server.log, e)
		warnings := d.log.Holding("level=WARN")
		if (len(warnings) == 1) != (tt.says != "") || len(warnings) == 1 && !strings.Contains(warnings[0], tt.says) {
			t.Errorf("%s %s: %q", tt.flags, tt.port, warnings)
		}
	}
}

// The token can be replaced at run time.
func TestReloadToken(t *testing.T) {
	d, file := startFile(t, somePorts, "token = 'first'")
	auth := func(token string) string { return peers.Connect(t, d.text).Ask("auth " + token) }
	if got := auth("first"); got != "ok" {
		t.Error(got)
	}
	rewrite(t, file, somePorts, "token = 'second'")
	d.reloaded()
	if old, new := auth("first"), auth("second"); old != "fail" || new != "ok" {
		t.Error(old, new)
	}
	d.wantChanged("changed", "token", "(secret)", "(secret)")
}

// Gateway.php shows the token with each connection.
func TestGatewayToken(t *testing.T) {
	d := start(t, "-token", "s3cret")
	far, err := d.server.engine.Listen("127.0.0.1:0", d.server.backends(endpoint{"text", "0.0.0.0:0", ""}, standardPort()), engine.ListenOptions{})
	if err != nil {
		t.Fatal(err)
	}
	ask := func(token string) string {
		out, err := gateway(t, far.Addr().String(), `Gateway::$token = '`+token+`'; var_export(Gateway::isUidOnline('a')); var_export(Gateway::isUidOnline('b'));`)
		if err != nil {
			t.Error(err)
		}
		return out
	}
	if got := ask("s3cret"); got != "falsefalse" {
		t.Error(got)
	}
	for _, wrong := range []string{"other", ""} {
		if got := ask(wrong); !strings.Contains(got, "Exception") || strings.Contains(got, "s3cret") {
			t.Errorf("%q: %s", wrong, got)
		}
	}
}
