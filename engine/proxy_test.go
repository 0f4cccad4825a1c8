//go:build linux

package engine

import (
	"crypto/tls"
	"errors"
	"io"
	"net"
	"net/netip"
	"os"
	"strings"
	"testing"
	"time"

	"fanloop/internal/cut"
)

var loopback = []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}

// whoami answers each line with whose it is.
var whoami = lines(func(c *Conn, _ string) {
	_ = c.Send([]byte(c.RemoteAddr().String() + " " + c.Ref().RemoteAddr().String() + "\n"))
})

func wantClient(t testing.TB, c net.Conn, client string) {
	t.Helper()
	send(t, c, "who\n")
	expect(t, c, client+" "+client+"\n")
}

func wantProxies(t testing.TB, e *Engine, headers, malformed, timeouts uint64) {
	t.Helper()
	eventually(t, "the counts", func() bool {
		s := e.Stats()
		return s.ProxyHeaders+s.ProxyMalformed+s.ProxyTimeouts >= headers+malformed+timeouts
	})
	if s := e.Stats(); s.ProxyHeaders != headers || s.ProxyMalformed != malformed || s.ProxyTimeouts != timeouts {
		t.Errorf("%d headers, %d malformed, %d too late; want %d, %d, %d", s.ProxyHeaders, s.ProxyMalformed, s.ProxyTimeouts, headers, malformed, timeouts)
	}
}

func TestProxyProtocol(t *testing.T) {
	e := testEngine(t, Options{Loops: 2})
	ln := listen(t, e, whoami, ListenOptions{TrustedProxies: loopback, ProxyProtocol: true})
	for _, test := range proxyHeaders {
		c := dial(t, ln)
		client := test.client
		if client == "" {
			client = c.LocalAddr().String()
		}
		send(t, c, test.header+"who\n") // in one packet
		expect(t, c, client+" "+client+"\n")
		wantClient(t, c, client)
	}
	wantProxies(t, e, uint64(len(proxyHeaders)), 0, 0)
}

func TestProxyProtocolCut(t *testing.T) {
	for _, header := range []string{proxyHeaders[0].header, proxyBinary(0x21, 0x11, addresses4+"\x04\x00\x01x")} {
		cut.Every(t, []byte(header+"who\n"), func(t *testing.T, pieces [][]byte) {
			s := newStillLoop(t, ListenOptions{})
			ln := &Listener{engine: s.engine, loop: s.Loop, options: ListenOptions{TrustedProxies: loopback, ProxyProtocol: true}.withDefaults(), boundSocket: boundSocket{addr: &net.TCPAddr{}}}
			s.options = ln.options
			k := s.connect(&proxyDoor{ln, whoami})
			k.conn.listener.addresses = addresses{most: -1, rate: -1}
			k.conn.remote = endpointOf(netip.MustParseAddrPort("127.0.0.1:9"))
			k.in = pieces
			s.pump()
			if want := client4 + " " + client4 + "\n"; string(k.got) != want {
				t.Errorf("got %q, want %q", k.got, want)
			}
			s.settle()
		})
	}
}

// What is no header ends the connection, and the server never hears of it.
func TestProxyProtocolMalformed(t *testing.T) {
	log, start := &testLog{t: t}, time.Now()
	e := testEngine(t, Options{Logger: textLogger(log)})
	o := ListenOptions{TrustedProxies: loopback, ProxyProtocol: true, ProxyTimeout: patience}
	ln := listen(t, e, handler{open: func(*Conn) { t.Error("the server was asked") }}, o)
	for _, test := range malformedProxyHeaders {
		c := dial(t, ln)
		send(t, c, test.header[:test.seen])
		if n, err := c.Read(make([]byte, 1)); n != 0 || err == nil || errors.Is(err, os.ErrDeadlineExceeded) {
			t.Errorf("%q: got %d bytes, %v", test.header, n, err)
		}
	}
	c := dial(t, ln)
	send(t, c, "PROXY TCP4")
	_ = c.CloseWrite()
	expectEOF(t, c)
	n := uint64(len(malformedProxyHeaders)) + 1
	wantProxies(t, e, 0, n, 0)
	if got := countLines(log, "PROXY header"); got < 1 || got > 1+int(time.Since(start)/warnEvery) {
		t.Errorf("%d lines in the log, want one in a while", got)
	}
	eventually(t, "all ends", func() bool { return e.Stats().Ended.Protocol == n })

	looks := dial(t, ln) // whether somebody is here
	_ = looks.CloseWrite()
	expectEOF(t, looks)
	wantProxies(t, e, 0, n, 0)
	eventually(t, "all gone", func() bool { return ln.Open() == 0 })
}

