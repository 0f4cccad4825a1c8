//go:build linux

package websocket

import (
	"bytes"
	"fmt"
	"io"
	"log/slog"
	"net"
	"runtime"
	"runtime/debug"
	"strings"
	"syscall"
	"testing"
	"unsafe"

	"fanloop/engine"
)

// pingPong sends a frame and waits for the answer, again and again, without an allocation of its own.
type pingPong struct {
	conn           net.Conn
	frame, answers []byte
}

func newPingPong(t testing.TB, addr net.Addr, message string) *pingPong {
	c := connect(t, addr)
	if c.reader.Buffered() > 0 {
		t.Fatal("the server speaks first")
	}
	return &pingPong{c.TCPConn, text(message), make([]byte, len(AppendText(nil, []byte(message))))}
}

func (r *pingPong) next(t testing.TB) {
	if _, err := r.conn.Write(r.frame); err != nil {
		t.Fatal(err)
	}
	if _, err := io.ReadFull(r.conn, r.answers); err != nil {
		t.Fatal(err)
	}
}

// An echo allocates nothing in steady state, and one that is too large for the stack only its frame.
func TestEchoAllocations(t *testing.T) {
	w := serve(t, &Server{OnMessage: echo})
	for _, test := range []struct {
		size int
		most float64
	}{{5, 0}, {125, 0}, {smallMessage, 0}, {smallMessage + 1, 1}, {16 << 10, 1}} {
		r := newPingPong(t, w.addr, strings.Repeat("x", test.size))
		if n := testing.AllocsPerRun(200, func() { r.next(t) }); n > test.most {
			t.Errorf("%d bytes: %v allocations a message, want %v", test.size, n, test.most)
		}
	}
}

func BenchmarkEcho(b *testing.B) {
	for _, size := range []int{16, 125, 1 << 10, 16 << 10} {
		b.Run(fmt.Sprint(size, "B"), func(b *testing.B) {
			r := newPingPong(b, serve(b, &Server{OnMessage: echo}).addr, strings.Repeat("x", size))
			b.SetBytes(int64(size))
			b.ReportAllocs()
			for b.Loop() {
				r.next(b)
			}
		})
	}
}

// Messages that come together are answered with one write: what is left is the server's own work.
func BenchmarkEchoPipelined(b *testing.B) {
	const count = 1000
	c := connect(b, serve(b, &Server{OnMessage: echo}).addr)
	frames := bytes.Repeat(text(strings.Repeat("x", 125)), count)
	answers := make([]byte, count*127)
	b.ReportAllocs()
	for b.Loop() {
		c.send(frames)
		if _, err := io.ReadFull(c.reader, answers); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*count), "ns/message")
}

// idle are sockets that have shaken hands: descriptors only, so that the heap is the server's.
func idle(t testing.TB, addr *net.TCPAddr, n int) (fds []int) {
	to := &syscall.SockaddrInet4{Port: addr.Port, Addr: [4]byte(addr.IP.To4())}
	answer := make([]byte, len(accepted)+2)
	for range n {
		fd, err := syscall.Socket(syscall.AF_INET, syscall.SOCK_STREAM|syscall.SOCK_CLOEXEC, 0)
		if err != nil {
			t.Fatal(err)
		}
		fds = append(fds, fd)
		if err := syscall.Connect(fd, to); err != nil {
			t.Fatal(err)
		}
		if _, err := syscall.Write(fd, []byte(request)); err != nil {
			t.Fatal(err)
		}
		if n, _, err := syscall.Recvfrom(fd, answer, syscall.MSG_WAITALL); n != len(answer) || err != nil {
			t.Fatalf("%q, %v", answer[:max(n, 0)], err)
		}
	}
	return fds
}

func heap() int {
	debug.FreeOSMemory()
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int(m.HeapAlloc)
}

// weigh returns the bytes of heap that each of n idle connections of a server, which echoes, holds once it has handled a message.
func weigh(t testing.TB, n int, s *Server, o engine.ListenOptions) float64 {
	t.Helper()
	var limit syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &limit); err != nil || limit.Cur < uint64(2*n+100) {
		t.Skipf("%d descriptors are needed, there are %d (ulimit -n)", 2*n+100, limit.Cur)
	}
	e, err := engine.New(engine.Options{Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = e.Shutdown(t.Context()) }()
	ln, err := e.Listen("127.0.0.1:0", s, o)
	if err != nil {
		t.Fatal(err)
	}
	for _, fd := range idle(t, ln.Addr().(*net.TCPAddr), 10) { // what the first connections need once for all
		defer syscall.Close(fd)
	}
	before := heap()
	fds := idle(t, ln.Addr().(*net.TCPAddr), n)
	for _, fd := range fds {
		defer syscall.Close(fd)
		var answer [7]byte
		if _, err := syscall.Write(fd, text("hello")); err != nil {
			t.Fatal(err)
		}
		if got, _, err := syscall.Recvfrom(fd, answer[:], syscall.MSG_WAITALL); got != len(answer) || err != nil {
			t.Fatalf("%q, %v", answer[:max(got, 0)], err)
		}
	}
	weight := float64(heap()-before) / float64(n)
	runtime.KeepAlive(fds)
	return weight
}

// An open connection holds nothing of its opening handshake, and nothing between two messages.
func TestIdleConnection(t *testing.T) {
	if size := unsafe.Sizeof(Conn{}); size > 240 {
		t.Errorf("a Conn has %d bytes", size)
	}
	if weight := weigh(t, 1000, &Server{OnMessage: echo}, engine.ListenOptions{}); weight > 700 {
		t.Errorf("an idle connection holds %.0f bytes", weight)
	}
}

func BenchmarkIdleConnection(b *testing.B) {
	for b.Loop() {
		b.ReportMetric(weigh(b, 5000, &Server{OnMessage: echo}, engine.ListenOptions{}), "B/conn")
	}
	b.ReportMetric(float64(unsafe.Sizeof(Conn{})), "B/Conn")
	b.ReportMetric(float64(unsafe.Sizeof(engine.Conn{})), "B/engine.Conn")
}

// A connection at rest fits an allocation of 80 bytes (the next is 96): with a million of them, each step of it counts.
func TestConnSize(t *testing.T) {
	if size := unsafe.Sizeof(Conn{}); size > 80 {
		t.Errorf("a Conn has %d bytes, more than 80", size)
	}
}
