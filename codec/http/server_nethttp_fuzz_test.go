//go:build linux

package http

import (
	"encoding/hex"
	"fmt"
	"io"
	"log"
	nethttp "net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

// program is a handler that does what the bytes of its path say, and passes on what it was told.
type program chan string

func (p program) ServeHTTP(w nethttp.ResponseWriter, r *nethttp.Request) {
	code, _ := hex.DecodeString(strings.TrimPrefix(r.URL.Path, "/"))
	var told strings.Builder
	for _, op := range code {
		step(&told, w, r, op)
	}
	p <- told.String()
}

var (
	stepStatuses = []int{200, 201, 204, 304, 404, 500, 103, 599}
	stepFields   = [][2]string{
		{"Content-Type", "a/b"}, {"Content-Type", ""}, {"Content-Length", "5"}, {"Content-Length", "3000"}, {"Content-Length", "0"},
		{"X", "a\nb"}, {"X", " c "}, {"Connection", "close"}, {"Date", "now"}, {"Content-Encoding", "br"}, {"Trailer", "T, X"},
		{"T", "v"}, {nethttp.TrailerPrefix + "P", "w"}, {"Transfer-Encoding", "chunked"}, {"no name", "x"}, {"", "y"},
	}
	stepWrites = []string{"", "a", "<html>", "12345", strings.Repeat("b", 2000), strings.Repeat("c", 3000), strings.Repeat("d", 70_000)}
)

func step(told *strings.Builder, w nethttp.ResponseWriter, r *nethttp.Request, op byte) {
	switch n := int(op >> 2); op & 3 {
	case 0:
		f := stepFields[n%len(stepFields)]
		if f[0] == "Content-Length" {
			w.Header().Set(f[0], f[1]) // of two, net/http sends both, which no client takes
			return
		}
		w.Header()[f[0]] = append(w.Header()[f[0]], f[1])
	case 1:
		w.WriteHeader(stepStatuses[n%len(stepStatuses)])
	case 2:
		k, err := io.WriteString(w, stepWrites[n%len(stepWrites)])
		fmt.Fprintln(told, k, err)
	case 3:
		if n%2 == 0 {
			w.(nethttp.Flusher).Flush()
			return
		}
		body, err := io.ReadAll(r.Body)
		fmt.Fprintf(told, "%q %v\n", body, err)
	}
}

// FuzzNetHTTPSame: a handler that does anything with its ResponseWriter has the same answer here as on net/http's server, and
// is told the same. What differs is listed at TestNetHTTPSame.
func FuzzNetHTTPSame(f *testing.F) {
	for _, code := range []string{
		"", "\x02\x06", "\x05\x0a", "\x00\x12\x03\x12", "\x08\x0e\x0e", "\x0c\x16\x16", "\x28\x06\x2c", "\x19\x06", "\x07\x06",
		"\x34\x0a", "\x09\x08\x0e", "\x30", "\x08\x74", "\x9c", "\x1c\x39", "X)",
	} {
		for kind := range byte(4) {
			f.Add([]byte(code), kind)
		}
	}
	theirs, ours := make(program, 1), make(program, 1)
	server := httptest.NewUnstartedServer(theirs)
	server.Config.ErrorLog = log.New(io.Discard, "", 0)
	server.Start()
	f.Cleanup(server.Close)
	s := &Server{}
	s.Mount("/", ours)
	w := serve(f, s)
	f.Fuzz(func(t *testing.T, code []byte, kind byte) {
		if len(code) > 40 {
			code = code[:40]
		}
		raw := []string{"GET", "HEAD", "POST", "GET"}[kind&3] + " /" + hex.EncodeToString(code)
		if kind&3 == 3 {
			for _, op := range code {
				if op&3 == 1 && stepStatuses[int(op>>2)%len(stepStatuses)] == 103 {
					return
				}
			}
			raw += " HTTP/1.0\r\n\r\n"
		} else {
			raw += behind + "Content-Length: 4\r\n\r\nbody"
		}
		want := answerTo(t, server.Listener.Addr().String(), raw) + receive(t, theirs)
		if got := answerTo(t, w.addr.String(), raw) + receive(t, ours); got != want {
			t.Fatalf("%x: %.40q\ngot  %.2000s\nwant %.2000s", code, raw, got, want)
		}
	})
}
