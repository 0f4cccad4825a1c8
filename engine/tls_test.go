//go:build linux

package engine

import (
	"bytes"
	"cmp"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"fanloop/internal/certs"
)

// tlsVersions are those that are spoken.
var tlsVersions = []uint16{tls.VersionTLS12, tls.VersionTLS13}

// eachTLS runs a test with each version.
func eachTLS(t *testing.T, test func(t *testing.T, version uint16)) {
	for _, version := range tlsVersions {
		t.Run(tls.VersionName(version), func(t *testing.T) { test(t, version) })
	}
}

const serverName = "push.example"

// secureListener is a listener with TLS, and what its clients trust.
type secureListener struct {
	*Listener
	authority *certs.Authority
	options   TLSOptions
}

// listenTLS opens a listener for serverName; o may leave the certificate out, and without times of its own the listener is patient.
func listenTLS(t testing.TB, e *Engine, s Server, o ListenOptions, version uint16) *secureListener {
	t.Helper()
	ln := &secureListener{authority: certs.New(t)}
	if o.TLS != nil {
		ln.options = *o.TLS
	}
	if ln.options.Config == nil {
		ln.options.Config = &tls.Config{}
	}
	if ln.options.Certificates == nil {
		ln.options.Config.Certificates = []tls.Certificate{ln.authority.Issue(serverName)}
	}
	ln.options.Config.MaxVersion = version
	ln.options.HandshakeTimeout = cmp.Or(ln.options.HandshakeTimeout, patience)
	o.Linger = cmp.Or(o.Linger, patience)
	o.TLS = &ln.options
	ln.Listener = listen(t, e, s, o)
	return ln
}

func (ln *secureListener) client() *tls.Config {
	return &tls.Config{RootCAs: ln.authority.Pool(), ServerName: serverName}
}

// dialTLS connects and shakes hands.
func dialTLS(t testing.TB, ln *secureListener, config *tls.Config) *tls.Conn {
	t.Helper()
	c := tls.Client(dial(t, ln.Listener), config)
	if err := c.Handshake(); err != nil {
		t.Fatal(err)
	}
	return c
}

func TestTLSEcho(t *testing.T) {
	eachTLS(t, func(t *testing.T, version uint16) {
		states := make(chan *tls.ConnectionState, 10)
		h := echo
		h.open = func(c *Conn) { states <- c.TLS() }
		h.close = func(c *Conn, _ error) { states <- c.TLS() }
		e := testEngine(t, Options{Loops: 2})
		ln := listenTLS(t, e, h, ListenOptions{}, version)
		for range 4 {
			c := dialTLS(t, ln, ln.client())
			send(t, c, "hello")
			expect(t, c, "hello")
			send(t, c, "again")
			expect(t, c, "again")
			_ = c.Close()
			for _, when := range []string{"OnOpen", "OnClose"} {
				state := await(t, when, states)
				if state == nil || state.Version != version || state.ServerName != serverName || !state.HandshakeComplete {
					t.Errorf("%s: %+v", when, state)
				}
			}
		}
		eventually(t, "handshakes counted", func() bool { return e.Stats().Handshakes == 4 })
	})
}

func TestNoTLS(t *testing.T) {
	states := make(chan *tls.ConnectionState, 1)
	h := echo
	h.open = func(c *Conn) { states <- c.TLS() }
	e := testEngine(t, Options{})
	dial(t, listen(t, e, h))
	if state := await(t, "OnOpen", states); state != nil {
		t.Errorf("a connection without TLS has %+v", state)
	}
}

// Every system call takes or brings a byte, so that everything that can be cut is cut everywhere.
func TestTLSCutAtEveryByte(t *testing.T) {
	eachTLS(t, func(t *testing.T, version uint16) {
		sys := kernel
		sys.read = func(fd int, p []byte) (int, error) { return kernel.read(fd, p[:1]) }
		sys.write = func(fd int, p []byte) (int, error) { return kernel.write(fd, p[:1]) }
		e := faultyEngine(t, Options{}, &sys)
		reasons := make(chan error, 1)
		h := lines(repeat)
		h.close = func(_ *Conn, err error) { reasons <- err }
		ln := listenTLS(t, e, h, ListenOptions{}, version)
		c := dialTLS(t, ln, ln.client())
		long := strings.Repeat("x", 3000)
		for _, line := range []string{"a\n", "second\n", long + "\n"} {
			send(t, c, line)
			expect(t, c, line)
		}
		_ = c.CloseWrite()
		expectEOF(t, c)
		if err := await(t, "OnClose", reasons); err != io.EOF {
			t.Errorf("reason %v", err)
		}
	})
}

