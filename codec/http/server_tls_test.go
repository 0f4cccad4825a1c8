//go:build linux

package http

import (
	"bufio"
	"crypto/tls"
	"fmt"
	"io"
	nethttp "net/http"
	"strings"
	"testing"

	"fanloop/engine"
	"fanloop/internal/certs"
	"fanloop/internal/cut"
)

// Requests over TLS, each cut a record of its own, and all of them byte by byte; a handler of net/http sees r.TLS.
func TestServerTLS(t *testing.T) {
	authority := certs.New(t)
	for _, version := range certs.Versions {
		t.Run(tls.VersionName(version), func(t *testing.T) {
			s := &Server{OnRequest: func(x *Exchange) {
				_ = x.Respond(200, nil, fmt.Appendf(nil, "%s %s %s", x.TLS().ServerName, x.TLS().NegotiatedProtocol, x.Body()))
			}}
			s.Mount("/mounted/", nethttp.HandlerFunc(func(w nethttp.ResponseWriter, r *nethttp.Request) {
				fmt.Fprint(w, r.TLS.ServerName, " ", r.TLS.NegotiatedProtocol, " ")
				_, _ = io.Copy(w, r.Body)
			}))
			w := serve(t, s, engine.ListenOptions{TLS: &engine.TLSOptions{Config: &tls.Config{
				Certificates: []tls.Certificate{authority.Issue("http.example")}, MaxVersion: version,
			}}})
			requests := post("/here", "first") + post("/mounted/x", "second")
			cut.Every(t, []byte(requests), func(t *testing.T, pieces [][]byte) {
				c := authority.Dial(t, w.addr, "http.example", patience, "h2", "http/1.1")
				for _, p := range pieces {
					if _, err := c.Write(p); err != nil {
						t.Fatal(err)
					}
				}
				r := bufio.NewReader(c)
				for _, body := range []string{"first", "second"} {
					res, err := nethttp.ReadResponse(r, nil)
					if err != nil {
						t.Fatal(err)
					}
					got, err := io.ReadAll(res.Body)
					if want := "http.example http/1.1 " + body; string(got) != want || err != nil {
						t.Errorf("got %q, %v; want %q", got, err, want)
					}
				}
				_ = c.CloseWrite()
				if rest, err := io.ReadAll(r); len(rest) > 0 || err != nil {
					t.Errorf("at the end %q, %v", rest, err)
				}
			})
		})
	}
}

// net/http's own client, with an answer that is longer than many records.
func TestServerTLSClient(t *testing.T) {
	authority := certs.New(t)
	long := strings.Repeat("0123456789abcdef", 1<<16) // 1 MiB
	s := &Server{OnRequest: func(x *Exchange) { _ = x.Respond(200, nil, []byte(long)) }}
	w := serve(t, s, engine.ListenOptions{TLS: &engine.TLSOptions{Config: &tls.Config{
		Certificates: []tls.Certificate{authority.Issue("127.0.0.1")},
	}}})
	transport := &nethttp.Transport{TLSClientConfig: &tls.Config{RootCAs: authority.Pool()}, ForceAttemptHTTP2: true}
	defer transport.CloseIdleConnections()
	client := &nethttp.Client{Transport: transport, Timeout: patience}
	for range 3 {
		res, err := client.Get("https://" + w.addr.String() + "/")
		if err != nil {
			t.Fatal(err)
		}
		got, err := io.ReadAll(res.Body)
		_ = res.Body.Close()
		if string(got) != long || err != nil || res.ProtoMajor != 1 {
			t.Fatalf("%d bytes, %v, %s", len(got), err, res.Proto)
		}
	}
}
