//go:build linux

package engine

import (
	"bufio"
	"crypto/tls"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"golang.org/x/sys/unix"

	"fanloop/internal/certs"
)

// badDay is an engine whose calls fail at random: now and then for a while for everybody, and for good for every fourth connection.
type badDay struct {
	t        *testing.T
	rng      *rand.Rand // the system's, under its lock
	engine   *Engine
	system   *faulty
	listener *Listener
	dial     func() (net.Conn, error)

	died          map[int]bool // connections that a fault has ended, under the system's lock
	opened, ended atomic.Int64
	broken        atomic.Int64 // ended with an errno
}

const badDayMessages = 40

// fate is the system's fail.
func (d *badDay) fate(call string, conn int) error {
	unlucky := conn >= 0 && conn%4 == 3
	for _, f := range faults {
		if f.call != call || conn < 0 && call != callAccept {
			continue
		}
		switch n := d.rng.IntN(100); {
		case n < 10 && len(f.goesOn) > 0:
			return f.goesOn[d.rng.IntN(len(f.goesOn))]
		case n < 50 && (call == callRead || call == callWrite):
			return errShort
		case n >= 97 && unlucky && len(f.lost) > 0:
			d.died[conn] = true
			return f.lost[d.rng.IntN(len(f.lost))]
		}
	}
	return nil
}

func newBadDay(t *testing.T, seed uint64, options ListenOptions) *badDay {
	system, sys := newFaulty()
	d := &badDay{t: t, rng: rand.New(rand.NewPCG(seed, 7)), system: system, died: map[int]bool{}}
	d.engine = faultyEngine(t, Options{Loops: 2}, sys)
	d.listener = listen(t, d.engine, handler{open: d.open, traffic: d.traffic, close: d.close}, options)
	d.dial = func() (net.Conn, error) { return net.Dial("tcp", d.listener.Addr().String()) }
	system.set(d.fate)
	return d
}

// open welcomes a connection, which hears what is for everybody from now on.
func (d *badDay) open(c *Conn) {
	d.opened.Add(1)
	_ = c.Send([]byte("welcome\n"))
	(*outlet)(c).Hear(true)
}

// traffic is an echo of lines, and of "all" to everybody on the loop.
func (d *badDay) traffic(c *Conn, p []byte) (used int) {
	for {
		line, _, found := strings.Cut(string(p[used:]), "\n")
		if !found || !c.Next() {
			return used
		}
		used += len(line) + 1
		if line == "all" {
			c.Loop().Broadcast(text(fmt.Sprintf("all %p %d\n", c.Loop(), c.Loop().everybody.end())), nil)
			continue
		}
		_ = c.Send([]byte(line + "\n"))
	}
}

func (d *badDay) close(_ *Conn, err error) {
	d.ended.Add(1)
	if _, ok := err.(unix.Errno); ok {
		d.broken.Add(1)
	}
}

// client says its messages, reads what comes, and goes. It tells how far it came: to the end, or to some point from where on it was
// told nothing more. What it was told until then is in order, and without a gap.
func (d *badDay) client(rng *rand.Rand) (whole bool) {
	c, err := d.dial()
	if err != nil {
		return false
	}
	defer c.Close()
	renew(c)
	pad := make([]string, badDayMessages)
	for i := range pad {
		pad[i] = strings.Repeat("x", rng.IntN(1<<rng.IntN(14)))
	}
	go func() {
		for i, p := range pad {
			if _, err := fmt.Fprintf(c, "%d %s\n", i, p); err != nil {
				return
			}
			if i%8 == 3 {
				_, _ = io.WriteString(c, "all\n")
			}
		}
	}()
	r := bufio.NewReaderSize(c, 32<<10)
	if line, err := r.ReadString('\n'); line != "welcome\n" {
		if err == nil {
			d.t.Errorf("welcomed with %q", line)
		}
		return false
	}
	heard := 0
	for next := 0; next < len(pad); {
		renew(c)
		line, err := r.ReadString('\n')
		if err != nil {
			return false // cut off, somewhere
		}
		var loop string
		var number int
		if n, _ := fmt.Sscanf(line, "all %s %d\n", &loop, &number); n == 2 {
			if heard > 0 && number != heard+1 {
				d.t.Errorf("broadcast %d comes behind %d", number, heard)
			}
			heard = number
			continue
		}
		if want := fmt.Sprintf("%d %s\n", next, pad[next]); line != want {
			d.t.Errorf("got %.50q, want %.50q", line, want)
			return false
		}
		next++
	}
	if c.(interface{ CloseWrite() error }).CloseWrite() != nil {
		return false
	}
	_, err = io.Copy(io.Discard, r) // what is for everybody may still come
	return err == nil
}

