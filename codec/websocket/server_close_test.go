//go:build linux

package websocket

import (
	"fmt"
	"io"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/gobwas/ws"

	"fanloop/engine"
)

func TestClientCloses(t *testing.T) {
	w := serve(t, &Server{OnMessage: echo})
	for _, test := range []struct {
		send   []byte
		code   int // of the answer
		reason CloseError
	}{
		{closing(1000, "bye"), 1000, CloseError{1000, "bye"}},
		{closing(1001, ""), 1001, CloseError{1001, ""}},
		{closing(3000, strings.Repeat("r", 123)), 3000, CloseError{3000, strings.Repeat("r", 123)}},
		{closing(4999, "再見"), 4999, CloseError{4999, "再見"}},
		{frame(true, ws.OpClose, ""), StatusNoStatusReceived, CloseError{StatusNoStatusReceived, ""}},
		{join(first("unfinished"), closing(1000, "")), 1000, CloseError{1000, ""}},
		{join(closing(1000, ""), text("after"), ping("after"), closing(1001, "")), 1000, CloseError{1000, ""}},
	} {
		c := connect(t, w.addr)
		c.send(text("before"), test.send)
		c.wantText("before")
		c.wantClose(test.code, "")
		c.wantEnd()
		w.wantClosed(&test.reason)
	}
}

func TestServerCloses(t *testing.T) {
	for _, test := range []struct {
		name  string
		close func(c *Conn)
		code  int
		want  string
	}{
		{"Close", (*Conn).Close, 1000, ""},
		{"with a code", func(c *Conn) { c.CloseWith(4001, "再見") }, 4001, "再見"},
		{"without a code", func(c *Conn) { c.CloseWith(StatusNoStatusReceived, "") }, StatusNoStatusReceived, ""},
		{"with a code that must not be sent", func(c *Conn) { c.CloseWith(StatusAbnormalClosure, "x") }, 1011, ""},
		{"with a reason that is not UTF-8", func(c *Conn) { c.CloseWith(1000, "\xff") }, 1011, ""},
		{"with a long reason", func(c *Conn) { c.CloseWith(4000, strings.Repeat("使", 100)) }, 4000, strings.Repeat("使", 41)},
	} {
		t.Run(test.name, func(t *testing.T) {
			messages := 0
			w := serve(t, &Server{CloseTimeout: patience, OnMessage: func(c *Conn, m Message) {
				messages++
				_ = c.Send([]byte("waiting"))
				test.close(c)
				c.CloseWith(4999, "a second time")
				c.Pause() // the client's Close frame is read all the same
				if c.Send(m.Data) != engine.ErrClosed || c.SendBinary(nil) != engine.ErrClosed {
					t.Error("sent after Close")
				}
			}})
			c, conn := w.connect()
			c.send(text("close"), text("discarded"), ping("meanwhile"))
			c.wantText("waiting")
			c.wantClose(test.code, test.want)
			c.want(ws.OpPong, "meanwhile")
			c.send(text("discarded"), first("unfinished"), ping("again"))
			c.want(ws.OpPong, "again")
			w.onLoop(func() {
				if len(w.closed) > 0 || conn.conn.Closing() || messages != 1 {
					t.Errorf("closing %v before the client's Close frame, %d messages", conn.conn.Closing(), messages)
				}
			})
			c.send(closing(1000, ""), text("discarded"))
			c.wantEnd()
			w.wantClosed(engine.ErrClosed)
		})
	}
}

// A client that does not answer the Close frame is not waited for longer than CloseTimeout, whatever else it sends or reads.
func TestServerCloseTimeout(t *testing.T) {
	const limit = 50 * time.Millisecond
	w := serve(t, &Server{CloseTimeout: limit, OnMessage: func(c *Conn, _ Message) { c.Close() }})
	start := time.Now()
	c := connect(t, w.addr)
	c.send(text("close"))
	c.wantClose(1000, "")
	for c.pongOrEnd() {
	}
	w.wantClosed(engine.ErrClosed)
	if took := time.Since(start); took < limit {
		t.Errorf("ended after %v", took)
	}
}

// pongOrEnd sends a ping and tells whether it is answered; otherwise the end has come.
func (c *client) pongOrEnd() bool {
	c.t.Helper()
	c.send(ping("p"))
	f, err := ws.ReadFrame(c.reader)
	if err == nil && f.Header.OpCode == ws.OpPong {
		return true
	}
	if err != io.EOF {
		c.t.Fatalf("%+v, %v", f.Header, err)
	}
	return false
}

