//go:build linux

package engine

import (
	"crypto/tls"
	"errors"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"fanloop/internal/certs"
)

// listening is a listening socket of the net package's, which has to be closed when the test ends.
func listening(t testing.TB, network, address string) net.Listener {
	t.Helper()
	l, err := net.Listen(network, address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() }) // mostly it has been
	return l
}

// passed is the same socket as a descriptor of it comes from a service manager.
func passed(t testing.TB, l net.Listener) net.Listener {
	t.Helper()
	file, err := l.(interface{ File() (*os.File, error) }).File()
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	again, err := net.FileListener(file)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = again.Close() })
	return again
}

func TestListenOn(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a.sock")
	for _, test := range []struct{ network, address string }{
		{"tcp4", "127.0.0.1:0"}, {"tcp6", "[::1]:0"}, {"tcp", ":0"}, {"unix", path}, {"unix", abstract("listenon")},
	} {
		if test.network == "tcp6" && !hasIPv6() {
			continue
		}
		for _, again := range []bool{false, true} {
			e := testEngine(t, Options{Loops: 2})
			_ = os.Remove(path)
			l := listening(t, test.network, test.address)
			if again {
				l = passed(t, l)
			}
			addr := l.Addr()
			ln, err := e.ListenOn(l, echo)
			if err != nil {
				t.Fatalf("%v: %v", test, err)
			}
			if ln.Addr().String() != addr.String() {
				t.Errorf("%v: the address is %v, want %v", test, ln.Addr(), addr)
			}
			if _, err := l.Accept(); !errors.Is(err, net.ErrClosed) {
				t.Errorf("%v: it is open to others: %v", test, err)
			}
			c, err := net.Dial(addr.Network(), addr.String())
			if err != nil {
				t.Fatal(err)
			}
			send(t, c, "hello")
			expect(t, c, "hello")
			c.Close()
			shutdown(t, e)
			if _, err := os.Lstat(path); test.address == path && err != nil {
				t.Errorf("the socket's file is its maker's: %v", err)
			}
		}
	}
}

// Who connects after Close waits for whoever holds the socket, and is served by the next engine.
func TestListenOnGoesOn(t *testing.T) {
	for _, network := range []string{"tcp4", "unix"} {
		address := map[string]string{"tcp4": "127.0.0.1:0", "unix": filepath.Join(t.TempDir(), "a.sock")}[network]
		owner := listening(t, network, address)
		dial := func() net.Conn {
			c, err := net.Dial(network, owner.Addr().String())
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { c.Close() })
			return c
		}
		var waiting net.Conn
		for range 3 {
			e := testEngine(t, Options{})
			ln, err := e.ListenOn(passed(t, owner), echo)
			if err != nil {
				t.Fatal(err)
			}
			for _, c := range []net.Conn{waiting, dial()} {
				if c != nil {
					send(t, c, "hello")
					expect(t, c, "hello")
					c.Close()
				}
			}
			if err := ln.Close(); err != nil {
				t.Fatal(err)
			}
			on(t, e.Home(), func() {}) // it may have been accepting
			waiting = dial()
			on(t, e.Home(), func() {})
			if n := ln.Accepted(); n > 2 || len(e.Listeners()) > 0 {
				t.Errorf("%d accepted, listeners %v", n, e.Listeners())
			}
			shutdown(t, e)
			if err := ln.Close(); err != ErrClosed {
				t.Errorf("closed again: %v", err)
			}
		}
		waiting.Close()
	}
}