// run has so many clients come and go, and looks what is left. It tells how many died of a fault.
func (d *badDay) run(seed uint64, clients int) (died int) {
	before := descriptors()
	var whole atomic.Int64
	var all sync.WaitGroup
	for i := range clients {
		all.Go(func() {
			if d.client(rand.New(rand.NewPCG(seed, uint64(i)))) {
				whole.Add(1)
			}
		})
	}
	all.Wait()
	d.system.set(nil)
	eventually(d.t, "nobody is left", func() bool { return d.engine.Stats().Connections == 0 })
	wantEchoOf(d.t, d.dial)
	shutdown(d.t, d.engine)
	d.judge(clients, int(whole.Load()))
	eventually(d.t, "as many descriptors as before", func() bool { return descriptors() <= before-2 }) // the loops' are gone too
	return len(d.died)
}

// wantEchoOf looks whether the engine still serves.
func wantEchoOf(t testing.TB, dial func() (net.Conn, error)) {
	t.Helper()
	c, err := dial()
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	expect(t, c, "welcome\n")
	send(t, c, "still there\n")
	expect(t, c, "still there\n")
}

func (d *badDay) judge(clients, whole int) {
	d.t.Helper()
	s := d.engine.Stats()
	if died := len(d.died); whole < clients-died {
		// A fault behind the last message leaves a whole conversation.
		d.t.Errorf("of %d clients %d died of a fault, and %d were served to the end", clients, died, whole)
	}
	if d.opened.Load() != d.ended.Load() || s.Ended.Sum() != s.Accepted || s.Accepted != uint64(clients)+1 {
		d.t.Errorf("%d OnOpen, %d OnClose: %+v", d.opened.Load(), d.ended.Load(), s)
	}
	if s.Ended.Network > uint64(len(d.died)) || s.Panics > 0 || s.Stalled != 0 || s.OutboxBytes != 0 || s.Starved == 0 {
		d.t.Errorf("%d connections died of a fault: %+v", len(d.died), s)
	}
	if s.BytesOut != uint64(d.system.written) || s.BytesIn+s.BytesDiscarded != uint64(d.system.read) {
		d.t.Errorf("%+v, but %d bytes were read and %d written", s, d.system.read, d.system.written)
	}
	if tries := 2*int(s.Reads+s.Writes+s.Starved) + 40*clients; d.system.count(callRead)+d.system.count(callWrite) > tries {
		d.t.Errorf("%d reads and %d writes were tried: %+v", d.system.count(callRead), d.system.count(callWrite), s)
	}
}

// Whole conversations while every call fails at random: who met no error that ends a connection is served to the end, in order and
// without a gap; the others until then. Nothing is left of anybody, and what is counted is true.
func TestFaultsAtRandom(t *testing.T) {
	died := 0
	for seed := range uint64(6) {
		died += newBadDay(t, seed, ListenOptions{}).run(seed, 60)
		if t.Failed() {
			t.Fatalf("seed %d", seed)
		}
	}
	if died < 10 {
		t.Errorf("only %d connections died of a fault", died)
	}
}

func TestFaultsAtRandomWithTLS(t *testing.T) {
	authority := certs.New(t)
	for seed := range uint64(3) {
		d := newBadDay(t, seed, ListenOptions{TLS: &TLSOptions{
			Config: &tls.Config{Certificates: []tls.Certificate{authority.Issue("a.example")}}, HandshakeTimeout: patience,
		}})
		plain := d.dial
		d.dial = func() (net.Conn, error) {
			c, err := plain()
			if err != nil {
				return nil, err
			}
			return tls.Client(c, &tls.Config{RootCAs: authority.Pool(), ServerName: "a.example"}), nil
		}
		d.run(seed, 40)
		if t.Failed() {
			t.Fatalf("seed %d", seed)
		}
	}
}
