package e2e

import (
	"context"
	"crypto/sha256"
	"fmt"
	"io"
	nethttp "net/http"
	"testing"
	"testing/fstest"
	"time"

	"fanloop/codec/http"
	"fanloop/engine"
)

// startSite serves in this process, on a port that the system chooses, until the test ends. It returns host:port.
func startSite(t *testing.T, s *http.Server) string {
	t.Helper()
	e, err := engine.New(engine.Options{})
	if err != nil {
		t.Fatal(err)
	}
	listener, err := e.Listen("127.0.0.1:0", s, engine.ListenOptions{})
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- e.Run(ctx) }()
	t.Cleanup(func() {
		stop()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	})
	return listener.Addr().String()
}

// site is a server with a bit of everything.
func site() *http.Server {
	s := new(http.Server)
	s.Handle("GET /plain", func(x *http.Exchange) { _ = x.Respond(200, nil, []byte("Hello, World!")) })
	s.Handle("/echo/{rest...}", func(x *http.Exchange) { _ = x.Respond(200, nil, []byte(summary(x))) })
	s.Handle("GET /stream", stream)
	s.Mount("GET /files/", nethttp.StripPrefix("/files", nethttp.FileServerFS(fstest.MapFS{
		"digits.txt": {Data: []byte("0123456789"), ModTime: time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)},
	})))
	s.Mount("/sum", nethttp.HandlerFunc(sum))
	return s
}

// summary is what a request was: its line, what is interesting in its head, and its body when it is short, or else its sum.
func summary(x *http.Exchange) string {
	head := x.Head()
	text := fmt.Sprintf("%s %s HTTP/1.%d", head.Method, head.Path(), head.Minor)
	for _, name := range []string{"Transfer-Encoding", "Expect"} {
		if v := head.Fields.Get(name); v != nil {
			text += fmt.Sprintf(" %s=%s", name, v)
		}
	}
	if body := x.Body(); len(body) > 100 {
		text += fmt.Sprintf(" %d bytes %x", len(body), sha256.Sum256(body))
	} else if len(body) > 0 {
		text += " " + string(body)
	}
	return text + "\n"
}

// sum is a handler of net/http that reads a body while it comes.
func sum(w nethttp.ResponseWriter, r *nethttp.Request) {
	hash := sha256.New()
	n, err := io.Copy(hash, r.Body)
	fmt.Fprintf(w, "%d bytes %x %v\n", n, hash.Sum(nil), err)
}

// stream answers in pieces, whose number the client does not know before.
func stream(x *http.Exchange) {
	st, err := x.Stream(200, nil)
	if err != nil {
		return
	}
	for i := range 3 {
		_, _ = fmt.Fprintf(st, "piece %d\n", i) // few enough to be taken at once
	}
	_ = st.Close()
}
