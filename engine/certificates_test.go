//go:build linux

package engine

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"os"
	"runtime"
	"strings"
	"testing"

	"fanloop/internal/certs"
)

// shownTo is the name of the certificate that a client that asks for a name is shown.
func shownTo(t *testing.T, ln *Listener, name string) string {
	t.Helper()
	c := tls.Client(dial(t, ln), &tls.Config{ServerName: name, InsecureSkipVerify: true})
	if err := c.Handshake(); err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	return c.ConnectionState().PeerCertificates[0].Subject.CommonName
}

func TestCertificatesBySNI(t *testing.T) {
	a, dir := certs.New(t), t.TempDir()
	var files []CertificateFiles
	for _, name := range []string{"one.example", "two.example", "*.three.example"} {
		cert, key := a.WriteTo(dir, strings.Trim(name, "*."), a.Issue(name))
		files = append(files, CertificateFiles{cert, key})
	}
	store, err := LoadCertificates(files...)
	if err != nil {
		t.Fatal(err)
	}
	e := testEngine(t, Options{})
	failed := make(chan error, 1)
	ln := listen(t, e, echo, ListenOptions{TLS: &TLSOptions{
		Certificates: store, OnHandshakeError: func(_ *Conn, err error) { failed <- err },
	}})
	for name, want := range map[string]string{
		"one.example": "one.example", "two.example": "two.example", "x.three.example": "*.three.example",
		"unknown.example": "one.example", "": "one.example",
	} {
		if got := shownTo(t, ln, name); got != want {
			t.Errorf("%q is shown %s, want %s", name, got, want)
		}
	}
	// A client that asked for somebody else does not take it, and says so.
	var wrong x509.HostnameError
	c := tls.Client(dial(t, ln), &tls.Config{RootCAs: a.Pool(), ServerName: "unknown.example"})
	if err := c.Handshake(); !errors.As(err, &wrong) {
		t.Errorf("a client with another name: %v", err)
	}
	if err := await(t, "OnHandshakeError", failed); err == nil || !strings.Contains(err.Error(), "bad certificate") {
		t.Errorf("the server got %v", err)
	}
}

// Certificates are replaced under open connections, which go on.
func TestCertificatesReload(t *testing.T) {
	eachTLS(t, func(t *testing.T, version uint16) {
		a, dir := certs.New(t), t.TempDir()
		cert, key := a.WriteTo(dir, "server", a.Issue("old.example"))
		store, err := LoadCertificates(CertificateFiles{cert, key})
		if err != nil {
			t.Fatal(err)
		}
		e := testEngine(t, Options{})
		ln := listenTLS(t, e, echo, ListenOptions{TLS: &TLSOptions{Certificates: store}}, version)
		var open []*tls.Conn
		goroutines := runtime.NumGoroutine()
		for range 1000 {
			open = append(open, dialTLS(t, ln, &tls.Config{RootCAs: a.Pool(), ServerName: "old.example"}))
		}
		eventually(t, "the goroutines of the handshakes have ended", func() bool { return runtime.NumGoroutine() <= goroutines })
		a.WriteTo(dir, "server", a.Issue("new.example"))
		if err := store.Reload(); err != nil {
			t.Fatal(err)
		}
		if got := shownTo(t, ln.Listener, ""); got != "new.example" {
			t.Errorf("a new client is shown %s", got)
		}
		if err := os.WriteFile(key, []byte("no key"), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := store.Reload(); err == nil || !strings.Contains(err.Error(), key) {
			t.Errorf("a broken file: %v", err)
		}
		if got := shownTo(t, ln.Listener, ""); got != "new.example" {
			t.Errorf("after a broken reload a client is shown %s", got)
		}
		store.Set(a.Issue("set.example"))
		if got := shownTo(t, ln.Listener, ""); got != "set.example" {
			t.Errorf("after Set a client is shown %s", got)
		}
		for _, c := range open {
			send(t, c, "still here")
			expect(t, c, "still here")
		}
	})
}

func TestNoCertificates(t *testing.T) {
	if _, err := LoadCertificates(); err == nil {
		t.Error("no files are enough")
	}
	if _, err := LoadCertificates(CertificateFiles{"/nonexistent.pem", "/nonexistent.key"}); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("files that are not there: %v", err)
	}
	e := testEngine(t, Options{})
	ln := listen(t, e, echo, ListenOptions{TLS: &TLSOptions{Certificates: new(Certificates)}})
	c := tls.Client(dial(t, ln), &tls.Config{InsecureSkipVerify: true})
	if err := c.Handshake(); err == nil || !strings.Contains(err.Error(), "tls: ") {
		t.Errorf("a handshake without certificates: %v", err)
	}
}
