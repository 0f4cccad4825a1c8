//go:build linux

package engine

import (
	"crypto/tls"
	"io"
	"net"
	"runtime"
	"testing"
)

// crypto/tls has the buffers that trimTLS frees. A version of Go in which it has not costs memory, and needs a look.
func TestTLSBuffersAreFound(t *testing.T) {
	if len(tlsBuffers) != 2 {
		t.Errorf("%d of crypto/tls's 2 buffers are found in %s", len(tlsBuffers), runtime.Version())
	}
}

// An idle connection's TLS takes less than 10 KB, also when it has brought a long message before.
func TestTLSIdleMemory(t *testing.T) {
	eachTLS(t, func(t *testing.T, version uint16) {
		const conns = 200
		e := testEngine(t, Options{})
		ln := listenTLS(t, e, lines(repeat), ListenOptions{}, version)
		long := string(append(make([]byte, 20_000), '\n'))
		connect := func() net.Conn {
			tcp := dial(t, ln.Listener)
			c := tls.Client(tcp, ln.client())
			for _, line := range []string{"short\n", long} {
				send(t, c, line)
				if _, err := io.CopyN(io.Discard, c, int64(len(line))); err != nil {
					t.Fatal(err)
				}
			}
			return tcp // the client's own state is garbage from here on
		}
		connect()
		before := heapInUse()
		var peers []net.Conn
		for range conns {
			peers = append(peers, connect())
		}
		each := (int64(heapInUse()) - int64(before)) / conns
		t.Logf("%d bytes of heap a connection, its client's socket included", each)
		if each > 10_000 {
			t.Errorf("%d bytes a connection, more than 10,000", each)
		}
		runtime.KeepAlive(peers)
	})
}

func heapInUse() uint64 {
	runtime.GC()
	runtime.GC() // what a pool held is freed by the second
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}
