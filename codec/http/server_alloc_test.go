//go:build linux

package http

import (
	"bytes"
	"io"
	"testing"

	"fanloop/engine"
)

var hello = []byte("Hello, World!")

func plaintext(x *Exchange) { _ = x.Respond(200, plaintextFields, hello) }

var plaintextFields = Fields{NewField("Content-Type", "text/plain")}

// roundTrip is a client of n requests at a time, each answered with hello, that allocates nothing.
func roundTrip(t testing.TB, w *world, raw string, n int) func() {
	t.Helper()
	c := w.dial()
	request := make([]byte, 0, n*len(raw))
	for range n {
		request = append(request, raw...)
	}
	c.send(raw)
	res := make([]byte, 4096)
	size := 0
	for !bytes.HasSuffix(res[:size], hello) {
		n, err := c.Read(res[size:])
		if err != nil {
			t.Fatal(err)
		}
		size += n
	}
	answers := make([]byte, n*size) // all are as long
	return func() {
		if _, err := c.Write(request); err != nil {
			t.Fatal(err)
		}
		if _, err := io.ReadFull(c.TCPConn, answers); err != nil {
			t.Fatal(err)
		}
	}
}

// An exchange allocates nothing once its connection and loop have what they need, alone and pipelined, with a body whole
// and in pieces.
func TestExchangeAllocatesNothing(t *testing.T) {
	w := serve(t, &Server{OnRequest: plaintext})
	for name, raw := range map[string]string{
		"browser": browserRequest,
		"small":   get("/"),
		"body":    post("/", "hello"),
		"chunked": "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2;x=y\r\nde\r\n0\r\nT: v\r\n\r\n",
	} {
		for _, n := range []int{1, 16} {
			trip := roundTrip(t, w, raw, n)
			for range 10 {
				trip()
			}
			if got := testing.AllocsPerRun(200, trip); got > 0 {
				t.Errorf("%s, %d at a time: %v allocations", name, n, got)
			}
		}
	}
}

// Requests that come together are answered in one write.
func TestPipelinedInOneWrite(t *testing.T) {
	w := serve(t, &Server{OnRequest: plaintext})
	trip := roundTrip(t, w, get("/"), 16)
	trip()
	before := w.written(t)
	for range 10 {
		trip()
	}
	if got := w.written(t) - before; got != 10 {
		t.Errorf("%d writes for 10 times 16 answers", got)
	}
}

// written is how often the loop has written, once it has nothing more to do.
func (w *world) written(t testing.TB) uint64 {
	await(t, w.Engine, func() {})
	return w.Engine.Stats().Writes
}

func BenchmarkPlaintext(b *testing.B)   { benchmark(b, get("/"), 1) }
func BenchmarkPipelined16(b *testing.B) { benchmark(b, get("/"), 16) }
func BenchmarkPipelined64(b *testing.B) { benchmark(b, get("/"), 64) }
func BenchmarkBrowser(b *testing.B)     { benchmark(b, browserRequest, 1) }

func benchmark(b *testing.B, raw string, n int) {
	s := &Server{}
	s.Handle("GET /{$}", plaintext)
	s.Handle("GET /assets/", plaintext)
	w := serve(b, s)
	trip := roundTrip(b, w, raw, n)
	trip()
	b.ReportAllocs()
	for b.Loop() {
		trip()
	}
}

var _ engine.Server = (*Server)(nil)