// Application data that comes in the same segment as the end of the handshake is served, though no event follows; so is a
// close_notify.
func TestTLSDataBehindTheHandshake(t *testing.T) {
	eachTLS(t, func(t *testing.T, version uint16) {
		for _, paused := range []bool{false, true} {
			opened, reasons := make(chan *Conn, 1), make(chan error, 1)
			h := lines(repeat)
			h.open = func(c *Conn) {
				if paused {
					c.Pause()
				}
				opened <- c
			}
			h.close = func(_ *Conn, err error) { reasons <- err }
			e := testEngine(t, Options{})
			ln := listenTLS(t, e, h, ListenOptions{}, version)
			held := &holding{Conn: dial(t, ln.Listener)}
			c := tls.Client(held, ln.client())
			held.from = 2 // the ClientHello goes; what follows waits
			if version == tls.VersionTLS12 {
				held.from = 1 << 30 // the client's Finished is not its last word
			}
			if err := c.Handshake(); err != nil {
				t.Fatal(err)
			}
			send(t, c, "first\nsecond\n")
			_ = c.CloseWrite()
			held.release(t)
			conn := await(t, "OnOpen", opened)
			if paused {
				on(t, e.Home(), func() {})
				on(t, e.Home(), conn.Resume)
			}
			expect(t, c, "first\nsecond\n")
			expectEOF(t, c)
			if err := await(t, "OnClose", reasons); err != io.EOF {
				t.Errorf("paused %v: reason %v", paused, err)
			}
		}
	})
}

// holding is a client's connection that keeps what is written, from the write number from on, until release.
type holding struct {
	net.Conn
	from   int
	writes int
	held   []byte
}

func (h *holding) SetWriteDeadline(time.Time) error { return nil } // CloseWrite lets no more through with it

func (h *holding) Write(p []byte) (int, error) {
	if h.writes++; h.from > 0 && h.writes >= h.from {
		h.held = append(h.held, p...)
		return len(p), nil
	}
	return h.Conn.Write(p)
}

func (h *holding) release(t testing.TB) {
	t.Helper()
	h.from = 0
	if _, err := h.Conn.Write(h.held); err != nil {
		t.Fatal(err)
	}
}

// A stream that ends without close_notify has been cut off.
func TestTLSTruncated(t *testing.T) {
	eachTLS(t, func(t *testing.T, version uint16) {
		reasons := make(chan error, 1)
		h := echo
		h.close = func(_ *Conn, err error) { reasons <- err }
		e := testEngine(t, Options{})
		ln := listenTLS(t, e, h, ListenOptions{}, version)
		tcp := dial(t, ln.Listener)
		c := tls.Client(tcp, ln.client())
		send(t, c, "hello")
		expect(t, c, "hello")
		_ = tcp.CloseWrite()
		expectEOF(t, c) // the engine says close_notify all the same
		if err := await(t, "OnClose", reasons); err != io.ErrUnexpectedEOF {
			t.Errorf("reason %v", err)
		}
	})
}

// Close drains what was sent before, says close_notify, and only then shuts our end.
func TestTLSClose(t *testing.T) {
	eachTLS(t, func(t *testing.T, version uint16) {
		const size = 4 << 20
		e := testEngine(t, Options{})
		ln := listenTLS(t, e, handler{open: func(c *Conn) {
			_ = c.Send(make([]byte, size))
			c.Close()
		}}, ListenOptions{}, version)
		tcp := dial(t, ln.Listener)
		c := tls.Client(tcp, ln.client())
		if n, err := io.Copy(io.Discard, c); n != size || err != nil { // Copy wants EOF, and without close_notify there is none
			t.Fatalf("%d bytes, %v", n, err)
		}
		_ = c.Close()
	})
}

