//go:build linux

package engine

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// slowModel is a loop of connections with a policy, whose peers read when they please, and what must hold of it: what is
// taken and what is refused, by whatever way it came, says what arrives.
type slowModel struct {
	*stillLoop
	rng    *rand.Rand
	policy SlowPolicy
	all    []*slowPeer
	some   Audience
	count  int

	refused int // of broadcasts, noted as sent all the same
}

type slowPeer struct {
	*fakeSocket
	outlet  Outlet
	sent    map[int]sentMessage
	refused int
	hears   bool
	full    int // OnBufferFull less OnBufferDrain
	fulls   int
}

type sentMessage struct {
	push bool
	key  string
}

const slowLimit = 4000

func newSlowModel(t *testing.T, seed uint64, policy SlowPolicy) *slowModel {
	m := &slowModel{
		stillLoop: newStillLoop(t, ListenOptions{MaxOutbox: slowLimit, Slow: policy}),
		rng:       rand.New(rand.NewPCG(seed, 2)), policy: policy,
	}
	m.some = m.NewAudience()
	for range 1 + seed%7 {
		k := &slowPeer{sent: make(map[int]sentMessage), hears: true}
		k.fakeSocket = m.connect(whole{full: func(*Conn) { k.full++; k.fulls++ }, drain: func(*Conn) { k.full-- }})
		k.outlet, _ = k.conn.Ref().Attach(func() {})
		k.outlet.Hear(true)
		m.all = append(m.all, k)
	}
	return m
}

// next is a new message: its number, and some length.
func (m *slowModel) next() (number int, data string) {
	m.count++
	length := m.rng.IntN(30)
	switch m.rng.IntN(30) {
	case 0:
		length = m.rng.IntN(slowLimit)
	case 1:
		length = m.rng.IntN(3 * slowLimit)
	}
	return m.count, fmt.Sprintf("[%d]%s", m.count, strings.Repeat("x", length))
}

func (m *slowModel) key() string {
	if m.rng.IntN(3) == 0 {
		return ""
	}
	return strconv.Itoa(m.rng.IntN(12))
}

func (m *slowModel) message() (int, *message) {
	number, data := m.next()
	return number, &message{data: data, key: m.key()}
}

func (k *slowPeer) takes(number int, s sentMessage, taken bool) {
	if taken {
		k.sent[number] = s
	} else {
		k.refused++
	}
}

func (m *slowModel) act() {
	k := m.all[m.rng.IntN(len(m.all))]
	switch m.rng.IntN(10) {
	case 0, 1, 2:
		number, msg := m.message()
		k.takes(number, sentMessage{true, msg.key}, k.outlet.Push(msg))
	case 3:
		if number, data := m.next(); len(data) < slowLimit { // it answers
			send := k.conn.Send
			if m.rng.IntN(2) == 0 {
				send = k.conn.SendShared
			}
			if send([]byte(data)) == nil { // it is ErrFull outside of its own callbacks
				k.sent[number] = sentMessage{}
			}
		}
	case 4:
		k.hears = m.rng.IntN(4) > 0
		k.outlet.Hear(k.hears)
	case 5:
		if m.rng.IntN(3) > 0 {
			m.some.Add(k.outlet)
		} else {
			m.some.Remove(k.outlet)
		}
	case 6:
		k.conn.SetFormat([]*Format{raw, rawToo}[m.rng.IntN(2)])
	default:
		m.broadcast()
	}
}

// rawToo is another format that happens to look the same.
var rawToo = NewFormat(raw.encode, nil)

// broadcast finds out who refused by what the counts say of everybody: a connection that refuses has reached its mark.
func (m *slowModel) broadcast() {
	number, msg := m.message()
	var except []*slowPeer
	for m.rng.IntN(4) == 0 {
		except = append(except, m.all[m.rng.IntN(len(m.all))])
	}
	before := m.stats.droppedNewest.Load()
	hearing, some := 0, m.rng.IntN(3) == 0
	for _, k := range m.all {
		if k.hears && (!some || m.some.Has(k.outlet)) && !slices.Contains(except, k) {
			hearing++
			k.sent[number] = sentMessage{true, msg.key} // or refused: see received
		}
	}
	var outlets []Outlet
	for _, k := range except {
		outlets = append(outlets, k.outlet)
	}
	taken, refused := 0, 0
	if some {
		taken, refused = m.BroadcastTo([]Audience{m.some}, msg, outlets)
	} else {
		taken, refused = m.Broadcast(msg, outlets)
	}
	if dropped := int(m.stats.droppedNewest.Load() - before); taken+refused != hearing || dropped != refused {
		m.t.Fatalf("taken %d and refused %d by %d, dropped %d", taken, refused, hearing, dropped)
	}
	m.refused += refused
}

func (m *slowModel) step() {
	k := m.all[m.rng.IntN(len(m.all))]
	switch m.rng.IntN(10) {
	case 0:
		k.room = m.rng.IntN(1 << m.rng.IntN(14))
	case 1:
		if m.rng.IntN(8) == 0 {
			k.room = anyNumber
		}
	case 2, 3:
		if events := k.events(); events != 0 {
			m.event(k.fakeSocket, events)
		}
	case 4:
		m.slice()
	default:
		m.in(k.fakeSocket, func(*Conn) { m.act() })
	}
	m.checkLoop()
	m.checkSlow()
}