// Both say goodbye at the same time: each takes the other's Close frame for the answer to its own.
func TestBothClose(t *testing.T) {
	w := serve(t, &Server{CloseTimeout: patience})
	c, conn := w.connect()
	held, goOn := make(chan struct{}), make(chan struct{})
	if err := w.Home().Post(func() {
		close(held)
		<-goOn
		conn.CloseWith(4001, "server")
	}); err != nil {
		t.Fatal(err)
	}
	receive(t, held)
	c.send(closing(4002, "client")) // before the server's, and not read before it
	close(goOn)
	c.wantClose(4001, "server")
	c.wantEnd()
	w.wantClosed(engine.ErrClosed)
}

func TestClientGoesAway(t *testing.T) {
	w := serve(t, &Server{CloseTimeout: patience, OnMessage: func(c *Conn, _ Message) { c.Close() }})
	for _, test := range []struct {
		name string
		send []byte
		end  func(c *client)
		want error
	}{
		{"EOF", nil, (*client).finish, io.EOF},
		{"EOF in a frame", text("hello")[:8], (*client).finish, io.EOF},
		{"EOF in a message", first("hello"), (*client).finish, io.EOF},
		{"EOF in a Close frame", closing(1000, "")[:7], (*client).finish, io.EOF},
		{"reset", nil, (*client).reset, syscall.ECONNRESET},
		{"EOF after Close", text("close"), (*client).finish, engine.ErrClosed},
		{"reset after Close", text("close"), (*client).reset, engine.ErrClosed},
	} {
		t.Run(test.name, func(t *testing.T) {
			c := connect(t, w.addr)
			c.send(test.send)
			if string(test.send) == string(text("close")) {
				c.wantClose(1000, "")
			}
			test.end(c)
			w.wantClosed(test.want)
		})
	}
}

// Whatever is called in whichever callback: the connection ends once, and the loop lives on.
func TestEndInEveryCallback(t *testing.T) {
	ends := map[string]func(*Conn){
		"Close": (*Conn).Close,
		"Abort": (*Conn).Abort,
		"Close and Abort": func(c *Conn) {
			c.Close()
			c.Abort()
		},
		"Abort and Close": func(c *Conn) {
			c.Abort()
			c.Close()
		},
		"Kick": func(c *Conn) { _ = c.Ref().Kick(4000, "kicked") },
		"Pause and Close": func(c *Conn) {
			c.Pause()
			c.Close()
			c.Resume()
		},
		"panic":           func(*Conn) { panic("on purpose") },
		"Close and panic": func(c *Conn) { c.Close(); panic("on purpose") },
	}
	for name, end := range ends {
		for _, where := range []string{"OnConnect", "OnMessage", "OnClose", "OnBufferFull", "OnBufferDrain"} {
			t.Run(fmt.Sprintf("%s in %s", name, where), func(t *testing.T) { endIn(t, where, end) })
		}
	}
}

func endIn(t *testing.T, where string, end func(*Conn)) {
	full := make(chan struct{}, 1)
	var victim uint64
	in := func(here string) func(*Conn) {
		return func(c *Conn) {
			if victim == 0 {
				victim = c.ID()
			}
			if here == where && c.ID() == victim {
				end(c)
			}
		}
	}
	w := serve(t, &Server{
		OnConnect: in("OnConnect"),
		OnMessage: func(c *Conn, m Message) {
			if strings.HasPrefix(where, "OnBuffer") && string(m.Data) == "first" {
				_ = c.SendBinary(make([]byte, 8<<20)) // more than the kernel takes
			}
			in("OnMessage")(c)
		},
		OnClose: func(c *Conn, _ error) { in("OnClose")(c) },
		OnBufferFull: func(c *Conn) {
			offer(full, struct{}{})
			in("OnBufferFull")(c)
		},
		OnBufferDrain: in("OnBufferDrain"),
	})
	c := dial(t, w.addr)
	c.send([]byte(request), text("first"), text("second"))
	if where == "OnClose" {
		c.finish()
	}
	if strings.HasPrefix(where, "OnBuffer") {
		receive(t, full) // it would not be, if the client read meanwhile
	}
	answered := make(chan struct{})
	go func() {
		defer close(answered)
		c.answerClose()
	}()
	receive(t, w.closed)
	receive(t, answered)
	connect(t, w.addr) // the loop lives on
}

// answerClose reads to the end and answers the Close frame, as any client does.
func (c *client) answerClose() {
	if _, err := io.CopyN(io.Discard, c.reader, int64(len(accepted)+2)); err != nil {
		return
	}
	for {
		f, err := ws.ReadFrame(c.reader)
		if err != nil {
			return
		}
		if f.Header.OpCode == ws.OpClose {
			_, _ = c.Write(frame(true, ws.OpClose, string(f.Payload)))
		}
	}
}
