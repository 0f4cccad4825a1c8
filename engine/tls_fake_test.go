//go:build linux

package engine

import (
	"bytes"
	"crypto/tls"
	"io"
	"net"
	"runtime"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"fanloop/internal/certs"
)

// wire is a client's end of a fakeSocket: what it writes goes to the socket's input, what was written to the socket it reads.
// The test alone moves bytes; a client that wants more parks until there is some.
type wire struct {
	net.Conn
	fromClient chan []byte
	toClient   chan []byte
	unread     []byte
}

func (w *wire) Write(p []byte) (int, error) {
	w.fromClient <- bytes.Clone(p)
	return len(p), nil
}

func (w *wire) Read(p []byte) (int, error) {
	if len(w.unread) == 0 {
		select {
		case w.unread = <-w.toClient:
		case <-time.After(patience):
			return 0, io.ErrNoProgress
		}
	}
	n := copy(p, w.unread)
	w.unread = w.unread[n:]
	return n, nil
}

func (*wire) SetDeadline(time.Time) error      { return nil }
func (*wire) SetWriteDeadline(time.Time) error { return nil }

// secureSocket is a made-up socket, behind which is a connection with TLS, and its client.
type secureSocket struct {
	*fakeSocket
	wire   *wire
	client *tls.Conn
}

// connectTLS connects a client and shakes hands. Each read brings cut bytes at most.
func connectTLS(t testing.TB, s *stillLoop, h Server, version uint16, cut int) *secureSocket {
	t.Helper()
	c, done := connectTight(t, s, h, version, cut, anyNumber)
	if err := await(t, "the client", done); err != nil {
		t.Fatal(err)
	}
	return c
}

// connectTight is connectTLS with a socket that takes so many bytes a turn at most; done tells of the client.
func connectTight(t testing.TB, s *stillLoop, h Server, version uint16, cut, room int) (c *secureSocket, done chan error) {
	t.Helper()
	authority := certs.New(t)
	door, err := s.engine.door(h, &TLSOptions{Config: &tls.Config{
		Certificates: []tls.Certificate{authority.Issue(serverName)}, MaxVersion: version,
	}})
	if err != nil {
		t.Fatal(err)
	}
	c = &secureSocket{fakeSocket: s.connect(door)}
	c.wire = &wire{fromClient: make(chan []byte, 1000), toClient: make(chan []byte, 1000)}
	c.client = tls.Client(c.wire, &tls.Config{RootCAs: authority.Pool(), ServerName: serverName})
	done = make(chan error, 1)
	go func() { done <- c.client.Handshake() }()
	for deadline := time.Now().Add(patience); !c.conn.secured; runtime.Gosched() {
		if time.Now().After(deadline) {
			t.Fatal("timed out: the handshake")
		}
		c.carry(cut)
		c.room = room
		s.pump()
	}
	c.carry(cut)
	return c, done
}

// carry moves what has been written on either side.
func (c *secureSocket) carry(cut int) {
	for len(c.wire.fromClient) > 0 {
		for p := <-c.wire.fromClient; len(p) > 0; {
			n := min(cut, len(p))
			c.in = append(c.in, p[:n])
			p = p[n:]
		}
	}
	if len(c.got) > 0 {
		c.wire.toClient <- c.got
		c.got = nil
	}
}

// sealed is what the client sends for p, in as many records as writes of it.
func (c *secureSocket) sealed(t testing.TB, p ...string) (records []byte) {
	t.Helper()
	for _, p := range p {
		if _, err := io.WriteString(c.client, p); err != nil {
			t.Fatal(err)
		}
	}
	for len(c.wire.fromClient) > 0 {
		records = append(records, <-c.wire.fromClient...)
	}
	return records
}