func TestProxyTimeout(t *testing.T) {
	for _, sent := range []string{"", "PROXY TCP4 192.0.2.7 192.0.2.9 5632", proxySignature} {
		e := testEngine(t, Options{})
		o := ListenOptions{TrustedProxies: loopback, ProxyProtocol: true, ProxyTimeout: 20 * time.Millisecond}
		slow := dial(t, listen(t, e, whoami, o))
		_, _ = io.WriteString(slow, sent) // fails if it takes that long to come here
		if n, err := slow.Read(make([]byte, 1)); n != 0 || err == nil {
			t.Errorf("%q: got %d bytes", sent, n)
		}
		wantProxies(t, e, 0, 0, 1)
	}
}

// The time is for the header: nothing of it is left behind one.
func TestProxyTimeoutEnds(t *testing.T) {
	e := testEngine(t, Options{})
	c := dial(t, listen(t, e, whoami, ListenOptions{TrustedProxies: loopback, ProxyProtocol: true, ProxyTimeout: patience}))
	eventually(t, "its timer", func() bool { return e.Stats().Timers == 1 })
	send(t, c, proxyHeaders[0].header)
	eventually(t, "no timer", func() bool { return e.Stats().Timers == 0 })
	wantClient(t, c, client4)
}

// Who is no trusted proxy is served as he is, with what he sends.
func TestProxyProtocolOfStrangers(t *testing.T) {
	e := testEngine(t, Options{})
	ln := listen(t, e, echo, ListenOptions{TrustedProxies: []netip.Prefix{netip.MustParsePrefix("192.0.2.0/24")}, ProxyProtocol: true})
	c := dial(t, ln)
	send(t, c, proxyHeaders[0].header)
	expect(t, c, proxyHeaders[0].header)
	wantProxies(t, e, 0, 0, 0)

	trusting := listen(t, e, echo, ListenOptions{TrustedProxies: loopback}) // without ProxyProtocol
	c = dial(t, trusting)
	send(t, c, proxyHeaders[0].header)
	expect(t, c, proxyHeaders[0].header)
}

func TestProxyProtocolOverUnix(t *testing.T) {
	e := testEngine(t, Options{})
	ln, err := e.Listen("unix:"+t.TempDir()+"/s", whoami, ListenOptions{TrustedProxies: loopback, ProxyProtocol: true, MaxPerAddress: 1})
	if err != nil {
		t.Fatal(err)
	}
	first, second := dialUnix(t, ln), dialUnix(t, ln)
	send(t, first, proxyHeaders[3].header)
	wantClient(t, first, client6)
	send(t, second, proxyHeaders[3].header)
	if n, err := second.Read(make([]byte, 1)); n != 0 || err == nil {
		t.Errorf("the second of the address got %d bytes", n)
	}
	wantTurnedAway(t, e, 0, 1, 0)
}

