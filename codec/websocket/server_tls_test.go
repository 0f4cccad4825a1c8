//go:build linux

package websocket

import (
	"bufio"
	"crypto/tls"
	"io"
	nethttp "net/http"
	"testing"

	"github.com/gobwas/ws"
	"github.com/gobwas/ws/wsutil"

	"fanloop/engine"
	"fanloop/internal/certs"
	"fanloop/internal/cut"
)

// Messages over TLS, each cut a record of its own, and all of them byte by byte.
func TestServerTLS(t *testing.T) {
	authority := certs.New(t)
	for _, version := range certs.Versions {
		t.Run(tls.VersionName(version), func(t *testing.T) {
			w := serve(t, &Server{OnMessage: func(c *Conn, m Message) {
				_ = c.Send(m.Data)
				_ = c.Send([]byte(c.TLS().ServerName))
			}}, engine.ListenOptions{TLS: &engine.TLSOptions{Config: &tls.Config{
				Certificates: []tls.Certificate{authority.Issue("ws.example")}, MaxVersion: version,
			}}})
			frames := join(
				ws.MustCompileFrame(ws.MaskFrameInPlace(ws.NewTextFrame([]byte("hello")))),
				ws.MustCompileFrame(ws.MaskFrameInPlace(ws.NewCloseFrame(ws.NewCloseFrameBody(1000, "")))),
			)
			cut.Every(t, frames, func(t *testing.T, pieces [][]byte) {
				c := authority.Dial(t, w.addr, "ws.example", patience, "http/1.1")
				if _, err := io.WriteString(c, request); err != nil {
					t.Fatal(err)
				}
				r := bufio.NewReader(c)
				if res, err := nethttp.ReadResponse(r, nil); err != nil || res.StatusCode != 101 {
					t.Fatalf("%v, %v", res, err)
				}
				for _, p := range pieces {
					if _, err := c.Write(p); err != nil {
						t.Fatal(err)
					}
				}
				end := struct {
					io.Reader
					io.Writer
				}{r, c}
				for _, want := range []string{"hello", "ws.example"} {
					if got, err := wsutil.ReadServerText(end); string(got) != want || err != nil {
						t.Errorf("got %q, %v; want %q", got, err, want)
					}
				}
				if f, err := ws.ReadFrame(r); err != nil || f.Header.OpCode != ws.OpClose {
					t.Errorf("%+v, %v", f.Header, err)
				}
				if rest, err := io.ReadAll(r); len(rest) > 0 || err != nil { // EOF needs close_notify
					t.Errorf("at the end %q, %v", rest, err)
				}
			})
		})
	}
}