// A burst of records, cut at each byte, comes to the handler as if it had come whole: in the handshake and after it.
func TestTLSEveryCut(t *testing.T) {
	eachTLS(t, func(t *testing.T, version uint16) {
		s := newStillLoop(t, ListenOptions{})
		var got []byte
		c := connectTLS(t, s, handler{traffic: func(_ *Conn, p []byte) int {
			got = append(got, p...)
			return len(p)
		}}, version, 1)
		want := "first" + "second one" + "third"
		for at := 1; ; at++ {
			records := c.sealed(t, "first", "second one", "third")
			if at == len(records) {
				break
			}
			got = nil
			c.in = [][]byte{records[:at], records[at:]}
			s.pump()
			if string(got) != want {
				t.Fatalf("cut at %d: %q", at, got)
			}
		}
	})
}

// What has been encrypted and the kernel does not take is bounded, counts as waiting, and leaves in order.
func TestTLSAheadOfTheKernel(t *testing.T) {
	eachTLS(t, func(t *testing.T, version uint16) {
		for _, outbox := range []int{32 << 10, 1 << 20} {
			s := newStillLoop(t, ListenOptions{MaxOutbox: outbox})
			c := connectTLS(t, s, handler{}, version, anyCut)
			conn := c.conn
			c.room = 0
			want := bytes.Repeat([]byte("0123456789abcdef"), 10<<10) // 160 KiB
			s.in(c.fakeSocket, func(conn *Conn) { _ = conn.Send(want) })
			most := min(outbox, maxAhead)
			if n := conn.ahead(); n < most || n > most+most/8 || !conn.stalled {
				t.Errorf("%d bytes are ahead, stalled %v", n, conn.stalled)
			}
			if n := conn.Buffered(); n < len(want) || n > len(want)+most/8+itemOverhead {
				t.Errorf("%d bytes wait, of %d", n, len(want))
			}
			got := make(chan []byte, 1)
			go func() {
				p := make([]byte, len(want))
				n, _ := io.ReadFull(c.client, p)
				got <- p[:n]
			}()
			for len(got) == 0 {
				c.room = 1000
				s.pump()
				c.carry(anyCut)
				if n := conn.ahead(); n > most+most/8 {
					t.Fatalf("%d bytes are ahead", n)
				}
				if !conn.stalled && conn.Buffered() == 0 {
					break
				}
			}
			if p := await(t, "the client", got); !bytes.Equal(p, want) {
				t.Errorf("%d bytes came, and differ", len(p))
			}
			// Close waits for the rest, close_notify included.
			c.room = 0
			_ = conn.Send([]byte("last"))
			conn.Close()
			s.pump()
			if c.shut {
				t.Error("shut before everything was out")
			}
			for !c.shut {
				c.room = 1
				s.pump()
			}
			c.carry(anyCut)
			if p, err := io.ReadAll(c.client); string(p) != "last" || err != nil {
				t.Errorf("%q, %v", p, err)
			}
			c.eof = true
			s.pump()
			if !c.closed {
				t.Error("not closed")
			}
		}
	})
}

const anyCut = 1 << 30

// A kernel that takes little of the handshake delays it, and what it has not taken of the last flight stays in front of
// everything else.
func TestTLSHandshakeWithLittleRoom(t *testing.T) {
	for _, room := range []int{1, 10} {
		s := newStillLoop(t, ListenOptions{})
		h := handler{open: func(c *Conn) { _ = c.Send([]byte("hello")) }}
		c, done := connectTight(t, s, h, tls.VersionTLS12, anyCut, room) // of which the server has the last word
		if c.conn.ahead() == 0 || !c.conn.stalled {
			t.Fatalf("%d bytes of the flight are left", c.conn.ahead())
		}
		c.room = anyNumber
		s.pump()
		c.carry(anyCut)
		if err := await(t, "the client", done); err != nil {
			t.Fatal(err)
		}
		expect(t, c.client, "hello")
		if c.conn.stalled || c.conn.Buffered() != 0 {
			t.Errorf("stalled %v, %d bytes wait", c.conn.stalled, c.conn.Buffered())
		}
	}
}

