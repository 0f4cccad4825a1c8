//go:build linux

package engine

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"io"
	"slices"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

const publishedSize = 1 << 10

// publication is message number i of a publisher.
func publication(i uint64) *message {
	p := bytes.Repeat([]byte{byte(i)}, publishedSize)
	binary.BigEndian.PutUint64(p, i)
	return &message{data: string(p)}
}

// reader checks that what it reads is publications 0, 1, 2 ...
type reader struct {
	part []byte
	next uint64
}

func (r *reader) Write(p []byte) (int, error) {
	r.part = append(r.part, p...)
	for ; len(r.part) >= publishedSize; r.part = r.part[publishedSize:] {
		if i := binary.BigEndian.Uint64(r.part); i != r.next {
			return 0, errors.New("out of order, or something is lost")
		}
		r.next++
	}
	return len(p), nil
}

// pinned is how many bytes the loop holds for those who read.
func (s *stillLoop) pinned() int {
	b := &s.everybody
	return s.queued + b.waiting(b.base)
}

// A publisher that is faster than its loop waits, whether many wait for one write each, or few for many.
func TestPublisherIsHeldWhileTheLoopIsBehind(t *testing.T) {
	publications := uint64(10_000)
	if raced {
		publications = 5_000 // still more than the mark
	}
	for _, connections := range []int{50, 300} {
		s := newStillLoop(t, ListenOptions{})
		for _, k := range s.hearing(connections) {
			k.forgets = true
		}
		checked := &reader{}
		fake := s.sys.write
		s.sys.write = func(fd int, p []byte) (int, error) {
			if fd == firstFake {
				if _, err := checked.Write(p); err != nil {
					t.Fatal(err)
				}
			}
			return fake(fd, p)
		}
		sent := uint64(0)
		k := s.connect(lines(func(c *Conn, _ string) {
			s.Broadcast(publication(sent), nil)
			s.NotePublish()
			sent++
		}))
		peak := 0
		for sent < publications {
			if len(k.in) == 0 {
				k.in = [][]byte{bytes.Repeat([]byte("\n"), 1000)}
			}
			if events := k.events(); events != 0 {
				s.event(k, events)
			}
			peak = max(peak, s.pinned())
			if s.rung() {
				_ = s.handle(s.inbox.eventfd, unix.EPOLLIN, 0)
			}
		}
		s.pump()
		s.expectIdle()
		if checked.next != sent || s.stats.heldBack.Load() == 0 && connections > 50 {
			t.Errorf("%d connections: %d of %d arrived, held back %d times", connections, checked.next, sent, s.stats.heldBack.Load())
		}
		// What one turn may publish goes beyond the mark.
		if most := backlogHigh + 2*turnMessages*(publishedSize+itemOverhead); peak > most {
			t.Errorf("%d connections: at its peak the loop held %d bytes, want at most %d", connections, peak, most)
		}
		if s.engine.behind.Load() != 0 || s.held.n != 0 || k.conn.hold != 0 {
			t.Errorf("behind %d, %d held", s.engine.behind.Load(), s.held.n)
		}
	}
}

// Those who do not publish are not held back, and a held connection that closes is not missed.
func TestOnlyPublishersAreHeld(t *testing.T) {
	s := newStillLoop(t, ListenOptions{})
	h := lines(func(c *Conn, line string) {
		if line == "publish" {
			c.loop.NotePublish()
		}
		repeat(c, line)
	})
	a, b, other := s.connect(h), s.connect(h), s.connect(h)
	for _, k := range []*fakeSocket{a, b} {
		k.in = [][]byte{[]byte("publish\n")}
	}
	s.pump()
	s.engine.behind.Add(1)
	for _, k := range []*fakeSocket{a, b, other} {
		k.in = [][]byte{[]byte("next\n")}
	}
	s.pump()
	if string(a.got) != "publish\n" || string(other.got) != "next\n" || s.stats.heldBack.Load() != 2 {
		t.Fatalf("got %q and %q, held back %d", a.got, other.got, s.stats.heldBack.Load())
	}
	s.in(b, (*Conn).Abort)
	if s.held.n != 1 || slices.Contains(s.held.conns, b.conn) {
		t.Error("one that has closed is kept")
	}
	s.engine.relieve()
	s.pump()
	if string(a.got) != "publish\nnext\n" || s.held.n != 0 {
		t.Errorf("got %q, %d held", a.got, s.held.n)
	}
	s.expectIdle()
}

// Peers that do not read are no reason to hold publishers back.
func TestStalledConnectionsAreNoBacklog(t *testing.T) {
	s := newStillLoop(t, ListenOptions{MaxOutbox: 1 << 30})
	stuck := s.hearing(2)[0]
	stuck.room = 1
	for i := range uint64(6000) {
		s.Broadcast(publication(i), nil)
		_ = stuck.conn.Send(make([]byte, publishedSize))
		s.pump()
	}
	if n := s.queued + s.everybody.backlog(); n != 0 || s.behind {
		t.Errorf("backlog %d, behind %v", n, s.behind)
	}
	stuck.room = anyNumber
	s.pump()
	s.expectIdle()
}

func TestAwaitBacklog(t *testing.T) {
	e := testEngine(t, Options{Loops: 2})
	l := e.Home()
	if err := l.AwaitBacklog(context.Background()); err != nil {
		t.Fatal(err)
	}
	e.behind.Add(2)
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if err := l.AwaitBacklog(ctx); err != context.Canceled {
		t.Errorf("got %v", err)
	}
	released := make(chan error, 3)
	for range cap(released) {
		go func() { released <- l.AwaitBacklog(context.Background()) }()
	}
	e.relieve()
	select {
	case <-released:
		t.Error("released while one reason is left")
	default:
	}
	e.relieve()
	for range cap(released) {
		if err := await(t, "the release", released); err != nil {
			t.Error(err)
		}
	}
	e.behind.Add(1)
	go func() { released <- l.AwaitBacklog(context.Background()) }()
	shutdown(t, e)
	if err := await(t, "the end", released); err != ErrClosed {
		t.Errorf("after Shutdown: %v", err)
	}
}

