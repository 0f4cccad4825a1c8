package main

import (
	"errors"
	"flag"
	"fmt"
	"slices"
)

// tlsOptions are what the command line says of TLS.
type tlsOptions struct {
	certs, keys []string // files, pairs
	clientCA    string   // file; "" lets everybody in
	selfSigned  bool
}

func (o *tlsOptions) add(flags *flag.FlagSet) {
	file := func(name string, files *[]string) {
		flags.Func(name, "", func(s string) error {
			*files = append(*files, s)
			return nil
		})
	}
	file("tls-cert", &o.certs)
	file("tls-key", &o.keys)
	flags.StringVar(&o.clientCA, "tls-client-ca", "", "")
	flags.BoolVar(&o.selfSigned, "tls-self-signed", false, "")
}

// check holds them against the ports that are to be opened.
func (o *tlsOptions) check(listen []endpoint) error {
	given := o.selfSigned || len(o.certs) > 0
	first := slices.IndexFunc(listen, endpoint.tls)
	switch {
	case len(o.certs) != len(o.keys):
		return errors.New("each -tls-cert wants its -tls-key")
	case o.selfSigned && len(o.certs) > 0:
		return errors.New("-tls-self-signed is in place of -tls-cert and -tls-key")
	case given && first < 0:
		return errors.New("no -listen of wss, https or texts is there to use the certificate")
	case first >= 0 && !given:
		return fmt.Errorf("%s wants a certificate: -tls-cert and -tls-key, or -tls-self-signed", listen[first])
	case o.clientCA != "" && !slices.ContainsFunc(listen, endpoint.wantsClientCA):
		return errors.New("no -listen of texts is there to use -tls-client-ca")
	}
	return nil
}

// wantsClientCA tells whether back ends connect there, over TLS.
func (e endpoint) wantsClientCA() bool { return e.tls() && e.spoken() == protocolText }