// Messages that the turn or a pause has left are in user space, and come without an event.
func TestTLSTurnsAndPauses(t *testing.T) {
	eachTLS(t, func(t *testing.T, version uint16) {
		s := newStillLoop(t, ListenOptions{})
		handled := 0
		c := connectTLS(t, s, lines(func(c *Conn, _ string) {
			if handled++; handled%100 == 0 {
				c.Pause()
			}
		}), version, anyCut)
		c.in = [][]byte{c.sealed(t, numbered(250))}
		for want := 100; want <= 200; want += 100 {
			s.pump()
			if handled != want {
				t.Fatalf("%d messages, want %d", handled, want)
			}
			c.conn.Resume()
		}
		s.pump()
		if handled != 250 {
			t.Fatalf("%d messages", handled)
		}
	})
}

// A write that fails for now is tried again, one that fails for good ends the connection.
func TestTLSWriteErrors(t *testing.T) {
	s := newStillLoop(t, ListenOptions{})
	c := connectTLS(t, s, handler{}, tls.VersionTLS13, anyCut)
	c.writeErr = unix.EAGAIN
	s.in(c.fakeSocket, func(conn *Conn) { _ = conn.Send([]byte("hello")) })
	if !c.conn.stalled {
		t.Fatal("not stalled")
	}
	c.writeErr = nil
	s.feed()
	s.pump()
	c.carry(anyCut)
	expect(t, c.client, "hello")
	c.writeErr = errReset
	s.in(c.fakeSocket, func(conn *Conn) { _ = conn.Send([]byte("hello")) })
	if !c.closed {
		t.Error("not closed")
	}
}

// What crypto/tls allocates is all that is allocated: once for each time that it wants more, which is every 512 bytes or so, and
// once in an event for the last of them. Records and messages cost none.
func TestTLSAllocations(t *testing.T) {
	if raced {
		t.Skip("the pools that crypto/tls uses forget under the race detector")
	}
	eachTLS(t, func(t *testing.T, version uint16) {
		s := newStillLoop(t, ListenOptions{})
		handled := 0
		answer := []byte("the answer\n")
		h := handler{traffic: func(c *Conn, p []byte) int {
			n := bytes.Count(p, []byte("\n"))
			handled += n
			for range n {
				_ = c.SendShared(answer)
			}
			return len(p)
		}}
		c := connectTLS(t, s, h, version, anyCut)
		c.forgets = true
		const runs = 200
		for _, messages := range []int{1, 20} {
			var events [][]byte
			for range runs + 1 { // and one to warm up
				all := make([]string, messages)
				for i := range all {
					all[i] = "a message\n"
				}
				events = append(events, c.sealed(t, all...))
			}
			c.in = events
			crypto := 2 + len(events[0])/512
			handled = 0
			allocs := testing.AllocsPerRun(runs, func() { s.event(c.fakeSocket, unix.EPOLLIN) })
			if handled != (runs+1)*messages {
				t.Fatalf("%d messages handled", handled)
			}
			if allocs > float64(crypto) {
				t.Errorf("%d messages in an event: %v allocations, want %d", messages, allocs, crypto)
			}
		}
	})
}

func BenchmarkTLSRead(b *testing.B) {
	for _, version := range tlsVersions {
		b.Run(tls.VersionName(version), func(b *testing.B) {
			s := newStillLoop(b, ListenOptions{})
			c := connectTLS(b, s, handler{}, version, anyCut)
			b.ReportAllocs()
			for b.Loop() {
				b.StopTimer()
				records := c.sealed(b, "a message\n")
				b.StartTimer()
				c.in = append(c.in[:0], records)
				s.event(c.fakeSocket, unix.EPOLLIN)
			}
		})
	}
}

func BenchmarkTLSWrite(b *testing.B) {
	for _, version := range tlsVersions {
		b.Run(tls.VersionName(version), func(b *testing.B) {
			s := newStillLoop(b, ListenOptions{})
			c := connectTLS(b, s, handler{}, version, anyCut)
			c.forgets = true
			frame := make([]byte, 130)
			b.ReportAllocs()
			for b.Loop() {
				_ = c.conn.SendShared(frame)
				s.finish(c.conn)
			}
		})
	}
}
