//go:build linux

package engine_test

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"log"
	"net/http/httptest"

	"fanloop/engine"
)

// Certificates are usually files: LoadCertificates, and Reload when there are new ones. This one is net/http/httptest's.
func Example_tls() {
	example := httptest.NewTLSServer(nil)
	defer example.Close()
	certificates := new(engine.Certificates)
	certificates.Set(example.TLS.Certificates...)

	eng, err := engine.New(engine.Options{})
	if err != nil {
		log.Fatal(err)
	}
	defer eng.Shutdown(context.Background())
	ln, err := eng.Listen("127.0.0.1:0", greeter{}, engine.ListenOptions{
		TLS: &engine.TLSOptions{Certificates: certificates},
	})
	if err != nil {
		log.Fatal(err)
	}

	trusted := x509.NewCertPool()
	trusted.AddCert(example.Certificate())
	conn, err := tls.Dial("tcp", ln.Addr().String(), &tls.Config{RootCAs: trusted, ServerName: "example.com"})
	if err != nil {
		log.Fatal(err)
	}
	defer conn.Close()
	var greeting [100]byte
	n, err := conn.Read(greeting[:])
	fmt.Println(string(greeting[:n]), err)
	// Output: TLS 1.3, example.com <nil>
}

type greeter struct{}

func (greeter) Serve(*engine.Conn) engine.Handler      { return greeter{} }
func (greeter) OnTraffic(_ *engine.Conn, p []byte) int { return len(p) }
func (greeter) OnClose(_ *engine.Conn, _ error)        {}
func (greeter) OnOpen(c *engine.Conn) {
	_ = c.Send(fmt.Appendf(nil, "%s, %s", tls.VersionName(c.TLS().Version), c.TLS().ServerName))
}
