//go:build linux

package engine

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

// bracketed is a format that cannot express binary messages.
var bracketed = NewFormat(func(dst, data []byte, binary bool) []byte {
	if binary {
		return nil
	}
	return append(append(append(dst, '<'), data...), '>')
}, nil)

// streams is the model that a loop is compared with: for each connection one stream, to which everything for it is appended
// in the order in which it was sent, by whatever way.
type streams struct {
	*stillLoop
	rng   *rand.Rand
	all   []*stream
	crews []*crew
	count int // of what was sent
	depth int // of callbacks that send
}

// crew is an audience, and who the model says is in it.
type crew struct {
	Audience
	in map[*stream]bool
}

type stream struct {
	*fakeSocket
	outlet Outlet
	want   []byte
	hears  bool
	pushed bool // takes pushes: not detached, not ended
	ended  bool // takes nothing
	cut    bool // aborted: a part arrives
}

func newStreams(t *testing.T, seed uint64, connections int) *streams {
	m := &streams{stillLoop: newStillLoop(t, ListenOptions{MaxOutbox: 1 << 30}), rng: rand.New(rand.NewPCG(seed, 1))}
	for range connections {
		k := &stream{fakeSocket: m.connect(handler{}), pushed: true}
		k.outlet, _ = k.conn.Ref().Attach(func() { m.gone(k) })
		if m.rng.IntN(2) == 0 {
			k.conn.SetFormat(bracketed)
		}
		m.all = append(m.all, k)
	}
	for range 3 {
		m.crews = append(m.crews, &crew{m.NewAudience(), map[*stream]bool{}})
	}
	return m
}

// gone is what a hub does then, and sends to others in the midst of the end of one.
func (m *streams) gone(k *stream) {
	k.pushed = false
	m.deaf(k, true)
	if m.depth++; m.depth < 3 {
		m.act()
	}
	m.depth--
}

// deaf is the end of k's hearing, and of its being in audiences.
func (m *streams) deaf(k *stream, remove bool) {
	k.hears = false
	for _, crew := range m.crews {
		if remove {
			crew.Remove(k.outlet)
		}
		delete(crew.in, k)
	}
}

func (m *streams) any() *stream { return m.all[m.rng.IntN(len(m.all))] }

// payload is something that differs from everything before, of a length that is treated in its own way somewhere.
func (m *streams) payload() string {
	m.count++
	s := fmt.Sprintf("[%d]", m.count)
	switch m.rng.IntN(20) {
	case 0:
		return ""
	case 1:
		return strings.Repeat(s, 5000/len(s))
	case 2:
		return strings.Repeat(s, (largeFrame+100)/len(s))
	case 3:
		if m.rng.IntN(2) == 0 {
			return strings.Repeat(s, (maxWrite+100)/len(s))
		}
	}
	return s
}

func (m *streams) message() *message {
	return &message{data: m.payload(), binary: m.rng.IntN(4) == 0}
}

// broadcast is to everybody, or to some crews.
func (m *streams) broadcast() {
	msg := m.message()
	var to []*crew
	var audiences []Audience
	if m.rng.IntN(3) > 0 {
		for again := true; again; again = m.rng.IntN(4) == 0 {
			crew := m.crews[m.rng.IntN(len(m.crews))]
			to, audiences = append(to, crew), append(audiences, crew.Audience)
		}
	}
	var except []*stream
	var outlets []Outlet
	for m.rng.IntN(3) == 0 {
		k := m.any()
		except = append(except, k)
		outlets = append(outlets, (*outlet)(k.conn))
	}
	taken := 0
	for _, k := range m.all {
		in := to == nil || slices.ContainsFunc(to, func(c *crew) bool { return c.in[k] })
		if k.hears && in && !slices.Contains(except, k) {
			k.want = append(k.want, k.conn.format.frame(msg)...)
			taken++
		}
	}
	broadcast := func() (taken, refused int) { return m.Broadcast(msg, outlets) }
	if to != nil {
		broadcast = func() (taken, refused int) { return m.BroadcastTo(audiences, msg, outlets) }
	}
	if got, refused := broadcast(); got != taken || refused != 0 {
		m.t.Fatalf("Broadcast: %d took it, %d refused; want %d, 0", got, refused, taken)
	}
}

func (m *streams) push(k *stream) {
	msg := m.message()
	frame := k.conn.format.frame(msg)
	want := k.pushed && frame != nil
	if want {
		k.want = append(k.want, frame...)
	}
	if got := k.outlet.Push(msg); got != want {
		m.t.Fatalf("Push to %d: %v, want %v", k.conn.id, got, want)
	}
}

func (m *streams) send(k *stream) {
	p, err := []byte(m.payload()), error(nil)
	if !k.ended {
		k.want = append(k.want, p...)
	}
	if m.rng.IntN(2) == 0 {
		err = k.conn.Send(p)
	} else {
		_, err = k.conn.Write(p)
		clear(p) // Write copies
	}
	if (err == ErrClosed) != k.ended {
		m.t.Fatalf("sending to %d: %v, ended %v", k.conn.id, err, k.ended)
	}
}

