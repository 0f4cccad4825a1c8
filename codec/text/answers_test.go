package text

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"
	"unsafe"
)

// fakeLoop keeps what is posted until the test runs it.
type fakeLoop struct {
	mu      sync.Mutex
	posted  []func()
	signal  chan struct{}
	stopped bool
}

func (l *fakeLoop) Post(fn func()) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.stopped {
		return errors.New("stopped")
	}
	l.posted = append(l.posted, fn)
	select {
	case l.signal <- struct{}{}:
	default:
	}
	return nil
}

// run runs what was posted and tells how much it was.
func (l *fakeLoop) run() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	n := len(l.posted)
	for _, fn := range l.posted {
		fn()
	}
	l.posted = l.posted[:0]
	return n
}

// fakeConn is a sink that remembers.
type fakeConn struct {
	sent []byte
	kept int // frames that came by SendShared
	err  error
	hook func() // runs inside Send, once
}

func (c *fakeConn) SendShared(frame []byte) error {
	if c.err == nil {
		c.kept++
		c.sent = append(c.sent, frame...)
	}
	return c.err
}

func (c *fakeConn) Send(p []byte) error {
	if c.err != nil {
		return c.err
	}
	c.sent = append(c.sent, p...)
	if hook := c.hook; hook != nil {
		c.hook = nil
		hook()
	}
	return nil
}

func (c *fakeConn) take() string {
	sent := string(c.sent)
	c.sent = c.sent[:0]
	return sent
}

func newAnswers() (*answers, *fakeConn, *fakeLoop) {
	loop, conn := &fakeLoop{signal: make(chan struct{}, 1)}, &fakeConn{}
	a := &answers{loop: loop}
	a.wake = func() {
		a.heard()
		_ = a.flush(conn)
	}
	return a, conn, loop
}

// endCallback is what the server does after a callback.
func endCallback(a *answers, c sink) {
	a.arm()
	_ = a.flush(c)
}

// A sink that refuses a line gets it again.
func TestFlushRefused(t *testing.T) {
	a, conn, _ := newAnswers()
	full := errors.New("full")
	conn.err = full
	mustSend(t, a.ask().reply(), "one")
	a.say([]byte(strings.Repeat("x", 2*keptBytes)), "\n")
	a.arm()
	if err := a.flush(conn); err != full || a.waiting() != 2 {
		t.Fatalf("%v, %d wait", err, a.waiting())
	}
	conn.err = nil
	if err := a.flush(conn); err != nil || a.waiting() != 0 {
		t.Fatalf("%v, %d wait", err, a.waiting())
	}
	if want := "one\n" + strings.Repeat("x", 2*keptBytes) + "\n"; conn.take() != want {
		t.Error("lines are missing")
	}
}

// The sink may call its user while it takes a line, and the user may send more, or close.
func TestFlushInsideFlush(t *testing.T) {
	a, conn, _ := newAnswers()
	conn.hook = func() {
		a.say([]byte("two"), "\n")
		if err := a.flush(conn); err != nil {
			t.Error(err)
		}
		conn.hook = a.drop
	}
	a.say([]byte("one"), "\n")
	if err := a.flush(conn); err != nil {
		t.Fatal(err)
	}
	if got := conn.take(); got != "one\ntwo\n" || a.waiting() != 0 {
		t.Errorf("sent %q, %d wait", got, a.waiting())
	}
}

// A large answer is handed over without a copy, and neither it nor a large queue is kept.
func TestAnswersMemory(t *testing.T) {
	a, conn, _ := newAnswers()
	mustSend(t, a.ask().reply(), strings.Repeat("x", 2*keptBytes))
	endCallback(a, conn)
	first := a.ask()
	if conn.kept != 1 || cap(first.frame) > keptBytes {
		t.Errorf("%d frames given away, %d bytes kept", conn.kept, cap(first.frame))
	}
	replies := []Reply{first.reply()}
	for range maxOwed {
		replies = append(replies, a.ask().reply())
	}
	endCallback(a, conn)
	for i, r := range replies {
		mustSend(t, r, fmt.Sprint(i))
	}
	a.wake()
	if a.waiting() != 0 || len(a.ring) > keptSlots {
		t.Errorf("%d wait, a ring of %d kept", a.waiting(), len(a.ring))
	}
	if size := unsafe.Sizeof(slot{}); size > 64 {
		t.Errorf("a slot of %d bytes", size)
	}
}

// TestAnswersModel plays random callbacks against a plain list.
func TestAnswersModel(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	a, conn, loop := newAnswers()
	var want strings.Builder
	var owed []Reply
	var texts []string
	asked := 0
	answer := func(i int) {
		mustSend(t, owed[i], texts[i])
		owed, texts = slices.Delete(owed, i, i+1), slices.Delete(texts, i, i+1)
	}
	for range 5000 {
		for range random.IntN(4) {
			text := fmt.Sprint("line ", asked)
			asked++
			want.WriteString(text + "\n")
			if random.IntN(3) == 0 {
				a.say([]byte(text), "\n")
				continue
			}
			owed, texts = append(owed, a.ask().reply()), append(texts, text)
			if random.IntN(2) == 0 {
				answer(len(owed) - 1)
			}
		}
		endCallback(a, conn)
		for range random.IntN(3) {
			if len(owed) > 0 {
				answer(random.IntN(len(owed)))
			}
		}
		if random.IntN(2) == 0 {
			loop.run()
		}
	}
	for len(owed) > 0 {
		answer(0)
	}
	loop.run()
	if conn.take() != want.String() {
		t.Error("lines are missing or out of order")
	}
}

func TestAnswersAllocate(t *testing.T) {
	a, conn, loop := newAnswers()
	ok := []byte("ok")
	inside := func() {
		_ = a.ask().reply().Send(ok)
		endCallback(a, conn)
		conn.sent = conn.sent[:0]
	}
	if n := testing.AllocsPerRun(1000, inside); n != 0 {
		t.Errorf("inside the callback: %v allocations", n)
	}
	later := func() {
		r := a.ask().reply()
		endCallback(a, conn)
		_ = r.Send(ok)
		loop.run()
		conn.sent = conn.sent[:0]
	}
	if n := testing.AllocsPerRun(1000, later); n != 0 {
		t.Errorf("later: %v allocations", n)
	}
}
