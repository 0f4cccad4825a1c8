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
	"os/signal"
	"slices"
	"strings"
	"syscall"
	"time"

	"fanloop/engine"
)

// loadTLS reads the certificates, or makes one.
func (s *server) loadTLS() (err error) {
	o := s.options.tls
	switch {
	case o.selfSigned:
		var cert tls.Certificate
		if cert, err = selfSigned(s.options.listen); err != nil {
			return err
		}
		s.fingerprint = fingerprint(cert)
		s.certs = new(engine.Certificates)
		s.certs.Set(cert)
	case len(o.certs) > 0:
		var files []engine.CertificateFiles
		for i := range o.certs {
			files = append(files, engine.CertificateFiles{Certificate: o.certs[i], Key: o.keys[i]})
		}
		if s.certs, err = engine.LoadCertificates(files...); err != nil {
			return err
		}
	}
	s.authorities, err = loadAuthorities(&s.options)
	return err
}

// authorities are those who sign the certificates of back ends, by the file that they come from.
type authorities map[string]*x509.CertPool

// loadAuthorities reads the files that ports want.
func loadAuthorities(o *options) (authorities, error) {
	all := authorities{}
	for _, e := range o.listen {
		file := o.portOptions(e).tlsClientCA
		if !forBackEndsOverTLS.are(e) || file == "" || all[file] != nil {
			continue
		}
		pem, err := os.ReadFile(file)
		if err != nil {
			return nil, fmt.Errorf("tls-client-ca: %w", err)
		}
		all[file] = x509.NewCertPool()
		if !all[file].AppendCertsFromPEM(pem) {
			return nil, fmt.Errorf("tls-client-ca: no certificate in %s", file)
		}
	}
	return all, nil
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
	if forBackEndsOverTLS.are(e) && p.tlsClientCA != "" {
		o.Config = &tls.Config{ClientAuth: tls.RequireAndVerifyClientCert, ClientCAs: s.authorities[p.tlsClientCA]}
	}
	return o
}

// reloadOnHangup has SIGHUP read the files again, until end is called. Without files SIGHUP has its usual effect.
func (s *server) reloadOnHangup() (end func()) {
	if len(s.options.tls.certs) == 0 {
		return func() {}
	}
	hangups := make(chan os.Signal, 1)
	signal.Notify(hangups, syscall.SIGHUP)
	go func() {
		for range hangups {
			s.supervisor.reloading()
			err := s.certs.Reload()
			s.supervisor.tell("READY=1")
			if err != nil {
				s.log.Error("the certificates are those from before", "err", err)
				continue
			}
			s.log.Info("the certificates have been read again")
		}
	}()
	return func() {
		signal.Stop(hangups)
		close(hangups)
	}
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
