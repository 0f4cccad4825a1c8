//go:build linux

package main

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"fmt"
	"math/big"
	"net"
	"os"
	"slices"
	"strings"
	"time"

	"fanloop/engine"
)

// loadTLS takes the certificates, or makes one.
func (s *server) loadTLS(f files) error {
	s.certs, s.authorities = new(engine.Certificates), map[string]*authorities{}
	for _, e := range s.options.listen {
		if file := s.options.portOptions(e).tlsClientCA; file != "" && forBackEndsOverTLS.are(e) {
			a := new(authorities)
			a.now.Store(f.authorities[file])
			s.authorities[e.String()] = a
		}
	}
	if !s.options.tls.selfSigned {
		s.certs.Set(f.certificates...)
		return nil
	}
	cert, err := selfSigned(s.options.listen)
	if err != nil {
		return err
	}
	s.fingerprint = fingerprint(cert)
	s.certs.Set(cert)
	return nil
}

// tlsOf is nil without TLS.
func (s *server) tlsOf(e endpoint) *engine.TLSOptions {
	if !e.tls() {
		return nil
	}
	p := s.options.portOptions(e)
	o := &engine.TLSOptions{
		Certificates:            s.certs,
		HandshakeTimeout:        p.tlsTimeout,
		MaxHandshakes:           p.tlsHandshakes,
		MaxHandshakesPerAddress: p.tlsHandshakesPerAddress,
	}
	if a := s.authorities[e.String()]; a != nil {
		o.Config = a.config()
	}
	return o
}

// selfSigned makes a certificate for this machine and the hosts of the ports.
func selfSigned(listen []endpoint) (tls.Certificate, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return tls.Certificate{}, err
	}
	serial, err := rand.Int(rand.Reader, new(big.Int).Lsh(big.NewInt(1), 120))
	if err != nil {
		return tls.Certificate{}, err
	}
	template := &x509.Certificate{
		SerialNumber: serial,
		Subject:      pkix.Name{CommonName: "fanloop, self-signed"},
		NotBefore:    time.Now().Add(-time.Hour),
		NotAfter:     time.Now().AddDate(0, 3, 0),
		KeyUsage:     x509.KeyUsageDigitalSignature,
		ExtKeyUsage:  []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
	}
	for _, name := range ownNames(listen) {
		if ip := net.ParseIP(name); ip != nil {
			template.IPAddresses = append(template.IPAddresses, ip)
		} else {
			template.DNSNames = append(template.DNSNames, name)
		}
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		return tls.Certificate{}, err
	}
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}, nil
}

// ownNames are those by which clients may ask for this machine.
func ownNames(listen []endpoint) []string {
	names := []string{"localhost", "127.0.0.1", "::1"}
	if host, err := os.Hostname(); err == nil {
		names = append(names, host)
	}
	for _, e := range listen {
		if host := e.host(); e.tls() && host != "" {
			names = append(names, host)
		}
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// fingerprint is the SHA-256 of a certificate as browsers and openssl show it.
func fingerprint(cert tls.Certificate) string {
	sum := sha256.Sum256(cert.Certificate[0])
	return strings.ReplaceAll(fmt.Sprintf("% X", sum[:]), " ", ":")
}
