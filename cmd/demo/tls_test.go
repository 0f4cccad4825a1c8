//go:build linux

package main

import (
	"bufio"
	"crypto/tls"
	"crypto/x509"
	"io"
	"log/slog"
	nethttp "net/http"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"fanloop/internal/certs"
	"fanloop/internal/peers"
)

// startTLS runs a server with a port of each protocol over TLS, beside one without for pages.
func startTLS(t *testing.T, flags ...string) *demo {
	t.Helper()
	return start(t, append(flags, "-listen", "websocket://127.0.0.1:0", "-listen", "wss://127.0.0.1:0",
		"-listen", "texts://127.0.0.1:0", "-listen", "https://127.0.0.1:0")...)
}

func (d *demo) dialTLS(protocol string, config *tls.Config) *tls.Conn {
	d.t.Helper()
	c, err := tls.Dial("tcp", d.opened(protocol), config)
	if err != nil {
		d.t.Fatal(err)
	}
	d.t.Cleanup(func() { _ = c.Close() })
	_ = c.SetDeadline(time.Now().Add(peers.Bound))
	return c
}

// A line over TLS reaches a page.
func TestTLSPush(t *testing.T) {
	a, dir := certs.New(t), t.TempDir()
	cert, key := a.WriteTo(dir, "server", a.Issue("127.0.0.1"))
	d := startTLS(t, "-tls-cert", cert, "-tls-key", key)
	page := d.page("uid1")
	trusted := &tls.Config{RootCAs: a.Pool()}
	backend := d.dialTLS("texts", trusted)
	_, _ = io.WriteString(backend, `{"uid":"uid1"}`+"\n")
	if answer, err := bufio.NewReader(backend).ReadString('\n'); answer != "ok\n" || err != nil {
		t.Errorf("answer %q, %v", answer, err)
	}
	if got := page.Next(); got != `{"uid":"uid1"}` {
		t.Errorf("the page got %q", got)
	}
	transport := &nethttp.Transport{TLSClientConfig: trusted, ForceAttemptHTTP2: true}
	defer transport.CloseIdleConnections()
	res, err := (&nethttp.Client{Transport: transport}).Post("https://"+d.opened("https")+"/push", "application/json", strings.NewReader(`{"uid":"uid1"}`))
	if err != nil {
		t.Fatal(err)
	}
	_ = res.Body.Close()
	if res.StatusCode != 200 || res.ProtoMajor != 1 {
		t.Errorf("%s over %s", res.Status, res.Proto)
	}
	if got := page.Next(); got != `{"uid":"uid1"}` {
		t.Errorf("the page got %q", got)
	}
	if s := d.server.status(d.server.sample(), d.server.sample()); s.Handshakes != 2 || s.HandshakesFailed != 0 {
		t.Errorf("%d handshakes, %d failed", s.Handshakes, s.HandshakesFailed)
	}
}

// Back ends need a certificate on texts ports, pages on the others do not.
func TestTLSClientCA(t *testing.T) {
	a, backends, dir := certs.New(t), certs.New(t), t.TempDir()
	cert, key := a.WriteTo(dir, "server", a.Issue("127.0.0.1"))
	ca := filepath.Join(dir, "ca.pem")
	backends.Write(ca)
	d := startTLS(t, "-tls-cert", cert, "-tls-key", key, "-tls-client-ca", ca)
	none := &tls.Config{RootCAs: a.Pool()}
	if _, err := d.dialTLS("texts", none).Read(make([]byte, 1)); err == nil || !strings.Contains(err.Error(), "certificate required") {
		t.Errorf("without a certificate: %v", err)
	}
	d.dialTLS("https", none)
	one := &tls.Config{RootCAs: a.Pool(), Certificates: []tls.Certificate{backends.Issue("backend")}}
	c := d.dialTLS("texts", one)
	_, _ = io.WriteString(c, `{"uid":"nobody"}`+"\n")
	if answer, err := bufio.NewReader(c).ReadString('\n'); answer != "fail\n" || err != nil {
		t.Errorf("answer %q, %v", answer, err)
	}
}

// SIGHUP has the certificates read again, and keeps the old ones when they are broken.
func TestTLSHangup(t *testing.T) {
	a, dir := certs.New(t), t.TempDir()
	cert, key := a.WriteTo(dir, "server", a.Issue("old.example"))
	d := startTLS(t, "-tls-cert", cert, "-tls-key", key)
	shown := func() string {
		c := d.dialTLS("wss", &tls.Config{InsecureSkipVerify: true})
		return c.ConnectionState().PeerCertificates[0].Subject.CommonName
	}
	hangup := func() {
		t.Helper()
		if err := syscall.Kill(syscall.Getpid(), syscall.SIGHUP); err != nil {
			t.Fatal(err)
		}
	}
	before := shown()
	a.WriteTo(dir, "server", a.Issue("new.example"))
	hangup()
	d.log.Await(t, "have been read again", 1)
	if after := shown(); before != "old.example" || after != "new.example" {
		t.Errorf("%s, then %s", before, after)
	}
	a.WriteTo(dir, "other", a.Issue("other.example"))
	a.Write(cert) // without its key
	hangup()
	d.log.Await(t, "everything is as it was", 1)
	if after := shown(); after != "new.example" {
		t.Errorf("then %s", after)
	}
}

func TestTLSSelfSigned(t *testing.T) {
	d := startTLS(t, "-tls-self-signed")
	c := d.dialTLS("wss", &tls.Config{InsecureSkipVerify: true})
	cert := c.ConnectionState().PeerCertificates[0]
	d.stdout.Await(t, fingerprint(tls.Certificate{Certificate: [][]byte{cert.Raw}}), 1)
	pool := x509.NewCertPool()
	pool.AddCert(cert)
	for _, name := range []string{"localhost", "127.0.0.1"} {
		d.dialTLS("https", &tls.Config{RootCAs: pool, ServerName: name})
	}
}

func TestTLSFilesThatAreWrong(t *testing.T) {
	a, dir := certs.New(t), t.TempDir()
	cert, key := a.WriteTo(dir, "server", a.Issue("127.0.0.1"))
	for _, test := range []struct {
		flags []string
		want  string
	}{
		{[]string{"-tls-cert", "/nonexistent.pem", "-tls-key", key}, "/nonexistent.pem"},
		{[]string{"-tls-cert", cert, "-tls-key", cert}, cert},
		{[]string{"-tls-cert", cert, "-tls-key", key, "-tls-client-ca", "/nonexistent.ca"}, "/nonexistent.ca"},
		{[]string{"-tls-cert", cert, "-tls-key", key, "-tls-client-ca", key}, "no certificate in"},
		{[]string{"-tls-cert", cert, "-tls-key", key, "-listen", "texts://127.0.0.1:0?tls-client-ca=" + key}, "no certificate in"},
	} {
		o, err := parseOptions(append(test.flags, "-listen", "texts://127.0.0.1:0"))
		if err != nil {
			t.Fatal(err)
		}
		_, err = newServer(o, io.Discard, slog.New(slog.DiscardHandler))
		if err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%q: %v", test.flags, err)
		}
	}
}