// A record that has been tampered with ends the connection, and the peer is told by an alert.
func TestTLSBrokenRecord(t *testing.T) {
	eachTLS(t, func(t *testing.T, version uint16) {
		reasons := make(chan error, 1)
		h := echo
		h.close = func(_ *Conn, err error) { reasons <- err }
		e := testEngine(t, Options{})
		ln := listenTLS(t, e, h, ListenOptions{}, version)
		held := &holding{Conn: dial(t, ln.Listener)}
		c := tls.Client(held, ln.client())
		send(t, c, "good")
		expect(t, c, "good")
		held.from = 1
		send(t, c, "bad")
		held.held[len(held.held)-1] ^= 1
		held.release(t)
		if _, err := c.Read(make([]byte, 1)); err == nil || !strings.Contains(err.Error(), "bad record MAC") {
			t.Errorf("the client got %v", err)
		}
		if err := await(t, "OnClose", reasons); err == nil || !strings.Contains(err.Error(), "bad record MAC") {
			t.Errorf("reason %v", err)
		}
	})
}

func TestTLSALPN(t *testing.T) {
	e := testEngine(t, Options{})
	config := &tls.Config{NextProtos: []string{"h2", "http/1.1"}} // as net/http leaves it
	ln := listenTLS(t, e, speaking{echo}, ListenOptions{TLS: &TLSOptions{Config: config}}, 0)
	client := ln.client()
	client.NextProtos = []string{"h2", "http/1.1"}
	if got := dialTLS(t, ln, client).ConnectionState().NegotiatedProtocol; got != "http/1.1" {
		t.Errorf("agreed on %q", got)
	}
	client.NextProtos = []string{"h2"}
	if err := tls.Client(dial(t, ln.Listener), client).Handshake(); err == nil || !strings.Contains(err.Error(), "no application protocol") {
		t.Errorf("h2: %v", err)
	}
	if config.MinVersion != 0 || len(config.NextProtos) != 2 {
		t.Error("the caller's configuration was changed")
	}
}

type speaking struct{ handler }

func (speaking) NextProtos() []string { return []string{"http/1.1"} }

func TestTLSResumption(t *testing.T) {
	eachTLS(t, func(t *testing.T, version uint16) {
		resumed := make(chan bool, 1)
		h := echo
		h.open = func(c *Conn) { resumed <- c.TLS().DidResume }
		e := testEngine(t, Options{})
		ln := listenTLS(t, e, h, ListenOptions{}, version)
		client := ln.client()
		client.ClientSessionCache = tls.NewLRUClientSessionCache(1)
		for _, want := range []bool{false, true, true} {
			c := dialTLS(t, ln, client)
			send(t, c, "x")
			expect(t, c, "x") // with TLS 1.3 the ticket came before
			if got := await(t, "OnOpen", resumed); got != want || c.ConnectionState().DidResume != want {
				t.Errorf("resumed %v, want %v", got, want)
			}
			_ = c.Close()
		}
	})
}

func TestTLSClientCertificates(t *testing.T) {
	eachTLS(t, func(t *testing.T, version uint16) {
		backends := certs.New(t)
		names := make(chan string, 1)
		h := echo
		h.open = func(c *Conn) { names <- c.TLS().PeerCertificates[0].Subject.CommonName }
		failed := make(chan error, 1)
		e := testEngine(t, Options{})
		ln := listenTLS(t, e, h, ListenOptions{TLS: &TLSOptions{
			Config:           &tls.Config{ClientAuth: tls.RequireAndVerifyClientCert, ClientCAs: backends.Pool()},
			OnHandshakeError: func(_ *Conn, err error) { failed <- err },
		}}, version)
		client := ln.client()
		client.Certificates = []tls.Certificate{backends.Issue("backend-1")}
		c := dialTLS(t, ln, client)
		if name := await(t, "OnOpen", names); name != "backend-1" {
			t.Errorf("the peer is %q", name)
		}
		send(t, c, "x")
		expect(t, c, "x")

		none := "tls: handshake failure"
		if version == tls.VersionTLS13 {
			none = "tls: certificate required"
		}
		strangers := certs.New(t).Issue("stranger")
		for want, certificates := range map[string][]tls.Certificate{none: nil, "tls: unknown certificate authority": {strangers}} {
			client := ln.client()
			client.GetClientCertificate = func(*tls.CertificateRequestInfo) (*tls.Certificate, error) {
				if len(certificates) == 0 {
					return &tls.Certificate{}, nil
				}
				return &certificates[0], nil
			}
			c := tls.Client(dial(t, ln.Listener), client)
			err := c.Handshake()
			if err == nil { // with TLS 1.3 the client is done before the server has looked
				_, err = c.Read(make([]byte, 1))
			}
			if err == nil || !strings.Contains(err.Error(), want) {
				t.Errorf("the client got %v, want %s", err, want)
			}
			if err := await(t, "OnHandshakeError", failed); err == nil {
				t.Error("no reason")
			}
		}
		if n := e.Stats().HandshakesFailed; n != 2 {
			t.Errorf("%d failures counted", n)
		}
	})
}