func TestCrowdedInboxHoldsPublishers(t *testing.T) {
	s := newStillLoop(t, ListenOptions{})
	ran := 0
	for range inboxHigh + 1 {
		_ = s.Post(func() { ran++ })
	}
	if n := s.engine.behind.Load(); n != 1 {
		t.Fatalf("behind %d with %d tasks", n, inboxHigh+1)
	}
	s.pump()
	if n := s.engine.behind.Load(); n != 0 || ran != inboxHigh+1 {
		t.Errorf("behind %d, %d ran", n, ran)
	}
}

// Two loops, real sockets, readers that take little at a time: nothing is lost, all is in order.
func TestPublishingToReaders(t *testing.T) {
	const readers, publications = 10, 5000
	e := testEngine(t, Options{Loops: 2})
	open := make(chan struct{}, readers)
	ln := listen(t, e, handler{open: func(c *Conn) { c.hear(true); open <- struct{}{} }}, ListenOptions{MaxOutbox: 64 << 20})
	results := make(chan error, readers)
	for range readers {
		c := dial(t, ln)
		go func() {
			_, err := io.CopyBuffer(struct{ io.Writer }{&reader{}}, io.LimitReader(c, publications*publishedSize), make([]byte, 3000))
			results <- err
		}()
		await(t, "a reader", open)
	}
	sent := uint64(0)
	publisher := dial(t, listen(t, e, lines(func(c *Conn, _ string) {
		m := publication(sent)
		m.Encoded(raw.slot, raw.encode)
		sent++
		for _, l := range e.loops {
			_ = l.Post(func() { l.Broadcast(m, nil) })
		}
		c.Loop().NotePublish()
	}), ListenOptions{Loop: e.Home()}))
	_ = publisher.SetDeadline(time.Now().Add(patience))
	if _, err := publisher.Write(bytes.Repeat([]byte("\n"), publications)); err != nil {
		t.Fatal(err)
	}
	for range readers {
		if err := await(t, "a reader's end", results); err != nil {
			t.Error(err)
		}
	}
}

// Whoever cannot be held back is told not to publish while the loops are behind.
func TestWhoMayPublishWhileTheLoopsAreBehind(t *testing.T) {
	e := testEngine(t, Options{})
	l := e.Home()
	type answer struct {
		who string
		may bool
	}
	answers := make(chan answer, 1)
	ask := func(who string) { answers <- answer{who, l.NotePublish()} }
	refs := make(chan Ref, 1)
	ln := listen(t, e, whole{
		handler: handler{
			open:    func(c *Conn) { refs <- c.Ref() },
			traffic: func(c *Conn, p []byte) int { ask("message"); c.published = false; return len(p) },
			close:   func(*Conn, error) { ask("OnClose") },
		},
		eof: func(c *Conn) { c.Close() },
	}, ListenOptions{})
	client := dial(t, ln)
	ref := await(t, "the connection", refs)
	ways := []struct {
		who string
		may bool
		do  func()
	}{
		{"message", true, func() { _, _ = client.Write([]byte("x")) }},
		{"offloaded work", true, func() { _ = Offload(ref.conn, func() int { return 0 }, func(int) { ask("offloaded work") }) }},
		{"Ref.Post", false, func() { _ = ref.Post(func(*Conn) { ask("Ref.Post") }) }},
		{"task", false, func() { _ = l.Post(func() { ask("task") }) }},
		{"timer", false, func() { _ = l.Post(func() { l.After(0, func() { ask("timer") }) }) }},
		{"OnClose", true, func() { _ = client.Close() }},
	}
	for _, behind := range []bool{false, true} {
		if behind {
			e.behind.Add(1)
			defer e.behind.Add(-1)
		}
		for _, way := range ways {
			if way.who == "OnClose" && !behind {
				continue // once is all there is
			}
			way.do()
			if got := await(t, way.who, answers); got.who != way.who || got.may != (way.may || !behind) {
				t.Errorf("behind %v: %s may publish: %v", behind, got.who, got.may)
			}
		}
	}
}

// What others send by Ref.Post is no answer to the peer: it is refused past the mark, as any Send from elsewhere.
func TestPostedSendsAreBounded(t *testing.T) {
	s := newStillLoop(t, ListenOptions{MaxOutbox: 1000})
	other := s.connect(handler{})
	k := s.connect(whole{full: func(c *Conn) {
		if err := c.Send([]byte("own")); err != nil {
			t.Errorf("in OnBufferFull: %v", err)
		}
	}})
	k.room = 0
	sent := 0
	for range 100 {
		_ = k.conn.Ref().Post(func(c *Conn) {
			_ = other.conn.Send([]byte("x"))
			if c.Send(make([]byte, 100)) == nil {
				sent++
			}
		})
		s.pump()
	}
	if sent != 9 && sent != 10 || len(other.got) != 100 { // 100 bytes and the bookkeeping of a chunk
		t.Errorf("%d sent, %d to the other", sent, len(other.got))
	}
	_ = k.conn.Ref().Post(func(*Conn) { panic("on purpose") })
	s.pump()
	if s.posted || s.current != nil {
		t.Error("it is not over")
	}
}
