//go:build linux

package engine

import (
	"bytes"
	"fmt"
	"strings"
	"testing"
)

func TestOutboxCounts(t *testing.T) {
	var o outbox
	want := 0
	for i := range 500 {
		o.add(item{frame: make([]byte, i)})
		want += i
		if i%3 == 2 {
			want -= len(o.pop().frame)
			o.bytes -= i / 3 // as its writer does
		}
	}
	if o.bytes != want || o.len() != 500-166 {
		t.Errorf("%d bytes in %d items, want %d in %d", o.bytes, o.len(), want, 500-166)
	}
	for i := 166; i < 500; i++ {
		if n := len(o.pop().frame); n != i {
			t.Fatalf("item of %d bytes, want %d", n, i)
		}
	}
}

func TestWriteGathersInChunks(t *testing.T) {
	s := newStillLoop(t, ListenOptions{})
	k := s.connect(handler{})
	var want bytes.Buffer
	for i := range 1000 {
		fmt.Fprintf(&want, "%d ", i)
		fmt.Fprintf(k.conn, "%d ", i)
	}
	if n := k.conn.out.len(); n != 1 {
		t.Errorf("%d items for %d bytes", n, want.Len())
	}
	_, _ = k.conn.Write(bytes.Repeat([]byte("x"), 2*chunkSize))
	if n := k.conn.out.len(); n != 2 {
		t.Errorf("%d items", n)
	}
	s.pump()
	if !bytes.HasPrefix(k.got, want.Bytes()) || len(k.got) != want.Len()+2*chunkSize {
		t.Error("something else was written")
	}
	if len(s.pool.chunks) != 1 || cap(s.pool.chunks[0]) != chunkSize {
		t.Errorf("%d chunks went back", len(s.pool.chunks))
	}
}

// A broadcast that the connection does not hear does not cut its chunk.
func TestChunksOfTheDeaf(t *testing.T) {
	s := newStillLoop(t, ListenOptions{})
	s.hearing(1)
	k := s.connect(handler{})
	for range 10 {
		_, _ = k.conn.Write([]byte("x"))
		s.broadcast("m")
	}
	if n := k.conn.out.len(); n != 1 {
		t.Errorf("%d items", n)
	}
}

// What a connection pins must not be much more than what MaxOutbox counts.
func TestChunksOfTheStalled(t *testing.T) {
	s := newStillLoop(t, ListenOptions{})
	k := s.hearing(1)[0]
	k.room = 0
	_ = k.conn.Send([]byte("x"))
	s.pump()
	for range 2000 {
		_, _ = k.conn.Write([]byte("0123456789"))
		s.broadcast("m")
	}
	pinned := 0
	for _, it := range k.conn.out.items {
		pinned += cap(it.frame)
	}
	if counted := k.conn.Buffered(); pinned > 4*counted {
		t.Errorf("%d bytes pinned, %d counted", pinned, counted)
	}
	k.room = anyNumber
	s.pump()
	if want := "x" + string(bytes.Repeat([]byte("0123456789m"), 2000)); string(k.got) != want {
		t.Error("something else was written")
	}
	s.expectIdle()
}

// A chunk that the kernel has a part of is written on to.
func TestChunkExtendedBehindWhatIsWritten(t *testing.T) {
	s := newStillLoop(t, ListenOptions{})
	k := s.connect(handler{})
	k.room = 3
	_, _ = k.conn.Write([]byte("abcdef"))
	s.pump()
	for range 3 {
		_, _ = k.conn.Write([]byte("ghi"))
		k.room = 2
		s.pump()
		s.checkLoop()
	}
	k.room = anyNumber
	s.pump()
	if string(k.got) != "abcdefghighighi" {
		t.Errorf("got %q", k.got)
	}
	s.expectIdle()
}

func TestOutboxMemoryAfterABurst(t *testing.T) {
	s := newStillLoop(t, ListenOptions{MaxOutbox: 1 << 30})
	k := s.connect(handler{})
	k.forgets = true
	for range 100 * maxIdleItems {
		_ = k.conn.Send([]byte("x"))
	}
	s.pump()
	s.expectIdle()
	for _, o := range s.pool.boxes {
		if cap(o.items) > maxIdleItems {
			t.Errorf("an outbox of %d items is kept", cap(o.items))
		}
	}
	for range maxPooled + 10 {
		_, _ = s.connect(handler{}).conn.Write([]byte("x"))
	}
	for range maxSmalls + 10 {
		_ = s.connect(handler{}).conn.Send([]byte("x"))
	}
	for s.busy() {
		s.slice()
	}
	if len(s.pool.boxes) != maxSmalls || len(s.pool.chunks) != maxPooled {
		t.Errorf("%d outboxes and %d chunks are kept", len(s.pool.boxes), len(s.pool.chunks))
	}
}

// A large entry of the log that is written in part, and not for want of room, becomes the connection's own.
func TestLeavingInTheMidstOfAnEntry(t *testing.T) {
	for name, leave := range map[string]func(c *Conn){
		"Hear": func(c *Conn) { c.hear(false) }, "Detach": (*Conn).Detach, "Close": (*Conn).Close,
		"SetFormat": func(c *Conn) { c.SetFormat(bracketed) },
	} {
		s := newStillLoop(t, ListenOptions{})
		k := s.hearing(1)[0]
		large := strings.Repeat("0123456789", maxWrite/8)
		s.broadcast("first")
		s.broadcast(large)
		s.broadcast("last")
		for k.conn.written == 0 {
			s.serve(k.conn)
			s.checkLoop()
		}
		leave(k.conn)
		s.checkLoop()
		s.pump()
		if string(k.got) != "first"+large+"last" {
			t.Errorf("%s: got %d bytes", name, len(k.got))
		}
		s.expectIdle()
	}
}

// A message that one format cannot express is not sent there, and holds nobody up.
func TestFormats(t *testing.T) {
	s := newStillLoop(t, ListenOptions{})
	all := s.hearing(2)
	all[0].conn.SetFormat(bracketed)
	for _, m := range []*message{text("a"), {data: "b", binary: true}, text("c")} {
		s.Broadcast(m, nil)
	}
	if all[0].conn.pushShared(&message{data: "d", binary: true}) {
		t.Error("what cannot be expressed was taken")
	}
	all[0].conn.SetFormat(raw) // later than all of it
	s.broadcast("e")
	s.pump()
	if string(all[0].got) != "<a><c>e" || string(all[1].got) != "abce" {
		t.Errorf("got %q and %q", all[0].got, all[1].got)
	}
	s.expectIdle()
}
