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
)

func addressed(t *testing.T, ip string) netip.Prefix {
	t.Helper()
	e := endpointOf(netip.AddrPortFrom(netip.MustParseAddr(ip), 1))
	return addressGroup(&e, []netip.Prefix{netip.MustParsePrefix("10.1.0.0/16")})
}

func TestAddressGroups(t *testing.T) {
	for _, c := range []struct {
		a, b string
		same bool
	}{
		{"192.0.2.1", "192.0.2.1", true},
		{"192.0.2.1", "192.0.2.2", false},
		{"2001:db8::1", "2001:db8::ffff:1", true},
		{"2001:db8::1", "2001:db8:0:1::1", false},
		{"192.0.2.1", "::ffff:192.0.2.1", true},
	} {
		if same := addressed(t, c.a) == addressed(t, c.b); same != c.same {
			t.Errorf("%s and %s: same %v", c.a, c.b, same)
		}
	}
	for _, exempt := range []string{"127.0.0.1", "127.9.9.9", "::1", "::ffff:127.0.0.1", "10.1.2.3"} {
		if addressed(t, exempt) != (netip.Prefix{}) {
			t.Errorf("%s is counted", exempt)
		}
	}
	if addressGroup(&endpoint{}, nil) != (netip.Prefix{}) {
		t.Error("a unix socket is counted")
	}
}

func TestRoom(t *testing.T) {
	a, b, exempt := addressed(t, "192.0.2.1"), addressed(t, "192.0.2.2"), netip.Prefix{}
	var r room
	r.init(4, 2)
	a1, a2, a3, b1, x1, x2, x3 := new(handshake), new(handshake), new(handshake), new(handshake), new(handshake), new(handshake), new(handshake)
	enter := func(h *handshake, from netip.Prefix, wantGone *handshake, wantOK bool) {
		t.Helper()
		if gone, ok := r.enter(h, from); gone != wantGone || ok != wantOK {
			t.Errorf("%p gave way, %v; want %p, %v", gone, ok, wantGone, wantOK)
		}
	}
	enter(a1, a, nil, true)
	enter(b1, b, nil, true)
	enter(a2, a, nil, true)
	r.hear(a1)
	r.rest(a1)             // a2 has been silent for longer now
	enter(a3, a, a2, true) // of one address no more than 2
	enter(x1, exempt, nil, true)
	enter(x2, exempt, b1, true) // the longest silent of all
	r.leave(a2)                 // has gone already
	r.leave(b1)
	for i, h := range []*handshake{a1, a3, x1, x2} {
		if most := i >= 2; r.crowded() != most {
			t.Errorf("crowded %v with %d of 4 silent", !most, 4-i)
		}
		r.hear(h)
	}
	enter(x3, exempt, nil, false) // nobody is silent
	enter(a2, a, nil, false)
	r.leave(a1)
	if r.crowded() {
		t.Error("crowded with a free place")
	}
	for _, h := range []*handshake{a3, x1, x2} {
		r.leave(h)
	}
	if r.n != 0 || r.silent.Len() != 0 || len(r.groups) != 0 {
		t.Errorf("%d left, %d silent, %d groups", r.n, r.silent.Len(), len(r.groups))
	}
}

// Peers that say nothing, say a part, or say it and then nothing more, do not keep others out: those silent the longest give way.
func TestTLSSilentPeersGiveWay(t *testing.T) {
	const most, silent = 50, 2000
	e := testEngine(t, Options{Loops: 2})
	ln := listenTLS(t, e, echo, ListenOptions{TLS: &TLSOptions{MaxHandshakes: most, HandshakeTimeout: time.Hour}}, 0)
	hello := clientHello(t, ln.client())
	first := dialTLS(t, ln, ln.client())
	var peers []net.Conn
	for i := range silent {
		c := dial(t, ln.Listener)
		switch i % 3 {
		case 1:
			send(t, c, string(hello[:len(hello)/2]))
		case 2:
			send(t, c, string(hello))
			expect(t, c, "\x16\x03\x03")
		}
		if peers = append(peers, c); i%500 == 0 {
			served := dialTLS(t, ln, ln.client())
			send(t, served, "x")
			expect(t, served, "x")
		}
	}
	last := dialTLS(t, ln, ln.client())
	for _, c := range []*tls.Conn{first, last} {
		send(t, c, "still here")
		expect(t, c, "still here")
	}
	gaveWay := func() uint64 { return e.Stats().HandshakesGaveWay }
	eventually(t, "all but those who may stay gave way", func() bool { return gaveWay() >= silent-most })
	for _, c := range peers[:silent-2*most] {
		renew(c)
		if _, err := io.Copy(io.Discard, c); errors.Is(err, os.ErrDeadlineExceeded) {
			t.Fatal("one that gave way is still there")
		}
	}
	for _, l := range e.Loops() {
		on(t, l, func() {}) // who gives way on the other loop is counted in two steps
	}
	if s := e.Stats(); s.HandshakesFailed != s.HandshakesGaveWay || s.Handshakes != 2+silent/500 {
		t.Errorf("%d failed, %d gave way, %d succeeded", s.HandshakesFailed, s.HandshakesGaveWay, s.Handshakes)
	}
}

