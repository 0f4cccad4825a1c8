package text

import (
	"fmt"
	"strings"
	"sync"
	"testing"
)

func mustSend(t *testing.T, r Reply, p string) {
	t.Helper()
	if err := r.Send([]byte(p)); err != nil {
		t.Fatalf("Send(%q): %v", p, err)
	}
}

func TestReplyInsideItsCallback(t *testing.T) {
	a, conn, loop := newAnswers()
	mustSend(t, a.ask().reply(), "ok")
	endCallback(a, conn)
	if got, posts := conn.take(), loop.run(); got != "ok\n" || posts != 0 {
		t.Errorf("sent %q, %d posts", got, posts)
	}
}

func TestReplyLater(t *testing.T) {
	a, conn, loop := newAnswers()
	r := a.ask().reply()
	endCallback(a, conn)
	mustSend(t, r, "ok")
	if got := conn.take(); got != "" {
		t.Errorf("sent %q off the loop", got)
	}
	if posts := loop.run(); posts != 1 {
		t.Errorf("%d posts", posts)
	}
	if got := conn.take(); got != "ok\n" {
		t.Errorf("sent %q", got)
	}
}

func TestRepliesLeaveInOrder(t *testing.T) {
	a, conn, loop := newAnswers()
	var replies []Reply
	for range 5 {
		replies = append(replies, a.ask().reply())
	}
	endCallback(a, conn)
	a.say([]byte("said"), "\n")
	replies = append(replies, a.ask().reply())
	endCallback(a, conn)
	for i := 5; i > 0; i-- {
		mustSend(t, replies[i], fmt.Sprint(i))
	}
	if posts := loop.run(); posts != 1 || conn.take() != "" {
		t.Errorf("%d posts for 5 answers behind one that is owed, sent %q", posts, conn.sent)
	}
	mustSend(t, replies[0], "0")
	loop.run()
	if got, want := conn.take(), "0\n1\n2\n3\n4\nsaid\n5\n"; got != want {
		t.Errorf("sent %q, want %q", got, want)
	}
}

func TestReplyTwice(t *testing.T) {
	a, conn, loop := newAnswers()
	again := func(when string, r Reply) {
		t.Helper()
		if err := r.Send([]byte("again")); err != ErrAnswered {
			t.Errorf("%s: %v, want ErrAnswered", when, err)
		}
	}
	r := a.ask().reply()
	mustSend(t, r, "one")
	again("inside the callback", r)
	endCallback(a, conn)
	again("after it was sent", r)
	next := a.ask().reply()
	if next.slot != r.slot {
		t.Fatal("the slot was not used again")
	}
	again("while the slot is somebody else's", r)
	endCallback(a, conn)
	again("while somebody else's is armed", r)
	mustSend(t, next, "two")
	again("while somebody else's is filled", r)
	loop.run()
	a.drop()
	again("after the connection closed", r)
	if got := conn.take(); got != "one\ntwo\n" {
		t.Errorf("sent %q", got)
	}
}

func TestReplyNewline(t *testing.T) {
	a, conn, _ := newAnswers()
	r := a.ask().reply()
	if err := r.Send([]byte("a\nb")); err != ErrNewline {
		t.Errorf("%v, want ErrNewline", err)
	}
	mustSend(t, r, "a b\r\n")
	endCallback(a, conn)
	if got := conn.take(); got != "a b\r\n" {
		t.Errorf("sent %q", got)
	}
}

func TestReplyDropped(t *testing.T) {
	a, conn, loop := newAnswers()
	owed, filled := a.ask().reply(), a.ask().reply()
	endCallback(a, conn)
	mustSend(t, filled, "waits for the other")
	a.drop()
	loop.run()
	for name, r := range map[string]Reply{"owed": owed, "filled": filled, "zero": {}} {
		if err := r.Send([]byte("late")); err != ErrDropped {
			t.Errorf("%s: %v, want ErrDropped", name, err)
		}
	}
	if got := conn.take(); got != "" || a.waiting() != 0 {
		t.Errorf("sent %q, %d wait", got, a.waiting())
	}
}