func (m *streams) hear(k *stream, on bool) {
	if !on {
		m.deaf(k, m.rng.IntN(2) == 0)
	}
	k.outlet.Hear(on)
	k.hears = on && k.pushed
}

// enlist lets k into a crew, or out of it.
func (m *streams) enlist(k *stream) {
	crew := m.crews[m.rng.IntN(len(m.crews))]
	if m.rng.IntN(3) == 0 {
		crew.Remove(k.outlet)
		delete(crew.in, k)
	} else if crew.Add(k.outlet); k.hears {
		crew.in[k] = true
	}
	if crew.Has(k.outlet) != crew.in[k] {
		m.t.Fatalf("%d is in: %v, want %v", k.conn.id, crew.Has(k.outlet), crew.in[k])
	}
}

// end lets k's end begin, in one of three ways.
func (m *streams) end(k *stream) {
	switch m.rng.IntN(12) {
	case 0:
		k.ended, k.cut = true, true
		k.conn.Abort()
	case 1:
		k.ended = true
		k.conn.Close()
	case 2:
		k.conn.Detach()
	}
}

// act does one of the things that a program may do, anywhere.
func (m *streams) act() {
	k := m.any()
	switch m.rng.IntN(12) {
	case 10, 11:
		m.enlist(k)
	case 0, 1, 2:
		m.broadcast()
	case 3, 4:
		m.push(k)
	case 5, 6:
		m.send(k)
	case 7:
		m.hear(k, m.rng.IntN(3) > 0)
	case 8:
		if m.rng.IntN(8) == 0 {
			k.conn.SetFormat([]*Format{raw, bracketed}[m.rng.IntN(2)])
		}
	case 9:
		if m.rng.IntN(6) == 0 {
			m.end(k)
		}
	}
}

// step lets the program do something, the peers read something, or the loop go on.
func (m *streams) step() {
	k := m.any()
	switch m.rng.IntN(12) {
	case 0:
		m.callback(k.conn, func(*Conn) {
			for range m.rng.IntN(6) {
				m.act()
			}
		})
		m.settle()
	case 1:
		k.room = m.rng.IntN(1 << m.rng.IntN(18))
	case 2:
		if m.rng.IntN(4) == 0 {
			k.room = anyNumber
		}
	case 3, 4:
		if events := k.events(); events != 0 {
			m.event(k.fakeSocket, events)
		}
	case 5:
		m.slice()
	default:
		m.act()
		m.settle()
	}
	m.checkLoop()
	if n := m.stats.panics.Load(); n > 0 {
		m.t.Fatal("a callback panicked: ", m.log.String())
	}
}

// finish lets all peers read everything, and compares.
func (m *streams) finish() {
	for _, k := range m.all {
		k.room = anyNumber
	}
	m.pump()
	for _, k := range m.all {
		switch {
		case k.cut && bytes.HasPrefix(k.want, k.got):
		case !k.cut && bytes.Equal(k.want, k.got):
		default:
			m.t.Fatalf("connection %d: got %d bytes, want %d; they differ from byte %d on", k.conn.id, len(k.got), len(k.want), differ(k.got, k.want))
		}
		if k.ended && !k.shut && !k.closed || len(k.reasons) > 1 || k.ended != (len(k.reasons) == 1) {
			m.t.Fatalf("connection %d: ended %v, shut %v, closed %v, OnClose %v", k.conn.id, k.ended, k.shut, k.closed, k.reasons)
		}
	}
	for _, crew := range m.crews {
		if n := crew.Audience.(*audience).size; n != len(crew.in) {
			m.t.Fatalf("%d are in, want %d", n, len(crew.in))
		}
	}
	m.expectIdle()
	m.depth = 3 // what the end of the loop ends sends no more
}

func differ(a, b []byte) (i int) {
	for i < min(len(a), len(b)) && a[i] == b[i] {
		i++
	}
	return i
}

func TestStreamsAgainstModel(t *testing.T) {
	seeds := uint64(60)
	if testing.Short() {
		seeds = 15
	}
	for seed := range seeds {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			m := newStreams(t, seed, 1+int(seed%9))
			for range 40 + 400*(seed%3) {
				m.step()
			}
			m.finish()
		})
	}
}

// A peer that resets while everything goes on ends alone.
func TestStreamsWithResets(t *testing.T) {
	for seed := range uint64(20) {
		m := newStreams(t, 1000+seed, 6)
		for i := range 300 {
			if k := m.any(); i%50 == 49 && !k.ended {
				k.ended, k.cut = true, true
				k.writeErr, k.readErr = errReset, errReset
				m.event(k.fakeSocket, unix.EPOLLERR|unix.EPOLLHUP|unix.EPOLLIN)
				m.checkLoop()
				continue
			}
			m.step()
		}
		m.finish()
	}
}
