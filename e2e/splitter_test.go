package e2e

import (
	"bytes"
	"io"
	"net"
	"sync"
	"testing"
)

// A splitting takes the next piece off what has arrived.
type splitting func(all []byte) (piece, rest []byte)

var splittings = []struct {
	name  string
	split splitting
}{
	{"whole", func(all []byte) ([]byte, []byte) { return all, nil }},
	{"byte by byte", func(all []byte) ([]byte, []byte) { return all[:1], all[1:] }},
	{"behind each CR", func(all []byte) ([]byte, []byte) {
		n := bytes.IndexByte(all, '\r') + 1
		if n == 0 {
			n = len(all)
		}
		return all[:n], all[n:]
	}},
}

// startSplitter listens, and passes on to upstream what each connection brings, in pieces, and what comes back as it comes. It knows nothing of
// what it passes on. It ends with the test.
func startSplitter(t *testing.T, upstream string, split splitting) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var all sync.WaitGroup
	all.Go(func() {
		for {
			front, err := listener.Accept()
			if err != nil {
				return
			}
			all.Go(func() { passOn(front.(*net.TCPConn), upstream, split) })
		}
	})
	t.Cleanup(func() {
		listener.Close()
		all.Wait()
	})
	return listener.Addr().String()
}

func passOn(front *net.TCPConn, upstream string, split splitting) {
	defer front.Close()
	conn, err := net.Dial("tcp", upstream)
	if err != nil {
		return
	}
	back := conn.(*net.TCPConn)
	defer back.Close()
	go func() {
		buf := make([]byte, 64<<10)
		for {
			n, err := front.Read(buf)
			for rest, piece := buf[:n], []byte(nil); len(rest) > 0; {
				piece, rest = split(rest)
				if _, err := back.Write(piece); err != nil {
					return // the answer has been given, and the server hears no more
				}
			}
			if err != nil {
				_ = back.CloseWrite()
				return
			}
		}
	}()
	_, _ = io.Copy(front, back)
	_ = front.CloseWrite()
}
