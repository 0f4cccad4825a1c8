//go:build linux

package engine

import (
	"fmt"
	"strings"
	"testing"
)

// slowPage is a connection with a policy and a handler that is told of the marks.
type slowPage struct {
	*fakeSocket
	s     *stillLoop
	told  []string
	other *fakeSocket // one that reads
}

// newSlowPage's peer has taken 3 bytes of its first message, "first", and then no more.
func newSlowPage(t *testing.T, options ListenOptions) *slowPage {
	p := &slowPage{s: newStillLoop(t, options)}
	p.other = p.s.hearing(1)[0]
	p.fakeSocket = p.s.connect(whole{
		full:  func(c *Conn) { p.told = append(p.told, fmt.Sprint("full at ", c.Buffered())) },
		drain: func(c *Conn) { p.told = append(p.told, fmt.Sprint("drained at ", c.Buffered())) },
	})
	p.conn.SetFormat(farewell)
	p.conn.hear(true)
	p.room = 3
	p.s.broadcast("first")
	p.s.pump()
	return p
}

// ways are those that a push can come by.
var ways = map[string]func(p *slowPage, m *message) (taken bool){
	"push":      func(p *slowPage, m *message) bool { return p.conn.pushShared(m) },
	"broadcast": func(p *slowPage, m *message) bool { _, refused := p.s.Broadcast(m, nil); return refused == 0 },
}

// hundred is message i, which counts 100 bytes.
func hundred(i int, key string) *message {
	return &message{data: fmt.Sprintf("[%0*d]", 100-itemOverhead-2, i), key: key}
}

// hundreds is what the messages are to those who got them.
func hundreds(numbers ...int) string {
	var b strings.Builder
	for _, i := range numbers {
		b.WriteString(hundred(i, "").data)
	}
	return b.String()
}

func (p *slowPage) expect(what string, want string, told ...string) {
	p.s.t.Helper()
	p.s.checkLoop()
	if string(p.got) != want {
		p.s.t.Errorf("%s: got %q, want %q", what, p.got, want)
	}
	if fmt.Sprint(p.told) != fmt.Sprint(told) {
		p.s.t.Errorf("%s: told %v, want %v", what, p.told, told)
	}
}

// At the mark, 1000 bytes, "first" has 2 left, which count 34; so 9 messages of 100 fit.
func TestDropNewest(t *testing.T) {
	for name, push := range ways {
		p := newSlowPage(t, ListenOptions{MaxOutbox: 1000, Slow: DropNewest})
		for i := range 20 {
			if taken := push(p, hundred(i, "")); taken != (i < 9) {
				t.Errorf("%s: message %d taken: %v", name, i, taken)
			}
			p.s.pump()
		}
		p.room = 3 * 68
		p.s.pump()
		for i := range 5 {
			if taken := push(p, hundred(20+i, "")); taken != (i < 3) {
				t.Errorf("%s: message %d taken: %v", name, 20+i, taken)
			}
		}
		p.expect(name, "first"+hundreds(0, 1)+hundreds(2)[:66], "full at 934")
		p.room = 5 * 68
		p.s.pump()
		p.expect(name, "first"+hundreds(0, 1, 2, 3, 4, 5, 6)+hundreds(7)[:66], "full at 934", "drained at 434")
		p.room = anyNumber
		p.s.pump()
		p.expect(name, "first"+hundreds(0, 1, 2, 3, 4, 5, 6, 7, 8, 20, 21, 22), "full at 934", "drained at 434")
		if s := p.s.engine.Stats(); s.DroppedNewest != 13 || s.DroppedOldest+s.Conflated+s.SlowConsumers != 0 || s.OutboxFull != 1 {
			t.Errorf("%s: %+v", name, s)
		}
		p.s.expectIdle()
	}
}

func TestDropOldest(t *testing.T) {
	for name, push := range ways {
		p := newSlowPage(t, ListenOptions{MaxOutbox: 1000, Slow: DropOldest})
		_ = p.conn.Send([]byte(hundreds(99))) // its own answer
		for i := range 20 {
			if !push(p, hundred(i, "")) {
				t.Errorf("%s: message %d refused", name, i)
			}
			p.s.pump()
		}
		if push(p, text(strings.Repeat("x", 1001))) {
			t.Errorf("%s: taken, though it is above the mark alone", name)
		}
		p.expect(name, "fir", "full at 934")
		p.room = anyNumber
		p.s.pump()
		p.expect(name, "first"+hundreds(99, 12, 13, 14, 15, 16, 17, 18, 19), "full at 934", "drained at 0")
		if s := p.s.engine.Stats(); s.DroppedNewest != 1 || s.DroppedOldest != 12 || s.Conflated+s.SlowConsumers != 0 {
			t.Errorf("%s: %+v", name, s)
		}
		p.s.expectIdle()
	}
}

