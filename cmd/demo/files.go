package main

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"os"

	"fanloop/identity"
)

// files are what the options name, as it was read: at the start, by check, and again at a reload.
type files struct {
	certificates []tls.Certificate
	authorities  map[string]*x509.CertPool // who signs the certificates of back ends, by file
	jwtKeys      *identity.Keys            // nil when pages show no tokens
}

// readFiles reads them. What is wrong is in the reading.
func (o *options) readFiles() (f files) {
	for i := range o.tls.certs {
		certificate, err := tls.LoadX509KeyPair(o.tls.certs[i], o.tls.keys[i])
		if err != nil {
			o.reading.Problem("tls-cert", fmt.Errorf("%s, with the key %s: %w", o.tls.certs[i], o.tls.keys[i], err))
			continue
		}
		f.certificates = append(f.certificates, certificate)
	}
	f.jwtKeys = o.readJWTKeys()
	f.authorities = map[string]*x509.CertPool{}
	for _, e := range o.listen {
		file := o.portOptions(e).tlsClientCA
		if _, read := f.authorities[file]; file == "" || read || !forBackEndsOverTLS.are(e) {
			continue
		}
		pool, err := readAuthorities(file)
		if err != nil && file == o.port.tlsClientCA {
			o.reading.Problem("tls-client-ca", err)
		} else if err != nil {
			o.reading.Problem("listen", fmt.Errorf("%s: tls-client-ca: %w", e, err))
		}
		f.authorities[file] = pool
	}
	return f
}

func readAuthorities(file string) (*x509.CertPool, error) {
	pem, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM(pem) {
		return nil, errors.New("no certificate in " + file)
	}
	return pool, nil
}