func TestTLSHandshakeTimeout(t *testing.T) {
	const limit = 50 * time.Millisecond
	eachTLS(t, func(t *testing.T, version uint16) {
		failed := make(chan error, 3)
		e := testEngine(t, Options{})
		ln := listenTLS(t, e, echo, ListenOptions{TLS: &TLSOptions{
			HandshakeTimeout: limit,
			OnHandshakeError: func(_ *Conn, err error) { failed <- err },
		}}, version)
		hello := string(clientHello(t, ln.client()))
		for _, said := range []string{"", hello[:100], hello} {
			c := dial(t, ln.Listener)
			send(t, c, said)
			if err := await(t, "OnHandshakeError", failed); err != ErrHandshakeTimeout {
				t.Errorf("%d bytes: %v", len(said), err)
			}
			_, _ = io.Copy(io.Discard, c)
		}
		if s := e.Stats(); s.HandshakeTimeouts != 3 || s.HandshakesFailed != 3 {
			t.Errorf("%d timeouts, %d failed", s.HandshakeTimeouts, s.HandshakesFailed)
		}
	})
}

// Who is done in time is not cut off later. Timers of this loop fire when the test says so, and everybody is in time.
func TestTLSHandshakeInTime(t *testing.T) {
	eachTLS(t, func(t *testing.T, version uint16) {
		s := newStillLoop(t, ListenOptions{})
		c := connectTLS(t, s, echo, version, anyCut)
		if s.timers.count != 0 {
			t.Errorf("%d timers are left", s.timers.count)
		}
		s.pass(time.Hour)
		c.in = [][]byte{c.sealed(t, "still here")}
		s.pump()
		c.carry(anyCut)
		expect(t, c.client, "still here")
	})
}

// A handshake that is computed for long holds a token, and nothing else: those who are connected are served, and who is silent
// holds no token.
func TestTLSHandshakeThatStalls(t *testing.T) {
	computing, release := make(chan struct{}, 1), make(chan struct{})
	e := testEngine(t, Options{Handshakers: 1})
	ln := listenTLS(t, e, echo, ListenOptions{TLS: &TLSOptions{Config: &tls.Config{
		GetConfigForClient: func(hello *tls.ClientHelloInfo) (*tls.Config, error) {
			if strings.HasPrefix(hello.ServerName, "slow.") {
				computing <- struct{}{}
				<-release
			}
			return nil, nil
		},
	}}}, 0)
	parked := dial(t, ln.Listener)
	send(t, parked, string(clientHello(t, ln.client())))
	expect(t, parked, "\x16\x03\x03")
	connected := dialTLS(t, ln, ln.client()) // though one is parked
	send(t, connected, "x")
	expect(t, connected, "x")

	config := ln.client()
	config.ServerName = "slow.example"
	slow := make(chan error, 1)
	tcp := dial(t, ln.Listener)
	go func() {
		config.InsecureSkipVerify = true
		slow <- tls.Client(tcp, config).Handshake()
	}()
	await(t, "the computing", computing)
	waiting := make(chan error, 1)
	other := tls.Client(dial(t, ln.Listener), ln.client())
	go func() { waiting <- other.Handshake() }()
	for range 100 {
		send(t, connected, "x")
		expect(t, connected, "x")
	}
	if len(waiting) != 0 {
		t.Error("two were computed at once")
	}
	close(release)
	for what, ch := range map[string]chan error{"the slow one": slow, "the one behind it": waiting} {
		if err := await(t, what, ch); err != nil {
			t.Errorf("%s: %v", what, err)
		}
	}
}

// When the room is full of handshakes that wait for a CPU, accepting pauses, and goes on by itself.
func TestTLSCrowd(t *testing.T) {
	const clients, room = 150, 64
	release := make(chan struct{})
	e := testEngine(t, Options{Handshakers: 1})
	ln := listenTLS(t, e, echo, ListenOptions{TLS: &TLSOptions{MaxHandshakes: room, Config: &tls.Config{
		GetConfigForClient: func(*tls.ClientHelloInfo) (*tls.Config, error) {
			<-release
			return nil, nil
		},
	}}}, 0)
	done := make(chan error, clients)
	come := func(n int) {
		for range n {
			c := tls.Client(dial(t, ln.Listener), ln.client())
			go func() { done <- sayOne(c) }()
		}
	}
	come(room)
	eventually(t, "all in the room have been heard", func() bool { return ln.door.room.heard() == room })
	come(clients - room)
	eventually(t, "accepting pauses", func() bool { return e.Stats().AcceptPauses > 0 })
	close(release)
	lost := 0
	for range clients {
		if await(t, "a client", done) != nil {
			lost++
		}
	}
	// Whoever is accepted later, and not heard at once, may have given way; how many that are is the scheduler's. Those who wait
	// for the CPU never do, and of these the room was full.
	if s := e.Stats(); uint64(lost) != s.HandshakesGaveWay || lost > clients-room {
		t.Errorf("%d clients lost, %d gave way", lost, s.HandshakesGaveWay)
	}
}

// heard is how many are to be computed, or are.
func (r *room) heard() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.n - r.silent.Len()
}

// sayOne shakes hands and has one byte echoed.
func sayOne(c *tls.Conn) error {
	if err := c.Handshake(); err != nil {
		return err
	}
	if _, err := c.Write([]byte("x")); err != nil {
		return err
	}
	_, err := io.ReadFull(c, make([]byte, 1))
	return err
}