// Without a version in common, with what is no TLS at all, and with an end in the midst, only that connection ends.
func TestTLSHandshakesThatFail(t *testing.T) {
	failed := make(chan error, 1)
	e := testEngine(t, Options{})
	ln := listenTLS(t, e, echo, ListenOptions{TLS: &TLSOptions{
		OnHandshakeError: func(_ *Conn, err error) { failed <- err },
	}}, 0)
	old := ln.client()
	old.MinVersion, old.MaxVersion = tls.VersionTLS10, tls.VersionTLS11
	if err := tls.Client(dial(t, ln.Listener), old).Handshake(); err == nil || !strings.Contains(err.Error(), "protocol version") {
		t.Errorf("TLS 1.1: %v", err)
	}
	if err := await(t, "OnHandshakeError", failed); err == nil {
		t.Error("TLS 1.1: no reason")
	}
	for name, bytes := range map[string]string{
		"HTTP":              "GET / HTTP/1.1\r\nHost: x\r\n\r\n",
		"a version unknown": "\x16\x09\x01\x00\x04\x01\x00\x00\x00",
		"a record too long": "\x16\x03\x01\xff\xff\x01\x00",
		"no ClientHello":    "\x17\x03\x01\x00\x02\x01\x00",
		"an empty hello":    "\x16\x03\x01\x00\x04\x01\x00\x00\x00",
		"many fragments":    strings.Repeat("\x16\x03\x01\x00\x01\x01", 6000),
	} {
		c := dial(t, ln.Listener)
		send(t, c, bytes)
		if err := await(t, name, failed); err == nil {
			t.Errorf("%s: no reason", name)
		}
		_, _ = io.Copy(io.Discard, c) // ends
	}
	for _, bytes := range []string{"", "\x16\x03\x01"} {
		c := dial(t, ln.Listener)
		send(t, c, bytes)
		_ = c.CloseWrite()
		if err := await(t, "OnHandshakeError", failed); !errors.Is(err, io.ErrUnexpectedEOF) {
			t.Errorf("EOF: %v", err)
		}
		_, _ = io.Copy(io.Discard, c)
	}
	if c := dialTLS(t, ln, ln.client()); c.ConnectionState().Version != tls.VersionTLS13 {
		t.Error("not the newest version")
	}
}

// A function of the configuration that panics fails its handshake only.
func TestTLSPanicInTheConfiguration(t *testing.T) {
	log := &testLog{t: t}
	e := testEngine(t, Options{Logger: textLogger(log)})
	ln := listenTLS(t, e, echo, ListenOptions{TLS: &TLSOptions{Config: &tls.Config{
		GetConfigForClient: func(hello *tls.ClientHelloInfo) (*tls.Config, error) {
			if hello.ServerName == "panic.example" {
				panic("bad name")
			}
			return nil, nil
		},
	}}}, 0)
	bad := ln.client()
	bad.ServerName = "panic.example"
	if err := tls.Client(dial(t, ln.Listener), bad).Handshake(); err == nil {
		t.Error("a handshake succeeded")
	}
	dialTLS(t, ln, ln.client())
	wantLogged(t, log, "bad name", "tls_test.go")
	if n := e.Stats().Panics; n != 1 {
		t.Errorf("%d panics counted", n)
	}
}

