//go:build linux

package main

import (
	"errors"
	"fmt"

	"fanloop/internal/certs"
)

// makeCertificate writes the certificate of all servers that speak TLS: ECDSA on P-256, as most have today.
func makeCertificate(folder string) (cert, key string) {
	authority := certs.New(certMaker{})
	return authority.WriteTo(folder, "server", authority.Issue("localhost"))
}

// certMaker ends the bench when a certificate cannot be made.
type certMaker struct{}

func (certMaker) Helper()           {}
func (certMaker) Fatal(args ...any) { exit(errors.New(fmt.Sprint(args...))) }

// certificate is how a server is told of it.
func (w *workshop) certificate(certFlag, keyFlag string) []string {
	return []string{certFlag, w.cert, keyFlag, w.key}
}
