//go:build linux

package http

import (
	"errors"
	"fmt"
	"io"
	nethttp "net/http"
	"os"
	"testing"
	"time"
)

// What is flushed arrives while the handler goes on.
func TestMountFlush(t *testing.T) {
	more := make(chan string)
	w := mounted(t, &Server{}, func(w nethttp.ResponseWriter, _ *nethttp.Request) {
		for text := range more {
			_, _ = io.WriteString(w, text)
			w.(nethttp.Flusher).Flush()
		}
	})
	c := w.dial()
	c.send(get("/"))
	more <- "one"
	res, err := nethttp.ReadResponse(c.r, nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, text := range []string{"one", "two", "three"} {
		got := make([]byte, len(text))
		if _, err := io.ReadFull(res.Body, got); string(got) != text || err != nil {
			t.Fatalf("%q, %v", got, err)
		}
		if text == "one" {
			more <- "two"
			more <- "three"
		}
	}
	close(more)
	if rest, err := io.ReadAll(res.Body); len(rest) > 0 || err != nil {
		t.Errorf("%q, %v", rest, err)
	}
}

// 100 Continue is sent when the handler reads, and only then.
func TestMountContinue(t *testing.T) {
	w := mounted(t, &Server{}, func(w nethttp.ResponseWriter, r *nethttp.Request) {
		if r.URL.Path == "/no" {
			nethttp.Error(w, "no", nethttp.StatusForbidden)
			return
		}
		body, err := io.ReadAll(r.Body)
		fmt.Fprintf(w, "%s %v", body, err)
	})
	const rest = " HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\nExpect: 100-continue\r\n\r\n"
	c := w.dial()
	c.send("POST /yes" + rest)
	c.want(100, "")
	c.send("body")
	c.want(200, "body <nil>")
	c.send("POST /no" + rest)
	if res := c.want(403, "no\n"); !res.Close {
		t.Error("whether the body comes is not known: nothing can come behind")
	}
	c.wantEnd()
}

// A handler that does not read stops the client; nothing piles up.
func TestMountSlowReader(t *testing.T) {
	const size = 32 << 20
	read := make(chan struct{})
	got := make(chan int64, 1)
	w := mounted(t, &Server{}, func(_ nethttp.ResponseWriter, r *nethttp.Request) {
		<-read
		n, err := io.Copy(io.Discard, r.Body)
		if err != nil {
			t.Error(err)
		}
		got <- n
	})
	c := w.dial()
	c.send(fmt.Sprintf("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: %d\r\n\r\n", size))
	_ = c.SetWriteBuffer(64 << 10)
	sent := make(chan error, 1)
	go func() {
		_, err := c.Write(make([]byte, size))
		sent <- err
	}()
	// The client is stopped: what the loop reads comes to an end.
	before := uint64(0)
	for still := 0; still < 50; {
		select {
		case err := <-sent:
			t.Fatalf("all of it has been taken: %v", err)
		case <-time.After(time.Millisecond):
		}
		if now := w.Engine.Stats().BytesIn; now == before && now > 0 {
			still++
		} else {
			before, still = now, 0
		}
	}
	if before > 1<<20 {
		t.Errorf("%d bytes were read for nobody", before)
	}
	close(read)
	if n := receive(t, got); n != size {
		t.Errorf("%d bytes", n)
	}
	if err := receive(t, sent); err != nil {
		t.Error(err)
	}
	c.want(200, "")
}

// A handler writes no faster than the client reads.
func TestMountSlowClient(t *testing.T) {
	const size = 32 << 20
	blocked, all := make(chan int, 1), make(chan int, 1)
	w := mounted(t, &Server{}, func(w nethttp.ResponseWriter, _ *nethttp.Request) {
		_ = nethttp.NewResponseController(w).SetWriteDeadline(time.Now().Add(50 * time.Millisecond))
		piece := make([]byte, 10_000)
		written := 0
		defer func() { all <- written }()
		for written < size {
			n, err := w.Write(piece)
			if written += n; errors.Is(err, os.ErrDeadlineExceeded) {
				blocked <- written
				_ = nethttp.NewResponseController(w).SetWriteDeadline(time.Time{})
				continue
			}
			if err != nil {
				t.Error(err)
				return
			}
		}
	})
	c := w.dial()
	c.send(get("/"))
	if waiting := receive(t, blocked) - int(w.Engine.Stats().BytesOut); waiting > 1<<20 {
		t.Errorf("%d bytes wait", waiting)
	}
	res, err := nethttp.ReadResponse(c.r, nil)
	if err != nil {
		t.Fatal(err)
	}
	n, err := io.Copy(io.Discard, res.Body)
	if written := receive(t, all); int(n) != written || err != nil || n < size {
		t.Errorf("%d of %d bytes, %v", n, written, err)
	}
}

// A client that takes nothing is cut off.
func TestMountStalledClient(t *testing.T) {
	failed := make(chan error, 1)
	s := &Server{BodyTimeout: 50 * time.Millisecond}
	w := mounted(t, s, func(w nethttp.ResponseWriter, _ *nethttp.Request) {
		for {
			if _, err := w.Write(make([]byte, 10_000)); err != nil {
				failed <- err
				return
			}
		}
	})
	c := w.dial()
	c.send(get("/"))
	receive(t, failed)
	if n := s.Stats().WriteTimeouts; n != 1 {
		t.Errorf("%d timeouts", n)
	}
}

// The handler's reading ends with the connection, or at its deadline.
func TestMountBrokenBody(t *testing.T) {
	errs := make(chan error, 1)
	w := mounted(t, &Server{}, func(w nethttp.ResponseWriter, r *nethttp.Request) {
		if r.URL.Path == "/deadline" {
			_ = nethttp.NewResponseController(w).SetReadDeadline(time.Now().Add(time.Millisecond))
		}
		_, err := io.ReadAll(r.Body)
		errs <- err
	})
	c := w.dial()
	c.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\nhalf")
	_ = c.CloseWrite()
	if err := receive(t, errs); err != io.ErrUnexpectedEOF {
		t.Error(err)
	}
	c = w.dial()
	c.send("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nx\r\n")
	if err := receive(t, errs); err == nil {
		t.Error("a broken chunk is read as an end")
	}
	c = w.dial()
	c.send("POST /deadline HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\nhalf")
	if err := receive(t, errs); !errors.Is(err, os.ErrDeadlineExceeded) {
		t.Error(err)
	}
}
