//go:build linux

package main

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"sync/atomic"
)

// authorities are who signs the certificates of a port's back ends. A reload replaces them.
type authorities struct{ now atomic.Pointer[x509.CertPool] }

// config asks for certificates. They are checked with each connection, those that resume a session too; no names of authorities are sent,
// which would be those of the start.
func (a *authorities) config() *tls.Config {
	return &tls.Config{ClientAuth: tls.RequireAnyClientCert, VerifyConnection: a.verify}
}

func (a *authorities) verify(state tls.ConnectionState) error {
	if len(state.PeerCertificates) == 0 {
		return errors.New("no certificate")
	}
	o := x509.VerifyOptions{
		Roots: a.now.Load(), Intermediates: x509.NewCertPool(), KeyUsages: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth},
	}
	for _, c := range state.PeerCertificates[1:] {
		o.Intermediates.AddCert(c)
	}
	_, err := state.PeerCertificates[0].Verify(o)
	return err
}
