//go:build linux

package engine

import (
	"math/rand/v2"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

// unruly is a loop of connections whose handlers do at random what a handler may, whenever they are called.
type unruly struct {
	*stillLoop
	rng       *rand.Rand
	audiences []Audience
	depth     int
}

func newUnruly(t *testing.T, seed uint64) *unruly {
	policy := SlowPolicy(seed % uint64(Conflate+1))
	u := &unruly{
		stillLoop: newStillLoop(t, ListenOptions{MaxOutbox: 1000, Slow: policy}),
		rng:       rand.New(rand.NewPCG(seed, 5)),
	}
	for range 3 {
		u.audiences = append(u.audiences, u.NewAudience())
	}
	for range 1 + seed%8 {
		u.join()
	}
	return u
}

func (u *unruly) join() {
	k := u.connect(whole{full: func(*Conn) { u.nested() }, drain: func(*Conn) { u.nested() }})
	outlet, _ := k.conn.Ref().Attach(u.nested)
	if u.rng.IntN(2) == 0 {
		k.conn.SetFormat([]*Format{rawToo, bracketed, farewell}[u.rng.IntN(3)])
	}
	outlet.Hear(true)
	k.room = u.rng.IntN(1000)
}

// nested acts inside a callback that came in the midst of another act.
func (u *unruly) nested() {
	if u.depth++; u.depth < 4 {
		u.act()
	}
	u.depth--
}

func (u *unruly) message() *message {
	size := u.rng.IntN(200)
	if u.rng.IntN(4) == 0 {
		size = u.rng.IntN(1200)
	}
	return &message{data: strings.Repeat("x", size), key: []string{"", "a", "b"}[u.rng.IntN(3)], binary: u.rng.IntN(5) == 0}
}

// one is any connection, also one that has ended.
func (u *unruly) one() *fakeSocket { return u.sockets[u.rng.IntN(len(u.sockets))] }

func (u *unruly) act() {
	k := u.one()
	c, a := k.conn, u.audiences[u.rng.IntN(len(u.audiences))]
	switch u.rng.IntN(20) {
	case 0:
		c.hear(u.rng.IntN(4) > 0)
	case 1, 2:
		a.Add((*outlet)(c))
	case 3:
		a.Remove((*outlet)(c))
	case 4:
		_ = c.Send([]byte(u.message().data))
	case 5:
		_ = c.SendShared([]byte(u.message().data))
	case 6:
		c.AwaitDrain(u.rng.IntN(100))
	case 7:
		c.SetFormat([]*Format{raw, rawToo, bracketed, farewell}[u.rng.IntN(4)])
	case 8:
		u.end(c)
	case 9, 10, 11:
		c.pushShared(u.message())
	case 12:
		k.room += u.rng.IntN(1000)
	default:
		u.push(a)
	}
}

func (u *unruly) end(c *Conn) {
	switch u.rng.IntN(10) {
	case 0:
		c.Abort()
	case 1:
		c.Close()
	case 2:
		c.Detach()
	case 3:
		(*outlet)(c).Kick(u.message(), 4000, "x")
	}
}

func (u *unruly) push(a Audience) {
	var except []Outlet
	for u.rng.IntN(3) == 0 {
		except = append(except, (*outlet)(u.one().conn))
	}
	to := u.audiences[:u.rng.IntN(len(u.audiences)+1)]
	taken, refused := 0, 0
	switch len(to) {
	case 0:
		taken, refused = u.Broadcast(u.message(), except)
	case 1:
		taken, refused = u.BroadcastTo([]Audience{a}, u.message(), except)
	default:
		taken, refused = u.BroadcastTo(to, u.message(), except)
	}
	if taken < 0 || refused < 0 || taken+refused > len(u.sockets) {
		u.t.Fatalf("%d took it, and %d refused", taken, refused)
	}
}

// Whatever is done in the midst of whatever else, the loop's books are right afterwards, and nothing is left behind.
func TestUnrulyHandlers(t *testing.T) {
	for seed := range uint64(400) {
		u := newUnruly(t, seed)
		for range 120 {
			if u.rng.IntN(3) == 0 {
				u.in(u.one(), func(*Conn) { u.act() })
			} else {
				u.act() // as a timer does
			}
			if u.rng.IntN(40) == 0 {
				u.join()
			}
			u.settle()
			if u.rng.IntN(4) == 0 {
				u.slice()
			}
			if k := u.one(); k.conn.state != dead && k.conn.stalled && k.room > 0 {
				u.event(k, unix.EPOLLOUT)
			}
			u.checkLoop()
		}
		for _, k := range u.sockets {
			k.room, k.eof = anyNumber, true
		}
		u.depth = 4 // no more acts
		u.pump()
		u.expectIdle()
		if n := u.stats.panics.Load(); n > 0 {
			t.Fatalf("seed %d: %d panics: %s", seed, n, u.log.String())
		}
		if t.Failed() {
			t.Fatalf("seed %d", seed)
		}
	}
}
