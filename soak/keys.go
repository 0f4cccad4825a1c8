//go:build linux

package main

import (
	"crypto/tls"
	"errors"
	"fmt"
	"math/big"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"

	"fanloop/internal/certs"
)

// keys are the certificates of the server, which are replaced while it runs.
type keys struct {
	folder    string
	authority *certs.Authority
	config    *tls.Config // of clients
	newest    atomic.Pointer[big.Int]
}

// A breakage is what certs says when something fails.
type breakage struct{}

func (breakage) Helper()           {}
func (breakage) Fatal(args ...any) { panic(errors.New(fmt.Sprint(args...))) }

func newKeys(folder string) (*keys, error) {
	k := &keys{folder: folder, authority: certs.New(breakage{})}
	k.config = &tls.Config{RootCAs: k.authority.Pool(), ServerName: "localhost", ClientSessionCache: tls.NewLRUClientSessionCache(32)}
	k.authority.Write(k.path("ca.pem"))
	k.replace()
	return k, k.configure()
}

func (k *keys) path(name string) string { return filepath.Join(k.folder, name) }

// replace writes another certificate.
func (k *keys) replace() {
	cert := k.authority.Issue("localhost", "127.0.0.1")
	k.authority.WriteTo(k.folder, "server", cert)
	k.newest.Store(cert.Leaf.SerialNumber)
}

// spoil writes what is no key, or no configuration.
func (k *keys) spoil(key bool) error {
	if key {
		return os.WriteFile(k.path("server.key"), []byte("not a key\n"), 0o600)
	}
	return k.configure("linger = 'soon'", "unheard = 1")
}

// configure writes the server's configuration file.
func (k *keys) configure(lines ...string) error {
	return os.WriteFile(k.path("server.toml"), []byte(strings.Join(lines, "\n")+"\n"), 0o600)
}