func TestTLSWithoutCertificate(t *testing.T) {
	e := testEngine(t, Options{})
	if _, err := e.Listen("127.0.0.1:0", echo, ListenOptions{TLS: &TLSOptions{}}); err == nil {
		t.Error("a listener without a certificate was opened")
	}
	if len(e.Listeners()) != 0 {
		t.Error("it is there")
	}
}

func TestTLSIsNotAdopted(t *testing.T) {
	e := testEngine(t, Options{})
	c := dial(t, listen(t, e, echo))
	if _, err := e.Adopt(c, nil, echo, ListenOptions{TLS: &TLSOptions{}}); !errors.Is(err, errors.ErrUnsupported) {
		t.Errorf("Adopt: %v", err)
	}
	send(t, c, "still open")
	expect(t, c, "still open")
}

// Who is in the midst of a handshake when the engine stops is cut off, and its goroutine ends.
func TestTLSShutdownDuringHandshakes(t *testing.T) {
	computing, release := make(chan struct{}, 1), make(chan struct{})
	e := testEngine(t, Options{Loops: 2, Handshakers: 1})
	ln := listenTLS(t, e, echo, ListenOptions{TLS: &TLSOptions{Config: &tls.Config{
		GetConfigForClient: func(hello *tls.ClientHelloInfo) (*tls.Config, error) {
			if hello.ServerName == "slow.example" {
				computing <- struct{}{}
				<-release
			}
			return nil, nil
		},
	}}}, 0)
	silent, halfway, slow := dial(t, ln.Listener), dial(t, ln.Listener), dial(t, ln.Listener)
	hello := clientHello(t, ln.client())
	send(t, halfway, string(hello))
	expect(t, halfway, "\x16\x03\x03") // the server's flight: the goroutine is parked
	config := ln.client()
	config.ServerName = "slow.example"
	send(t, slow, string(clientHello(t, config)))
	await(t, "the computing", computing)
	queued := dial(t, ln.Listener)
	send(t, queued, string(hello))
	go func() {
		for _, c := range []net.Conn{silent, halfway, slow, queued} {
			_, _ = io.Copy(io.Discard, c)
		}
		close(release) // Shutdown waits for the goroutine
	}()
	shutdown(t, e)
}

// clientHello is the first flight of a client.
func clientHello(t testing.TB, config *tls.Config) []byte {
	t.Helper()
	here, there := net.Pipe()
	defer there.Close()
	go func() {
		_ = tls.Client(here, config).Handshake()
		here.Close()
	}()
	buf := make([]byte, 8<<10)
	n, err := there.Read(buf)
	if err != nil {
		t.Fatal(err)
	}
	return buf[:n]
}

// Big frames to a peer that reads slowly arrive whole, and policies act on what has not been encrypted.
func TestTLSSlowReader(t *testing.T) {
	eachTLS(t, func(t *testing.T, version uint16) {
		opened, reasons := make(chan *Conn, 1), make(chan error, 1)
		e := testEngine(t, Options{})
		ln := listenTLS(t, e, handler{
			open:  func(c *Conn) { opened <- c },
			close: func(_ *Conn, err error) { reasons <- err },
		}, ListenOptions{MaxOutbox: 256 << 10}, version)
		client := dialTLS(t, ln, ln.client())
		c := await(t, "OnOpen", opened)
		frame := bytes.Repeat([]byte("0123456789abcdef"), 4<<10) // 64 KiB
		taken := 0
		on(t, e.Home(), func() {
			c.SetFormat(raw)
			for c.pushShared(text(string(frame))) {
				c.loop.finish(c)
				taken++
				if n := c.ahead(); n > maxAhead+maxAhead/8 {
					t.Errorf("%d bytes ahead of the kernel", n)
				}
				if c.Buffered() > 2*c.limits.MaxOutbox {
					t.Error("no limit")
					return
				}
			}
		})
		if err := await(t, "OnClose", reasons); err != ErrSlowConsumer {
			t.Errorf("reason %v", err)
		}
		got, err := io.ReadAll(client)
		if err != nil {
			t.Fatal(err)
		}
		if len(got)%len(frame) != 0 || len(got) == 0 || len(got) > taken*len(frame) {
			t.Fatalf("%d bytes of %d frames: one is cut", len(got), taken)
		}
		for ; len(got) > 0; got = got[len(frame):] {
			if !bytes.Equal(got[:len(frame)], frame) {
				t.Fatal("a frame differs")
			}
		}
		_ = client.Close()
	})
}