func dialUnix(t testing.TB, ln *Listener) net.Conn {
	t.Helper()
	c, err := net.Dial("unix", ln.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	_ = c.SetDeadline(time.Now().Add(patience))
	return c
}

// The limits on an address hold for the client that the header names, and not for the proxy.
func TestProxiedAddressLimits(t *testing.T) {
	e := testEngine(t, Options{Loops: 2})
	ln := listen(t, e, whoami, ListenOptions{TrustedProxies: loopback, ProxyProtocol: true, MaxPerAddress: 2, AddressRate: 10})
	comes := func(client string) net.Conn {
		c := dial(t, ln)
		send(t, c, "PROXY TCP6 "+client+" 2001:db8::9 1 443\r\n")
		return c
	}
	in := func(client string) net.Conn {
		t.Helper()
		c := comes(client)
		wantClient(t, c, "["+client+"]:1")
		return c
	}
	away := func(client string) {
		t.Helper()
		c := comes(client)
		if n, err := c.Read(make([]byte, 1)); n != 0 || err == nil {
			t.Errorf("%s got %d bytes, %v", client, n, err)
		}
	}
	first, _ := in("2001:db8:1::1"), in("2001:db8:1::2")
	away("2001:db8:1::3") // the same /64
	other := in("2001:db8:2::1")
	wantTurnedAway(t, e, 0, 1, 0)
	leaves(t, e, first)
	in("2001:db8:1::1")
	wantClient(t, other, "[2001:db8:2::1]:1")
}

func TestProxiedAddressRate(t *testing.T) {
	e := testEngine(t, Options{})
	ln := listen(t, e, whoami, ListenOptions{TrustedProxies: loopback, ProxyProtocol: true, AddressRate: 1})
	for i := 0; ; i++ {
		c := dial(t, ln)
		send(t, c, proxyHeaders[0].header+"who\n")
		if n, err := c.Read(make([]byte, 1)); n == 0 && err != nil {
			if i < rateBurst {
				t.Errorf("number %d was refused", i+1)
			}
			break
		}
		if i == 100 {
			t.Fatal("new connections of an address are not limited")
		}
	}
	wantTurnedAway(t, e, 0, 0, 1)
	c := dial(t, ln)
	send(t, c, proxyHeaders[3].header)
	wantClient(t, c, client6)
}

func TestProxiesAreExempt(t *testing.T) {
	e, system := acceptingFrom(t, Options{})
	system.come("10.1.2.3")
	ln := listen(t, e, echo, ListenOptions{TrustedProxies: []netip.Prefix{netip.MustParsePrefix("::ffff:10.0.0.0/104")}, MaxPerAddress: 1, AddressRate: 1})
	for range 6 {
		wantIn(t, ln)
	}
	system.come("192.0.2.1")
	wantIn(t, ln)
	wantAway(t, ln)
	wantTurnedAway(t, e, 0, 1, 0)
}

// A loopback address is of the machine that tells it, and no reason to be exempt, nor to be let into what is for this machine.
func TestLoopbackOfAnotherMachine(t *testing.T) {
	e, system := acceptingFrom(t, Options{})
	o := ListenOptions{TrustedProxies: append([]netip.Prefix{netip.MustParsePrefix("10.0.0.0/8")}, loopback...), ProxyProtocol: true}
	for proxy, want := range map[string]string{"10.1.2.3": "10.1.2.3:1", "127.0.0.9": "127.0.0.1:4711"} {
		system.come(proxy)
		c := dial(t, listen(t, e, whoami, o))
		send(t, c, "PROXY TCP4 127.0.0.1 127.0.0.1 4711 80\r\n")
		wantClient(t, c, want)
	}
}

func TestSetRemoteAddr(t *testing.T) {
	e := testEngine(t, Options{})
	client := netip.MustParseAddrPort("192.0.2.7:0")
	trusting := ListenOptions{TrustedProxies: loopback, MaxPerAddress: 1}
	var results = make(chan string, 1)
	becomes := lines(func(c *Conn, line string) {
		peer := c.RemoteAddr().String()
		err := c.SetRemoteAddr(netip.AddrPortFrom(netip.MustParseAddr(strings.TrimSpace(line)), 0))
		result := "fine"
		if err != nil {
			result = err.Error()
		}
		if c.PeerAddr().String() != peer {
			result += ", but the peer is " + c.PeerAddr().String()
		}
		if err == nil && c.Proxies() != nil {
			result += ", but it is a proxy's"
		}
		results <- result + " " + c.RemoteAddr().String()
	})
	ln, distrusting := listen(t, e, becomes, trusting), listen(t, e, becomes)
	ask := func(c net.Conn, want string) {
		t.Helper()
		send(t, c, client.Addr().String()+"\n")
		if got := await(t, "the result", results); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
	first, second, direct := dial(t, ln), dial(t, ln), dial(t, distrusting)
	ask(first, "fine 192.0.2.7:0")
	ask(second, ErrPerAddress.Error()+" "+second.LocalAddr().String())
	ask(direct, ErrNoProxy.Error()+" "+direct.LocalAddr().String())
	ask(first, ErrNoProxy.Error()+", but the peer is "+first.LocalAddr().String()+" 192.0.2.7:0") // it is no proxy's any more
	wantTurnedAway(t, e, 0, 1, 0)
	leaves(t, e, first)
	ask(second, "fine 192.0.2.7:0")

	var closed *Conn
	on(t, e.Home(), func() {
		for _, c := range e.Home().conns {
			if c != nil && c.Listener() == ln {
				closed = c
				c.Abort()
			}
		}
	})
	on(t, e.Home(), func() {
		if err := closed.SetRemoteAddr(client); err != ErrClosed {
			t.Errorf("closed: %v", err)
		}
		if closed.PeerAddr().String() != "192.0.2.7:0" {
			t.Errorf("closed, the peer is %v", closed.PeerAddr())
		}
	})
}

// A PROXY header stands in front of TLS, and whom it names is who has a place among the handshakes.
func TestProxyProtocolUnderTLS(t *testing.T) {
	e := testEngine(t, Options{})
	o := ListenOptions{TrustedProxies: loopback, ProxyProtocol: true, TLS: &TLSOptions{MaxHandshakesPerAddress: 1}}
	secured := listenTLS(t, e, whoami, o, tls.VersionTLS13)
	ln := secured.Listener
	silent := dial(t, ln)
	send(t, silent, proxyHeaders[0].header)
	eventually(t, "its handshake", func() bool { return e.Stats().ProxyHeaders == 1 })
	raw := dial(t, ln)
	send(t, raw, proxyHeaders[0].header)
	c := tls.Client(raw, secured.client())
	wantClient(t, c, client4)
	if n, err := silent.Read(make([]byte, 1)); n != 0 || err == nil || e.Stats().HandshakesGaveWay != 1 {
		t.Errorf("the silent one of the same address is still there: %d bytes, %v", n, err)
	}
}

func TestProxyOptionsChecked(t *testing.T) {
	e := testEngine(t, Options{})
	for _, o := range []ListenOptions{
		{ProxyProtocol: true},
		{TrustedProxies: []netip.Prefix{{}}},
		{TrustedProxies: []netip.Prefix{netip.PrefixFrom(netip.MustParseAddr("10.0.0.0"), 33)}},
	} {
		if _, err := e.Listen("127.0.0.1:0", echo, o); err == nil || !strings.Contains(err.Error(), "TrustedProxies") {
			t.Errorf("Listen with %v: %v", o.TrustedProxies, err)
		}
		_, ours := pair(t)
		if _, err := e.Adopt(ours, nil, echo, o); err == nil {
			t.Errorf("Adopt with %v, ProxyProtocol %v: no error", o.TrustedProxies, o.ProxyProtocol)
		}
	}
}

// A panic of the server behind the header is that connection's.
func TestProxyProtocolPanics(t *testing.T) {
	e := testEngine(t, Options{})
	ln := listen(t, e, handler{open: func(*Conn) { panic("on purpose") }}, ListenOptions{TrustedProxies: loopback, ProxyProtocol: true})
	c := dial(t, ln)
	send(t, c, proxyHeaders[0].header+"more")
	if n, err := c.Read(make([]byte, 1)); n != 0 || err == nil {
		t.Errorf("got %d bytes, %v", n, err)
	}
	_ = c.Close()
	eventually(t, "its end", func() bool { return e.Stats().Ended.Panic == 1 && ln.Open() == 0 })
}