func TestConflate(t *testing.T) {
	for name, push := range ways {
		p := newSlowPage(t, ListenOptions{MaxOutbox: 1000, Slow: Conflate})
		for i := range 3000 {
			if !push(p, hundred(i, []string{"a", "b", "c"}[i%3])) {
				t.Fatalf("%s: message %d refused", name, i)
			}
			p.s.pump()
			if n := len(p.conn.out.items); n > 3*minGaps {
				t.Fatalf("%s: an outbox of %d items for 3 keys", name, n)
			}
			if i == 1000 {
				push(p, hundred(5555, ""))
				_ = p.conn.Send([]byte("[own]"))
			}
		}
		push(p, hundred(3000, "b"))
		p.expect(name, "fir")
		p.room = anyNumber
		p.s.pump()
		p.expect(name, "first"+hundreds(5555)+"[own]"+hundreds(2997, 2999, 3000))
		if s := p.s.engine.Stats(); s.Conflated != 2998 || s.DroppedOldest+s.DroppedNewest+s.SlowConsumers+s.OutboxFull != 0 {
			t.Errorf("%s: %+v", name, s)
		}
		push(p, hundred(1, "a"))
		push(p, hundred(2, "a")) // nothing is conflated for who is not behind
		p.s.pump()
		if !strings.HasSuffix(string(p.got), hundreds(3000, 1, 2)) {
			t.Errorf("%s: got %q", name, p.got)
		}
		p.s.expectIdle()
	}
}

// What waits when the kernel says no for the first time is conflated too, but for what it has a part of.
func TestConflateWhatWaitsAlready(t *testing.T) {
	for name, push := range ways {
		p := newSlowPage(t, ListenOptions{Slow: Conflate})
		p.room = anyNumber
		p.s.pump()
		p.got = nil
		for i, key := range []string{"a", "a", "b", "", "a", "b", "c"} {
			push(p, hundred(i, key))
			if i%2 == 0 {
				_ = p.conn.Send([]byte("."))
			}
		}
		p.room = 10
		p.s.pump()
		p.room = anyNumber
		p.s.pump()
		if want := hundreds(0) + "." + "." + hundreds(3, 4) + "." + hundreds(5, 6) + "."; string(p.got) != want {
			t.Errorf("%s: got %q, want %q", name, p.got, want)
		}
		p.s.expectIdle()
	}
}

// Nothing tells which of many keys, or of messages without one, a client could do without.
func TestConflateClosesAtTheMark(t *testing.T) {
	for name, push := range ways {
		for _, key := range []string{"", "k%d"} {
			p := newSlowPage(t, ListenOptions{MaxOutbox: 1000, Slow: Conflate})
			for i := range 12 {
				if key != "" {
					key = fmt.Sprint("key", i)
				}
				if taken := push(p, hundred(i, key)); taken != (i < 9) && (i < 10 || name == "push") {
					t.Errorf("%s: message %d taken: %v", name, i, taken)
				}
			}
			p.room, p.eof = anyNumber, true
			p.s.pump()
			p.expect(name, "first[bye: too slow]", "full at 934")
			p.s.expectEnd(p.fakeSocket, ErrSlowConsumer)
			p.s.expectIdle()
		}
	}
}

// Whatever the policy, the largest message reaches a page that is hardly behind, and not a second one before it has read.
func TestLargestMessageOfAPageHardlyBehind(t *testing.T) {
	const limit = 100_000
	largest := text(strings.Repeat("x", limit))
	for name, push := range ways {
		for policy := range Conflate + 1 {
			p := newSlowPage(t, ListenOptions{MaxOutbox: limit, Slow: policy})
			if !push(p, largest) {
				t.Errorf("%s, %v: refused", name, policy)
			}
			if n, most := p.conn.Buffered(), limit*3/2; n > most {
				t.Errorf("%s, %v: %d bytes wait", name, policy, n)
			}
			if taken := push(p, largest); taken != (policy == DropOldest) {
				t.Errorf("%s, %v: the second taken: %v", name, policy, taken)
			}
			p.s.pump() // a broadcast closes nobody itself
			if closed := p.conn.Closing(); closed != (policy == CloseSlow || policy == Conflate) {
				t.Errorf("%s, %v: closed %v", name, policy, closed)
			}
			if taken := push(p, text(strings.Repeat("x", limit+1))); taken && !p.conn.Closing() {
				t.Errorf("%s, %v: what is above the mark alone was taken", name, policy)
			}
		}
	}
}