func TestReplyLoopStopped(t *testing.T) {
	a, conn, loop := newAnswers()
	first, second := a.ask().reply(), a.ask().reply()
	endCallback(a, conn)
	loop.stopped = true
	for _, r := range []Reply{first, second} {
		if err := r.Send([]byte("late")); err != ErrDropped {
			t.Errorf("%v, want ErrDropped", err)
		}
	}
}

// The sender and the loop meet in every order.
func TestSlotInterleavings(t *testing.T) {
	tests := []struct {
		name  string
		steps string // c: the sender claims, p: it publishes; a: the loop arms, d: it drops
		posts int
		err   error
		ready bool
	}{
		{name: "before the callback's end", steps: "cpa", ready: true},
		{name: "across the callback's end", steps: "cap", posts: 1, ready: true},
		{name: "after the callback", steps: "acp", posts: 1, ready: true},
		{name: "dropped before", steps: "adc", err: ErrDropped},
		{name: "dropped unarmed", steps: "dc", err: ErrDropped},
		{name: "dropped while it writes", steps: "cdp", err: ErrDropped},
		{name: "dropped while it writes, armed", steps: "cadp", err: ErrDropped},
		{name: "dropped behind one that is owed", steps: "acpd", posts: 1},
		{name: "dropped, then armed", steps: "dac", err: ErrDropped},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			a, _, loop := newAnswers()
			s := a.ask()
			generation := s.reply().generation
			var err error
			for _, step := range test.steps {
				switch step {
				case 'c':
					if err = s.claim(generation); err == nil && s.claim(generation) != ErrAnswered {
						t.Fatal("claimed twice")
					}
				case 'p':
					err = s.publish(generation)
				case 'a':
					s.arm()
				case 'd':
					s.drop()
				}
			}
			if posts := len(loop.posted); posts != test.posts || err != test.err || s.isFilled() != test.ready {
				t.Errorf("%d posts, %v, filled: %v", posts, err, s.isFilled())
			}
		})
	}
}

// Two goroutines send each reply; one of them wins, and all leave in order.
func TestReplyFromManyGoroutines(t *testing.T) {
	const questions = 5000
	a, conn, loop := newAnswers()
	asked := make(chan Reply, 64)
	wins := make([]int, 4)
	var senders sync.WaitGroup
	for i := range wins {
		senders.Add(1)
		go func() {
			defer senders.Done()
			for r := range asked {
				switch err := r.Send([]byte("ok")); err {
				case nil:
					wins[i]++
				case ErrAnswered:
				default:
					t.Error(err)
				}
			}
		}()
	}
	for range questions {
		r := a.ask().reply()
		asked <- r
		asked <- r
		endCallback(a, conn)
		loop.run()
	}
	close(asked)
	senders.Wait()
	loop.run()
	total := 0
	for _, n := range wins {
		total += n
	}
	if total != questions || a.waiting() != 0 || conn.take() != strings.Repeat("ok\n", questions) {
		t.Errorf("%d sent of %d, %d wait", total, questions, a.waiting())
	}
}

// The connection closes while senders are at work: each is told one thing or the other, and nothing is touched again.
func TestReplyWhileClosing(t *testing.T) {
	for range 200 {
		a, conn, _ := newAnswers()
		var senders sync.WaitGroup
		for range 4 {
			r := a.ask().reply()
			senders.Add(1)
			go func() {
				defer senders.Done()
				if err := r.Send([]byte("ok")); err != nil && err != ErrDropped {
					t.Error(err)
				}
			}()
		}
		endCallback(a, conn)
		a.drop()
		senders.Wait()
	}
}

func BenchmarkReply(b *testing.B) {
	a, conn, loop := newAnswers()
	ok := []byte("ok")
	b.Run("inside its callback", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			_ = a.ask().reply().Send(ok)
			endCallback(a, conn)
			conn.sent = conn.sent[:0]
		}
	})
	b.Run("later", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			r := a.ask().reply()
			endCallback(a, conn)
			_ = r.Send(ok)
			loop.run()
			conn.sent = conn.sent[:0]
		}
	})
}
