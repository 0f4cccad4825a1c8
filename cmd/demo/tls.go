package main

import (
	"errors"
	"flag"
	"fmt"
	"slices"

	"fanloop/cmd/demo/internal/config"
)

// tlsOptions are what is said of TLS.
type tlsOptions struct {
	certs, keys []string // files, pairs
	selfSigned  bool
}

func (o *tlsOptions) addFlags(flags *flag.FlagSet) {
	flags.Var(config.Strings(&o.certs), "tls-cert", "")
	flags.Var(config.Strings(&o.keys), "tls-key", "")
	flags.Var(config.Bool(&o.selfSigned), "tls-self-signed", "")
}

// checkTLS holds it against the ports that are to be opened.
func (o *options) checkTLS() {
	wrong := func(flag, format string, args ...any) { o.reading.Problem(flag, fmt.Errorf(format, args...)) }
	given := o.tls.selfSigned || len(o.tls.certs) > 0
	first := slices.IndexFunc(o.listen, endpoint.tls)
	switch {
	case len(o.tls.certs) != len(o.tls.keys):
		wrong("tls-cert", "each wants its tls-key")
	case o.tls.selfSigned && len(o.tls.certs) > 0:
		wrong("tls-self-signed", "it is in place of tls-cert and tls-key")
	case o.tls.selfSigned && first < 0:
		wrong("tls-self-signed", "no port of wss, https or texts is there to use the certificate")
	case given && first < 0:
		wrong("tls-cert", "no port of wss, https or texts is there to use the certificate")
	case first >= 0 && !given:
		wrong("listen", "%s wants a certificate: tls-cert and tls-key, or tls-self-signed", o.listen[first])
	}
	if o.port.tlsClientCA != "" && !slices.ContainsFunc(o.listen, forBackEndsOverTLS.are) {
		o.reading.Problem("tls-client-ca", errors.New("no port of texts is there to use it"))
	}
}