// Whoever is told that it is full may do anything then.
func TestClosingWhenFull(t *testing.T) {
	for name, push := range ways {
		for policy := range Conflate + 1 {
			for _, end := range []func(c *Conn){(*Conn).Close, (*Conn).Abort, func(c *Conn) { c.hear(false) }} {
				s := newStillLoop(t, ListenOptions{MaxOutbox: 1000, Slow: policy})
				p := &slowPage{s: s, other: s.hearing(1)[0]}
				var all []*fakeSocket
				for range 3 {
					all = append(all, s.connect(whole{full: func(*Conn) {
						for _, k := range all {
							end(k.conn)
						}
						s.broadcast("another")
					}}))
					k := all[len(all)-1]
					k.conn.hear(true)
					k.room = 0
				}
				p.fakeSocket = all[0]
				s.broadcast("first")
				s.pump()
				for i := range 20 {
					push(p, hundred(i, ""))
					s.settle()
					s.checkLoop()
				}
				for _, k := range all {
					k.room, k.eof = anyNumber, true
				}
				s.pump()
				s.expectIdle()
				if n := s.stats.panics.Load(); n > 0 {
					t.Error(name, policy, s.log.String())
				}
			}
		}
	}
}

// Reading stops for a connection's own answers only.
func TestPushesDoNotStopReading(t *testing.T) {
	p := newSlowPage(t, ListenOptions{MaxOutbox: 1000, Slow: DropOldest})
	for i := range 30 {
		p.s.Broadcast(hundred(i, ""), nil)
	}
	if !p.conn.reads() || p.conn.Send([]byte("x")) != nil {
		t.Error("pushes have stopped its reading")
	}
	_ = p.conn.Send(make([]byte, 1000))
	if p.conn.reads() || p.conn.Send([]byte("x")) != ErrFull {
		t.Error("its own answers have not")
	}
	p.room = anyNumber
	p.s.pump()
	if !p.conn.reads() {
		t.Error("it is not read again")
	}
	p.s.expectIdle()
}

// A message that a connection's format cannot express neither closes it nor drops something else.
func TestInexpressibleAtTheMark(t *testing.T) {
	for policy := range Conflate + 1 {
		s := newStillLoop(t, ListenOptions{MaxOutbox: 1000, Slow: policy})
		s.hearing(1)
		k := s.hearing(1)[0]
		k.conn.SetFormat(bracketed)
		k.room = 0
		s.Broadcast(&message{data: "first", key: "key"}, nil)
		s.pump()
		for range 100 {
			m := &message{data: strings.Repeat("x", 100), binary: true, key: "key"}
			if _, refused := s.Broadcast(m, nil); refused != 0 || k.conn.pushShared(m) {
				t.Fatalf("%v: refused %d", policy, refused)
			}
			s.pump()
			s.checkLoop()
		}
		k.room = anyNumber
		s.pump()
		if string(k.got) != "<first>" || k.conn.Closing() {
			t.Errorf("%v: got %q, closing %v", policy, k.got, k.conn.Closing())
		}
		s.expectIdle()
	}
}

func TestPolicyText(t *testing.T) {
	for p := range Conflate + 1 {
		text, _ := p.MarshalText()
		var again SlowPolicy
		if err := again.UnmarshalText(text); err != nil || again != p {
			t.Errorf("%q is %v, %v", text, again, err)
		}
	}
	var none SlowPolicy
	if err := none.UnmarshalText([]byte("drop")); err == nil || SlowPolicy(9).String() != "SlowPolicy(9)" {
		t.Errorf("drop is %v, 9 is %v", none, SlowPolicy(9))
	}
}

// What is dropped and conflated costs no memory in the long run.
func TestPoliciesDoNotAllocate(t *testing.T) {
	for _, policy := range []SlowPolicy{DropNewest, DropOldest, Conflate} {
		p := newSlowPage(t, ListenOptions{MaxOutbox: 1000, Slow: policy})
		m := hundred(1, "key")
		m.Encoded(farewell.slot, farewell.encode)
		m.Encoded(raw.slot, raw.encode)
		one := func() {
			p.conn.pushShared(m)
			p.s.Broadcast(m, nil)
			p.s.slice()
		}
		for range 1000 {
			one()
		}
		p.other.forgets = true
		if n := testing.AllocsPerRun(1000, one); n >= 1 {
			t.Errorf("%v: %v allocations", policy, n)
		}
	}
}