func (m *slowModel) checkSlow() {
	m.t.Helper()
	for _, k := range m.all {
		c, own := k.conn, 0
		if c.out != nil {
			for _, it := range c.out.items[c.out.first:] {
				if !it.push {
					own += len(it.frame) + itemOverhead
				}
			}
			m.checkThinning(c)
		}
		if most := own + slowLimit*3/2 + itemOverhead; c.stalled && c.pending() > most+maxWrite {
			m.t.Fatalf("%d bytes wait, %d of them its own", c.pending(), own)
		}
		if k.full != 0 && k.full != 1 || (k.full == 1) != c.full {
			m.t.Fatalf("told %d times more that it is full than that it is not", k.full)
		}
	}
}

// checkThinning compares what an outbox's thinning knows with the items.
func (m *slowModel) checkThinning(c *Conn) {
	o := c.out
	if o.thin == nil {
		return
	}
	gaps, pushes := 0, 0
	for i, it := range o.items[o.first:] {
		if len(it.frame) == 0 {
			gaps++
		}
		pushes += it.pushBytes()
		number, newest := o.thin.newest[it.key]
		if it.key != "" && m.policy == Conflate && (!newest || number != o.thin.base+o.first+i) && (i > 0 || c.written == 0) {
			m.t.Fatalf("item %d with key %q is not the newest, %d", i, it.key, number-o.thin.base-o.first)
		}
	}
	if gaps != o.thin.gaps || pushes != o.thin.pushes || gaps > minGaps && gaps > o.len()/2 || len(o.head().frame) == 0 {
		m.t.Fatalf("%d gaps and %d bytes of pushes in %d items, want %d and %d", o.thin.gaps, o.thin.pushes, o.len(), gaps, pushes)
	}
	if len(o.thin.newest) > o.len() {
		m.t.Fatalf("%d keys of %d items", len(o.thin.newest), o.len())
	}
}

// received are the numbers of the messages that came, which are whole and in order.
func (m *slowModel) received(k *slowPeer) (numbers []int) {
	last := 0
	for got := k.got; len(got) > 0; {
		end := bytes.IndexByte(got, ']')
		number, err := strconv.Atoi(string(got[1:max(end, 1)]))
		if _, sent := k.sent[number]; got[0] != '[' || err != nil || number <= last || !sent {
			m.t.Fatalf("connection %d got %.20q behind message %d", k.conn.id, got, last)
		}
		last = number
		numbers = append(numbers, number)
		got = bytes.TrimLeft(got[end+1:], "x")
	}
	return numbers
}

func (m *slowModel) finish() {
	for _, k := range m.all {
		k.room = anyNumber
	}
	m.pump()
	missing, refused, fulls := 0, m.refused, 0
	for _, k := range m.all {
		got := make(map[int]bool)
		newest := make(map[string]int) // by key, of what came
		for _, number := range m.received(k) {
			got[number] = true
			newest[k.sent[number].key] = number
		}
		for number, s := range k.sent {
			switch {
			case got[number]:
			case !s.push:
				m.t.Fatalf("connection %d has lost an answer", k.conn.id)
			case m.policy == Conflate && (s.key == "" || newest[s.key] < number):
				m.t.Fatalf("connection %d has lost message %d with key %q, and got none that is newer", k.conn.id, number, s.key)
			default:
				missing++
			}
		}
		refused += k.refused
		fulls += k.fulls
		if k.conn.Closing() || k.full != 0 || k.conn.hold != 0 {
			m.t.Fatalf("connection %d: closing %v, full %d, hold %d", k.conn.id, k.conn.Closing(), k.full, k.conn.hold)
		}
	}
	m.expectIdle()
	s := m.engine.Stats()
	if missing != int(s.DroppedOldest+s.Conflated)+m.refused || int(s.DroppedNewest) != refused || int(s.OutboxFull) != fulls {
		m.t.Fatalf("%d are missing, %d refused, %d times full; %+v", missing, refused, fulls, s)
	}
}

func TestPoliciesAgainstModel(t *testing.T) {
	seeds := uint64(80)
	if testing.Short() {
		seeds = 20
	}
	var total Stats
	for _, policy := range []SlowPolicy{DropNewest, DropOldest, Conflate} {
		for seed := range seeds {
			t.Run(fmt.Sprint(policy, " ", seed), func(t *testing.T) {
				m := newSlowModel(t, seed, policy)
				if policy == Conflate {
					m.options.MaxOutbox = 1 << 30
					for _, k := range m.all {
						k.conn.limits.MaxOutbox = 1 << 30
					}
				}
				for range 600 {
					m.step()
				}
				m.finish()
				s := m.engine.Stats()
				total.DroppedNewest += s.DroppedNewest
				total.DroppedOldest += s.DroppedOldest
				total.Conflated += s.Conflated
			})
		}
	}
	if total.DroppedNewest == 0 || total.DroppedOldest == 0 || total.Conflated == 0 {
		t.Errorf("something was never tried: %+v", total)
	}
}
