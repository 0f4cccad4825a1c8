//go:build linux

package engine

import (
	"crypto/tls"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
)

// CertificateFiles are a certificate chain, the server's own first, and its private key, both as PEM.
type CertificateFiles struct {
	Certificate string
	Key         string
}

// Certificates are what a server shows who it is with. They can be replaced at any time: new handshakes get the new ones, open
// connections keep what they have. The zero value has none, until Set. Its methods may be called from any goroutine.
type Certificates struct {
	files   []CertificateFiles
	reading sync.Mutex
	now     atomic.Pointer[[]tls.Certificate]
}

// LoadCertificates reads certificates from files. A peer that asks for a name (SNI) gets the first that is for that name and
// that it can check; without one, and when it asks for none, the very first.
func LoadCertificates(files ...CertificateFiles) (*Certificates, error) {
	s := &Certificates{files: files}
	if err := s.Reload(); err != nil {
		return nil, err
	}
	return s, nil
}

// Reload reads the files again. After an error, which names the file, the certificates are those from before, all of them.
func (s *Certificates) Reload() error {
	s.reading.Lock()
	defer s.reading.Unlock()
	var all []tls.Certificate
	for _, f := range s.files {
		certificate, err := tls.LoadX509KeyPair(f.Certificate, f.Key)
		if err != nil {
			return fmt.Errorf("engine: certificate %s, key %s: %w", f.Certificate, f.Key, err)
		}
		all = append(all, certificate)
	}
	if len(all) == 0 {
		return errors.New("engine: no certificate files")
	}
	s.now.Store(&all)
	return nil
}

// Set replaces the certificates with those given, which nobody may change any more.
func (s *Certificates) Set(all ...tls.Certificate) { s.now.Store(&all) }

// GetCertificate is what tls.Config.GetCertificate wants.
func (s *Certificates) GetCertificate(hello *tls.ClientHelloInfo) (*tls.Certificate, error) {
	now := s.now.Load()
	if now == nil || len(*now) == 0 {
		return nil, errors.New("engine: no certificates")
	}
	all := *now
	if len(all) > 1 {
		for i := range all {
			if hello.SupportsCertificate(&all[i]) == nil {
				return &all[i], nil
			}
		}
	}
	return &all[0], nil
}