// Go makes multipath listeners by default.
func TestListenOnMultipath(t *testing.T) {
	var config net.ListenConfig
	for _, multipath := range []bool{false, true} {
		config.SetMultipathTCP(multipath)
		l, err := config.Listen(t.Context(), "tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		conns := make(chan *Conn, 1)
		e := testEngine(t, Options{})
		ln, err := e.ListenOn(l, handler{open: func(c *Conn) { conns <- c }}, ListenOptions{UserTimeout: 7 * time.Second})
		if err != nil {
			t.Fatal(err)
		}
		dial(t, ln)
		c := await(t, "OnOpen", conns)
		on(t, e.Home(), func() {
			noDelay, _ := unix.GetsockoptInt(int(c.fd), unix.IPPROTO_TCP, unix.TCP_NODELAY)
			keepAlive, _ := unix.GetsockoptInt(int(c.fd), unix.SOL_SOCKET, unix.SO_KEEPALIVE)
			timeout, _ := unix.GetsockoptInt(int(c.fd), unix.IPPROTO_TCP, unix.TCP_USER_TIMEOUT)
			if noDelay != 1 || keepAlive != 1 || !multipath && timeout != 7000 {
				t.Errorf("multipath %v: TCP_NODELAY %d, SO_KEEPALIVE %d, TCP_USER_TIMEOUT %d", multipath, noDelay, keepAlive, timeout)
			}
		})
	}
}

func TestListenOnTLS(t *testing.T) {
	authority := certs.New(t)
	e := testEngine(t, Options{})
	ln, err := e.ListenOn(listening(t, "tcp", "127.0.0.1:0"), echo, ListenOptions{TLS: &TLSOptions{
		Config: &tls.Config{Certificates: []tls.Certificate{authority.Issue("a.example")}},
	}})
	if err != nil {
		t.Fatal(err)
	}
	c := authority.Dial(t, ln.Addr(), "a.example", patience)
	send(t, c, "hello")
	expect(t, c, "hello")
	c.Close()
}

func TestListenOnRefuses(t *testing.T) {
	e := testEngine(t, Options{})
	other := testEngine(t, Options{})
	wrapped := tls.NewListener(listening(t, "tcp", "127.0.0.1:0"), nil)
	packets := listening(t, "unixpacket", filepath.Join(t.TempDir(), "a.sock"))
	for _, test := range []struct {
		name    string
		l       net.Listener
		options ListenOptions
		is      error
		says    string
	}{
		{"a TLS listener", wrapped, ListenOptions{}, errors.ErrUnsupported, "neither"},
		{"packets", packets, ListenOptions{}, errors.ErrUnsupported, "not one of streams"},
		{"a socket that does not listen", bound(t), ListenOptions{}, nil, "does not listen"},
		{"another engine's loop", listening(t, "tcp", "127.0.0.1:0"), ListenOptions{Loop: other.Home()}, nil, "another engine's"},
		{"TLS without a certificate", listening(t, "tcp", "127.0.0.1:0"), ListenOptions{TLS: &TLSOptions{}}, nil, "without a certificate"},
		{"a closed one", closedListener(t), ListenOptions{}, nil, "closed"},
	} {
		before := descriptors()
		ln, err := e.ListenOn(test.l, echo, test.options)
		if ln != nil || err == nil || test.is != nil && !errors.Is(err, test.is) || !strings.Contains(err.Error(), test.says) {
			t.Errorf("%s: %v, %v", test.name, ln, err)
		}
		if now := descriptors(); now != before {
			t.Errorf("%s: %d descriptors, %d before", test.name, now, before)
		}
	}
}

// bound is a socket that has an address, and nobody listens on it.
func bound(t testing.TB) net.Listener {
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		t.Fatal(err)
	}
	file := os.NewFile(uintptr(fd), "bound")
	defer file.Close()
	if err := unix.Bind(fd, &unix.SockaddrInet4{Addr: [4]byte{127, 0, 0, 1}}); err != nil {
		t.Fatal(err)
	}
	l, err := net.FileListener(file)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	return l
}

func closedListener(t testing.TB) net.Listener {
	l := listening(t, "tcp", "127.0.0.1:0")
	l.Close()
	return l
}

// What the engine has not taken is still the caller's.
func TestListenOnAfterShutdown(t *testing.T) {
	e := testEngine(t, Options{})
	shutdown(t, e)
	path := filepath.Join(t.TempDir(), "a.sock")
	l := listening(t, "unix", path)
	before := descriptors()
	if ln, err := e.ListenOn(l, echo); ln != nil || err != ErrClosed {
		t.Fatalf("%v, %v; want ErrClosed", ln, err)
	}
	if now := descriptors(); now != before {
		t.Errorf("%d descriptors, %d before", now, before)
	}
	c, err := net.Dial("unix", path)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	s, err := l.Accept()
	if err != nil {
		t.Fatal(err)
	}
	s.Close()
	l.Close()
	wantGone(t, path)
}

// Somebody else who holds the socket shuts it down: that is reported without end, and the loop must not spin.
func TestListenOnShutDownByOthers(t *testing.T) {
	var accepts atomic.Int64
	sys := kernel
	sys.accept = func(fd int) (int, unix.Sockaddr, error) {
		accepts.Add(1)
		return kernel.accept(fd)
	}
	log := &testLog{t: t}
	e := faultyEngine(t, Options{Logger: textLogger(log)}, &sys)
	owner := listening(t, "tcp", "127.0.0.1:0")
	ln, err := e.ListenOn(passed(t, owner), echo)
	if err != nil {
		t.Fatal(err)
	}
	wantEcho(t, ln)
	rc, err := owner.(*net.TCPListener).SyscallConn()
	if err != nil {
		t.Fatal(err)
	}
	if err := rc.Control(func(fd uintptr) { err = unix.Shutdown(int(fd), unix.SHUT_RDWR) }); err != nil {
		t.Fatal(err)
	}
	eventually(t, "three pauses", func() bool { return e.Stats().AcceptPauses >= 3 })
	on(t, e.Home(), func() {
		// Two for the connection, and one a pause, of which one may just have ended.
		if n, pauses := accepts.Load(), int64(e.Stats().AcceptPauses); n > pauses+4 {
			t.Errorf("%d accept calls in %d pauses", n, pauses)
		}
	})
	wantLogged(t, log, unix.EINVAL.Error())
	wantEcho(t, listen(t, e, echo))
}
