//go:build linux

package websocket

import (
	"bytes"
	"fmt"
	"strings"
	"testing"

	"github.com/gobwas/ws"

	"fanloop/engine"
)

// numbered are n text messages in one piece, and what they say.
func numbered(n int) (frames []byte, messages []string) {
	for i := range n {
		messages = append(messages, fmt.Sprint("message ", i))
		frames = append(frames, text(messages[i])...)
	}
	return frames, messages
}

// 1,000 frames in one write, and each of them pauses until a timer resumes.
func TestPauseInTheMiddle(t *testing.T) {
	paused := false
	w := serve(t, &Server{OnMessage: func(c *Conn, m Message) {
		if paused {
			t.Errorf("%s while paused", m.Data)
		}
		paused = true
		c.Pause()
		_ = c.Send(m.Data)
		c.Loop().After(0, func() {
			paused = false
			c.Resume()
		})
	}})
	c, _ := w.connect()
	frames, messages := numbered(1000)
	c.send(frames, closing(1000, ""))
	c.wantText(messages...)
	c.wantClose(1000, "")
	c.wantEnd()
}

// A paused connection still sends, is not read, and is heard again from where it stopped, the client's end included.
func TestPauseFromOutside(t *testing.T) {
	messages := 0
	w := serve(t, &Server{OnMessage: func(c *Conn, m Message) {
		messages++
		echo(c, m)
	}})
	c, conn := w.connect()
	w.onLoop(conn.Pause)
	c.send(first("hel"), ping("p"), last("lo"), text("there"))
	c.finish()
	for range 10 {
		w.onLoop(func() {
			if messages > 0 {
				t.Error("read while paused")
			}
		})
	}
	w.onLoop(func() { _ = conn.Send([]byte("sent")) })
	c.wantText("sent")
	w.onLoop(conn.Resume)
	c.want(ws.OpPong, "p")
	c.wantText("hello", "there")
	c.wantEnd()
}

// A client with much to say has 64 messages handled in a turn; after a few turns at most others have theirs: here a posted task.
func TestTurn(t *testing.T) {
	handled, between := 0, 0
	w := serve(t, &Server{OnMessage: func(c *Conn, m Message) {
		if handled++; handled == 1 {
			_ = c.Loop().Post(func() { between = handled })
		}
		echo(c, m)
	}})
	c, _ := w.connect()
	frames, messages := numbered(5000)
	sent := c.flood(frames)
	c.wantText(messages...)
	receive(t, sent)
	w.onLoop(func() {
		if between == 0 || between > 8*64 {
			t.Errorf("%d messages were handled before anything else", between)
		}
	})
}

// A client that does not read its echoes is not read either, until it does; then everything arrives.
func TestClientThatDoesNotRead(t *testing.T) {
	const limit, size, count = 256 << 10, 32 << 10, 1000
	full, drained := make(chan *Conn, 1), make(chan struct{}, 1)
	isFull := false
	w := serve(t, &Server{
		OnMessage: func(c *Conn, m Message) {
			if isFull {
				t.Error("a message while the outbox is full")
			}
			if err := c.SendBinary(m.Data); err != nil {
				t.Errorf("an answer is refused: %v", err)
			}
		},
		OnBufferFull: func(c *Conn) {
			isFull = true
			offer(full, c)
		},
		OnBufferDrain: func(c *Conn) {
			isFull = false
			offer(drained, struct{}{})
		},
	}, engine.ListenOptions{MaxOutbox: limit})
	c := connect(t, w.addr)
	message := func(i int) string { return fmt.Sprintf("%08d", i) + strings.Repeat("x", size-8) }
	var all bytes.Buffer
	for i := range count {
		all.Write(blob(message(i)))
	}
	sent := c.flood(all.Bytes())
	conn := receive(t, full)
	more, unasked := strings.Repeat("unasked", size/7), 0
	w.onLoop(func() {
		if waiting := conn.conn.Buffered(); waiting > limit+2*size {
			t.Errorf("%d bytes wait, the limit is %d", waiting, limit)
		}
		err := conn.SendBinary([]byte(more))
		for ; err == nil && unasked < count; err = conn.SendBinary([]byte(more)) {
			unasked++ // the kernel has made room meanwhile: until it is full again
		}
		if err != engine.ErrFull {
			t.Errorf("Send from outside: %v, want ErrFull", err)
		}
	})
	for i := range count {
		op, payload := c.frame()
		for ; payload == more; op, payload = c.frame() {
			unasked--
		}
		if op != ws.OpBinary || payload != message(i) {
			t.Fatalf("message %d: opcode %d, %d bytes, %.20q", i, op, len(payload), payload)
		}
	}
	if unasked != 0 {
		t.Errorf("%d that were sent unasked are missing", unasked)
	}
	receive(t, drained)
	receive(t, sent)
	c.send(closing(1000, ""))
	c.wantClose(1000, "")
	c.wantEnd()
}

// A client that reads nothing of what is pushed is closed: what it has begun to receive it can still read to the end, then
// why. It need not have read for its own Close frame to be heard.
func TestSlowConsumer(t *testing.T) {
	const size = 64 << 10
	message := func(i int) string { return fmt.Sprintf("%08d", i) + strings.Repeat("x", size-8) }
	for _, wasFull := range []bool{false, true} {
		t.Run(fmt.Sprint("full before ", wasFull), func(t *testing.T) {
			w := serve(t, &Server{CloseTimeout: patience}, engine.ListenOptions{MaxOutbox: 256 << 10})
			c, conn := w.connect()
			sent := 0
			held, goOn := make(chan struct{}), make(chan struct{})
			if err := w.Home().Post(func() { close(held); <-goOn }); err != nil {
				t.Fatal(err)
			}
			receive(t, held)
			if wasFull {
				c.send(closing(StatusTryAgainLater, "")) // there before the end, and not read before it
			}
			pushed := make(chan struct{})
			if err := w.Home().Post(func() {
				defer close(pushed)
				for wasFull && conn.SendBinary([]byte(message(sent))) == nil {
					sent++
				}
				outlet, _ := conn.Ref().Attach(func() {})
				for outlet.Push(shared{message(sent), true}) {
					sent++
				}
				if err := conn.SendBinary(nil); err != engine.ErrClosed {
					t.Errorf("Send after that: %v", err)
				}
			}); err != nil {
				t.Fatal(err)
			}
			close(goOn)
			receive(t, pushed)
			if wasFull {
				w.wantClosed(engine.ErrSlowConsumer)
			}
			for i := 0; ; i++ {
				op, payload := c.frame()
				if op == ws.OpClose {
					if want := string(ws.NewCloseFrameBody(StatusTryAgainLater, "too slow")); payload != want || i == 0 || i >= sent {
						t.Errorf("%q behind %d of %d messages", payload, i, sent)
					}
					break
				}
				if payload != message(i) {
					t.Fatalf("message %d: %d bytes, %.20q", i, len(payload), payload)
				}
			}
			if !wasFull {
				c.send(closing(StatusTryAgainLater, ""))
				w.wantClosed(engine.ErrSlowConsumer)
			}
			c.wantEnd()
		})
	}
}
