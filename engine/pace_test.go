//go:build linux

package engine

import (
	"math"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// paced handles each line after having counted it.
func paced(fn func(c *Conn, line string)) handler {
	return lines(func(c *Conn, line string) {
		if c.Count() {
			fn(c, line)
		}
	})
}

// pass lets time pass on a loop whose clock stands still.
func (s *stillLoop) pass(d time.Duration) {
	s.started = s.started.Add(-d)
	s.runTimers()
	s.settle()
}

// comes has the loop read in from k, at the moment at which its clock stands.
func (s *stillLoop) comes(k *fakeSocket, in string) {
	k.in = append(k.in, []byte(in))
	s.goesOn(k)
}

// goesOn serves k as long as it is read and something is there, without moving the clock.
func (s *stillLoop) goesOn(k *fakeSocket) {
	for k.conn.state != dead && (k.events() != 0 || k.conn.queued) {
		if k.conn.queued {
			s.slice()
			continue
		}
		s.handleConn(k.conn, k.events())
		s.settle()
	}
}

func wantRates(t *testing.T, s *stillLoop, pauses, closes uint64) {
	t.Helper()
	if got := s.Stats(); got.RatePauses != pauses || got.RateCloses != closes {
		t.Errorf("%d pauses, %d closes; want %d, %d", got.RatePauses, got.RateCloses, pauses, closes)
	}
}

func TestMessageRatePauses(t *testing.T) {
	s := newStillLoop(t, ListenOptions{MessageRate: 10})
	k, other := s.connect(paced(repeat)), s.connect(paced(repeat))
	s.comes(k, numbered(40))
	if string(k.got) != numbered(40) || !k.conn.Reading() {
		t.Fatalf("%d bytes answered, reading %v: four seconds' worth may come at once", len(k.got), k.conn.Reading())
	}
	wantRates(t, s, 0, 0)
	k.got = nil
	s.comes(k, numbered(3))
	if len(k.got) > 0 || k.conn.Reading() {
		t.Fatalf("%q answered, reading %v", k.got, k.conn.Reading())
	}
	wantRates(t, s, 1, 0)
	s.comes(other, "others notice nothing\n")
	if string(other.got) != "others notice nothing\n" {
		t.Errorf("got %q", other.got)
	}
	s.pass(90 * time.Millisecond)
	if !k.conn.queued && k.conn.Reading() {
		t.Error("read again too soon")
	}
	s.pass(11 * time.Millisecond)
	s.pass(paceTick)
	s.goesOn(k)
	if string(k.got) != "0\n" || k.conn.Reading() {
		t.Errorf("after 150 ms: %q, reading %v; want one more message", k.got, k.conn.Reading())
	}
	s.pass(time.Second)
	s.goesOn(k)
	if string(k.got) != numbered(3) || !k.conn.Reading() {
		t.Errorf("after a second: %q, reading %v", k.got, k.conn.Reading())
	}
	wantRates(t, s, 2, 0)
	if len(s.paces.fast) != 0 || s.paces.timer != nil {
		t.Errorf("%d wait, timer %v", len(s.paces.fast), s.paces.timer)
	}
	// The bucket is full again after four seconds, and no fuller after a day.
	s.pass(24 * time.Hour)
	k.got = nil
	s.comes(k, numbered(41))
	if string(k.got) != numbered(40) {
		t.Errorf("%d bytes answered after a day", len(k.got))
	}
}

func TestMessageRateCloses(t *testing.T) {
	s := newStillLoop(t, ListenOptions{MessageRate: 10, Fast: CloseFast})
	k, other := s.connect(paced(repeat)), s.connect(paced(repeat))
	s.comes(k, numbered(40))
	wantRates(t, s, 0, 0)
	s.comes(k, "40\n41\n")
	if string(k.got) != numbered(40) || !k.shut {
		t.Errorf("%d bytes answered, shut %v", len(k.got), k.shut)
	}
	k.eof = true
	s.goesOn(k)
	s.expectEnd(k, ErrTooFast)
	wantRates(t, s, 0, 1)
	if n := s.Stats().Ended.Protocol; n != 1 {
		t.Errorf("%d ended for their protocol", n)
	}
	s.comes(other, "others notice nothing\n")
	if string(other.got) != "others notice nothing\n" {
		t.Errorf("got %q", other.got)
	}
}

func TestByteRate(t *testing.T) {
	for _, policy := range []FastPolicy{PauseFast, CloseFast} {
		s := newStillLoop(t, ListenOptions{ByteRate: 1000, Fast: policy})
		k := s.connect(lines(repeat))
		line := strings.Repeat("x", 999) + "\n"
		for range 4 {
			s.comes(k, line)
		}
		wantRates(t, s, 0, 0)
		s.comes(k, "\n")
		if want := strings.Repeat(line, 4) + "\n"; string(k.got) != want {
			t.Errorf("%v: %d bytes answered", policy, len(k.got))
		}
		if policy == CloseFast {
			k.eof = true
			s.goesOn(k)
			s.expectEnd(k, ErrTooFast)
			wantRates(t, s, 0, 1)
			continue
		}
		wantRates(t, s, 1, 0)
		s.comes(k, "later\n")
		if strings.HasSuffix(string(k.got), "later\n") || k.conn.Reading() {
			t.Error("it is read")
		}
		s.pass(paceRest + time.Millisecond)
		s.goesOn(k)
		if !strings.HasSuffix(string(k.got), "later\n") || !k.conn.Reading() {
			t.Error("it is not read again")
		}
	}
}

// What a handler says, it says once, however much comes behind.
func TestFastHandler(t *testing.T) {
	s := newStillLoop(t, ListenOptions{MessageRate: 1, ByteRate: 1, Fast: CloseFast})
	told := 0
	k := s.connect(fastHandler{paced(repeat), func(c *Conn) {
		told++
		_ = c.Send([]byte("slower\n"))
		c.Close()
	}})
	s.comes(k, numbered(50))
	if want := numbered(4) + "slower\n"; string(k.got) != want || told != 1 {
		t.Errorf("answered %q, told %d times", k.got, told)
	}
	k.eof = true
	s.goesOn(k)
	if !k.closed {
		t.Error("it is open")
	}
	wantRates(t, s, 0, 1)
}

type fastHandler struct {
	handler
	tooFast func(c *Conn)
}

func (h fastHandler) Serve(*Conn) Handler { return h }
func (h fastHandler) OnTooFast(c *Conn)   { h.tooFast(c) }

func TestExempt(t *testing.T) {
	for _, policy := range []FastPolicy{PauseFast, CloseFast} {
		s := newStillLoop(t, ListenOptions{MessageRate: 1, ByteRate: 1, Fast: policy})
		k := s.connect(paced(func(c *Conn, line string) {
			c.Exempt()
			repeat(c, line)
		}))
		s.comes(k, numbered(manyLines))
		if string(k.got) != numbered(manyLines) || !k.conn.Reading() {
			t.Errorf("%v: %d bytes answered, reading %v", policy, len(k.got), k.conn.Reading())
		}
		wantRates(t, s, 0, 0)
	}
	s := newStillLoop(t, ListenOptions{MessageRate: 1})
	k := s.connect(paced(repeat))
	s.comes(k, numbered(10))
	s.in(k, (*Conn).Exempt)
	s.goesOn(k)
	s.pass(time.Second)
	if string(k.got) != numbered(10) || len(s.paces.fast) != 0 {
		t.Errorf("%q answered, %d wait", k.got, len(s.paces.fast))
	}
}

// A seat is taken by who sends something, given back at the end, and no closed connection takes one again.
func TestPaceSeats(t *testing.T) {
	s := newStillLoop(t, ListenOptions{MessageRate: 1})
	silent, first, second := s.connect(paced(repeat)), s.connect(paced(repeat)), s.connect(paced(repeat))
	s.comes(first, numbered(10)) // it is paused
	s.comes(second, numbered(1))
	if silent.conn.paceSeat != 0 || first.conn.paceSeat != 1 || second.conn.paceSeat != 2 {
		t.Errorf("seats %d, %d, %d", silent.conn.paceSeat, first.conn.paceSeat, second.conn.paceSeat)
	}
	s.in(first, (*Conn).Abort)
	first.conn.Count()
	s.pass(time.Hour)
	third := s.connect(paced(repeat))
	s.comes(third, numbered(4))
	if third.conn.paceSeat != 1 || first.conn.paceSeat != 0 || len(s.paces.seats) != 3 {
		t.Errorf("seats %d, %d of %d", third.conn.paceSeat, first.conn.paceSeat, len(s.paces.seats))
	}
	if string(third.got) != numbered(4) {
		t.Errorf("%q: the bucket was another's", third.got)
	}
}

// However many are paused, one timer looks after them; who has only been counted needs none.
func TestPausedShareATimer(t *testing.T) {
	s := newStillLoop(t, ListenOptions{MessageRate: 1})
	var paused []*fakeSocket
	for range 20 {
		k := s.connect(paced(repeat))
		s.comes(k, numbered(4))
		paused = append(paused, k)
	}
	if s.timers.count != 0 {
		t.Errorf("%d timers for messages that may come", s.timers.count)
	}
	for _, k := range paused {
		s.comes(k, "5\n")
	}
	if s.timers.count != 1 || len(s.paces.fast) != 20 {
		t.Errorf("%d timers for %d that are paused", s.timers.count, len(s.paces.fast))
	}
	for _, k := range paused {
		s.in(k, (*Conn).Abort)
	}
	s.pass(paceTick + time.Millisecond)
	if s.timers.count != 0 || len(s.paces.fast) != 0 {
		t.Errorf("%d timers, %d paused, when all have gone", s.timers.count, len(s.paces.fast))
	}
}

func TestPaceAllocatesNothing(t *testing.T) {
	s := newStillLoop(t, ListenOptions{MessageRate: 1_000_000, ByteRate: 1 << 30})
	k := s.connect(paced(func(*Conn, string) {}))
	line, pieces := []byte("line\n"), make([][]byte, 1)
	if n := testing.AllocsPerRun(1000, func() {
		pieces[0], k.in = line, pieces
		s.handleConn(k.conn, unix.EPOLLIN)
	}); n != 0 {
		t.Errorf("%v allocations a message", n)
	}
}

func TestFastPolicyText(t *testing.T) {
	for _, p := range []FastPolicy{PauseFast, CloseFast} {
		text, err := p.MarshalText()
		var again FastPolicy
		if err2 := again.UnmarshalText(text); err != nil || err2 != nil || again != p {
			t.Errorf("%v: %q, %v, %v", p, text, err, err2)
		}
	}
	var none FastPolicy
	if err := none.UnmarshalText([]byte("drop")); err == nil || FastPolicy(9).String() != "FastPolicy(9)" {
		t.Errorf("%v, %v", err, FastPolicy(9))
	}
}

// What counting costs: nothing is asked of the system's clock.
func BenchmarkPace(b *testing.B) {
	for name, options := range map[string]ListenOptions{"off": {}, "on": {MessageRate: 1 << 30, ByteRate: math.MaxInt32}} {
		b.Run(name, func(b *testing.B) {
			s := newStillLoop(b, options)
			k := s.connect(paced(func(*Conn, string) {}))
			c := k.conn
			b.ReportAllocs()
			for b.Loop() {
				c.turn = turnMessages
				if !c.Next() || !c.Count() {
					b.Fatal("paused")
				}
				c.countBytes(32)
			}
		})
	}
}

// Who is being said goodbye to is not paced any more: its own goodbye is wanted, which stands behind what it has sent too fast, and to
// wait for that must not keep the loop busy.
func TestGoodbyeIsNotPaced(t *testing.T) {
	for _, before := range []bool{false, true} { // it has been paused before
		s := newStillLoop(t, ListenOptions{MessageRate: 10})
		k := s.connect(paced(repeat))
		s.comes(k, numbered(40))
		k.got = nil
		if before {
			s.comes(k, "40\n")
			if k.conn.Reading() {
				t.Fatal("it is not paused")
			}
		}
		s.in(k, (*Conn).Detach)
		k.in = append(k.in, []byte("bye\n"))
		want := "bye\n"
		if before {
			want = "40\nbye\n"
		}
		for n := 0; string(k.got) != want; n++ {
			if n > 100 {
				t.Fatalf("paused before %v: got %q", before, k.got)
			}
			if s.slice(); k.events() != 0 {
				s.event(k, k.events())
			}
		}
		if k.conn.queued && k.conn.undecoded {
			t.Error("it is still busy with it")
		}
	}
}
