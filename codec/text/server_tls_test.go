//go:build linux

package text

import (
	"crypto/tls"
	"io"
	"strings"
	"testing"

	"fanloop/engine"
	"fanloop/internal/certs"
	"fanloop/internal/cut"
)

// Lines over TLS, each cut a record of its own, and all of them byte by byte.
func TestServerTLS(t *testing.T) {
	authority := certs.New(t)
	for _, version := range certs.Versions {
		t.Run(tls.VersionName(version), func(t *testing.T) {
			reasons := make(chan error, 100)
			s := &Server{
				OnMessage: func(c *Conn, line []byte) {
					_ = c.Send(append([]byte(c.TLS().ServerName+" "), line...))
				},
				OnClose: func(_ *Conn, err error) { reasons <- err },
			}
			_, addr := serve(t, s, engine.ListenOptions{TLS: &engine.TLSOptions{Config: &tls.Config{
				Certificates: []tls.Certificate{authority.Issue("text.example")}, MaxVersion: version,
			}}})
			cut.Every(t, []byte("one\r\ntwo\nthird line\n"), func(t *testing.T, pieces [][]byte) {
				c := authority.Dial(t, addr, "text.example", patience)
				for _, p := range pieces {
					if _, err := c.Write(p); err != nil {
						t.Fatal(err)
					}
				}
				_ = c.CloseWrite()
				got, err := io.ReadAll(c)
				want := "text.example one\ntext.example two\ntext.example third line\n"
				if string(got) != want || err != nil {
					t.Errorf("got %q, %v", got, err)
				}
				if err := receive(t, reasons); err != io.EOF {
					t.Errorf("reason %v", err)
				}
			})
		})
	}
}

// A stream that is cut off is told from one that ends.
func TestServerTLSTruncated(t *testing.T) {
	authority := certs.New(t)
	reasons := make(chan error, 1)
	_, addr := serve(t, &Server{OnMessage: echo, OnClose: func(_ *Conn, err error) { reasons <- err }}, engine.ListenOptions{
		TLS: &engine.TLSOptions{Config: &tls.Config{Certificates: []tls.Certificate{authority.Issue("text.example")}}},
	})
	c := authority.Dial(t, addr, "text.example", patience)
	if _, err := io.Copy(c, strings.NewReader("one\n")); err != nil {
		t.Fatal(err)
	}
	if _, err := io.ReadFull(c, make([]byte, len("one\n"))); err != nil { // and the ticket before it: with bytes unread, the end is a reset
		t.Fatal(err)
	}
	_ = c.NetConn().Close()
	if err := receive(t, reasons); err != io.ErrUnexpectedEOF {
		t.Errorf("reason %v", err)
	}
}