func TestTLSAwaitDrain(t *testing.T) {
	const size = 8 << 20
	drained := make(chan int, 1)
	e := testEngine(t, Options{})
	h := drains{handler: handler{open: func(c *Conn) {
		_ = c.Send(make([]byte, size))
		c.AwaitDrain(0)
	}}, told: func(c *Conn) { drained <- c.Buffered() }}
	ln := listenTLS(t, e, h, ListenOptions{}, 0)
	c := dialTLS(t, ln, ln.client())
	if n, err := io.CopyN(io.Discard, c, size); err != nil {
		t.Fatalf("%d bytes, %v", n, err)
	}
	if n := await(t, "OnDrain", drained); n != 0 {
		t.Errorf("%d bytes still wait", n)
	}
}

type drains struct {
	handler
	told func(c *Conn)
}

func (d drains) Serve(*Conn) Handler { return d }
func (d drains) OnDrain(c *Conn)     { d.told(c) }

// Whatever a policy drops for a peer that does not read, what arrives is whole frames in order, with the newest if the policy
// says so.
func TestTLSPolicies(t *testing.T) {
	const sent, size = 400, 10 << 10
	for _, policy := range []SlowPolicy{DropNewest, DropOldest} {
		eachTLS(t, func(t *testing.T, version uint16) {
			opened := make(chan *Conn, 1)
			e := testEngine(t, Options{})
			ln := listenTLS(t, e, handler{open: func(c *Conn) {
				o, _ := c.Ref().Attach(func() {})
				o.Hear(true)
				opened <- c
			}}, ListenOptions{MaxOutbox: 200 << 10, Slow: policy}, version)
			tcp := dial(t, ln.Listener)
			_ = tcp.SetReadBuffer(128 << 10)
			client := tls.Client(tcp, ln.client())
			if err := client.Handshake(); err != nil {
				t.Fatal(err)
			}
			c := await(t, "OnOpen", opened)
			on(t, e.Home(), func() {
				_ = unix.SetsockoptInt(int(c.fd), unix.SOL_SOCKET, unix.SO_SNDBUF, 64<<10)
			})
			var refused []int // what drop-newest dropped: the kernel may take more at any time, and make room for one in between
			for i := range sent {
				on(t, e.Home(), func() {
					before := e.Stats().DroppedNewest
					m := text(fmt.Sprintf("%*d", size, i))
					if i%2 == 0 {
						e.Home().Broadcast(m, nil)
					} else {
						c.pushShared(m)
					}
					e.Home().finish(c) // or it could stall later, with several waiting, and drop some of them then
					if e.Stats().DroppedNewest > before {
						refused = append(refused, i)
					}
				})
			}
			on(t, e.Home(), func() { c.Close() })
			renew(client)
			got, err := io.ReadAll(client)
			if err != nil || len(got)%size != 0 {
				t.Fatalf("%d bytes, %v", len(got), err)
			}
			arrived := make([]int, 0, sent)
			for ; len(got) > 0; got = got[size:] {
				n, err := strconv.Atoi(strings.TrimSpace(string(got[:size])))
				if err != nil || len(arrived) > 0 && n <= arrived[len(arrived)-1] {
					t.Fatalf("%d after %v, %v", n, arrived, err)
				}
				arrived = append(arrived, n)
			}
			switch policy {
			case DropOldest:
				if !slices.Contains(arrived, sent-1) {
					t.Errorf("the newest is missing: %v", arrived)
				}
			case DropNewest:
				all := slices.Sorted(slices.Values(slices.Concat(arrived, refused)))
				for i, n := range all {
					if i != n || len(all) != sent {
						t.Fatalf("%v arrived, %v were refused", arrived, refused)
					}
				}
			}
			if s := e.Stats(); s.DroppedNewest+s.DroppedOldest == 0 || s.SlowConsumers != 0 {
				t.Errorf("%d and %d dropped, %d slow", s.DroppedNewest, s.DroppedOldest, s.SlowConsumers)
			}
		})
	}
}
