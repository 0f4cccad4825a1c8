//go:build linux

package websocket

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/gobwas/ws"
	"github.com/gobwas/ws/wsutil"

	"fanloop/engine"
)

// world is a Server on an engine of one loop, whose OnConnect and OnClose calls are counted: each test that uses it is also
// a test that they come in pairs.
type world struct {
	*engine.Engine
	t      testing.TB
	addr   net.Addr
	conns  chan *Conn // as OnConnect gets them
	closed chan error // as OnClose gets them
	open   map[uint64]bool
}

func serve(t testing.TB, s *Server, options ...engine.ListenOptions) *world {
	t.Helper()
	return serveOn(t, engine.Options{}, s, options...)
}

func serveOn(t testing.TB, o engine.Options, s *Server, options ...engine.ListenOptions) *world {
	t.Helper()
	o.Logger = slog.New(slog.DiscardHandler)
	e, err := engine.New(o)
	if err != nil {
		t.Fatal(err)
	}
	w := &world{Engine: e, t: t, conns: make(chan *Conn, 64), closed: make(chan error, 64), open: map[uint64]bool{}}
	t.Cleanup(w.end)
	w.watch(s)
	ln, err := e.Listen("127.0.0.1:0", s, options...)
	if err != nil {
		t.Fatal(err)
	}
	w.addr = ln.Addr()
	return w
}

// watch puts the counting in front of the server's own callbacks.
func (w *world) watch(s *Server) {
	onConnect, onClose := s.OnConnect, s.OnClose
	s.OnConnect = func(c *Conn) {
		if _, known := w.open[c.ID()]; known {
			w.t.Error("a second OnConnect")
		}
		w.open[c.ID()] = true
		offer(w.conns, c)
		if onConnect != nil {
			onConnect(c)
		}
	}
	s.OnClose = func(c *Conn, err error) {
		if !w.open[c.ID()] {
			w.t.Errorf("OnClose(%v) of a connection that is not open", err)
		}
		w.open[c.ID()] = false
		offer(w.closed, err)
		if onClose != nil {
			onClose(c, err)
		}
	}
}

// offer is for tests with more connections than anybody waits for.
func offer[T any](to chan<- T, v T) {
	select {
	case to <- v:
	default:
	}
}

func (w *world) end() {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	if err := w.Shutdown(ctx); err != nil {
		w.t.Errorf("Shutdown: %v", err)
	}
	for id, open := range w.open {
		if open {
			w.t.Errorf("connection %d got no OnClose", id)
		}
	}
}

// connect opens a connection and returns both its ends.
func (w *world) connect() (*client, *Conn) {
	w.t.Helper()
	c := connect(w.t, w.addr)
	return c, receive(w.t, w.conns)
}

// wantClosed waits for an OnClose.
func (w *world) wantClosed(want error) {
	w.t.Helper()
	got := receive(w.t, w.closed)
	var a, b *CloseError
	if errors.As(got, &a) && errors.As(want, &b) && *a == *b {
		return
	}
	if got != want {
		w.t.Errorf("OnClose(%v), want %v", got, want)
	}
}

// onLoop runs fn on the loop and waits for it.
func (w *world) onLoop(fn func()) {
	w.t.Helper()
	ran := make(chan struct{})
	if err := w.Home().Post(func() { defer close(ran); fn() }); err != nil {
		w.t.Fatal(err)
	}
	receive(w.t, ran)
}

func receive[T any](t testing.TB, from <-chan T) (v T) {
	t.Helper()
	select {
	case v = <-from:
	case <-time.After(patience):
		t.Fatal("nothing came")
	}
	return v
}

func echo(c *Conn, m Message) {
	if m.Binary {
		_ = c.SendBinary(m.Data)
		return
	}
	_ = c.Send(m.Data)
}

// An independent client: handshake, masking and framing are gobwas/ws's.
func TestServerWithGobwas(t *testing.T) {
	w := serve(t, &Server{OnMessage: echo, Subprotocols: []string{"v2", "v1"}})
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	dialer := ws.Dialer{Protocols: []string{"v1", "v2"}}
	conn, early, shake, err := dialer.Dial(ctx, "ws://"+w.addr.String()+"/chat?room=7")
	if err != nil || shake.Protocol != "v2" || early != nil {
		t.Fatalf("%v, protocol %q, %v", err, shake.Protocol, early)
	}
	defer conn.Close()
	if err := conn.SetDeadline(time.Now().Add(patience)); err != nil {
		t.Fatal(err)
	}
	for _, size := range []int{0, 1, 125, 126, 127, smallMessage, smallMessage + 1, 65535, 65536, DefaultMaxMessage} {
		message := strings.Repeat("使", size/3) + strings.Repeat("x", size%3)
		for _, op := range []ws.OpCode{ws.OpText, ws.OpBinary} {
			if err := wsutil.WriteClientMessage(conn, op, []byte(message)); err != nil {
				t.Fatal(err)
			}
			got, gotOp, err := wsutil.ReadServerData(conn)
			if string(got) != message || gotOp != op || err != nil {
				t.Fatalf("%d bytes, opcode %d: %d bytes, opcode %d, %v", size, op, len(got), gotOp, err)
			}
		}
	}
	if err := ws.WriteFrame(conn, ws.MaskFrame(ws.NewCloseFrame(ws.NewCloseFrameBody(4000, "done")))); err != nil {
		t.Fatal(err)
	}
	var closed wsutil.ClosedError
	if _, _, err := wsutil.ReadServerData(bufio.NewReadWriter(bufio.NewReader(conn), bufio.NewWriter(conn))); !errors.As(err, &closed) || closed.Code != 4000 {
		t.Errorf("closed with %v", err)
	}
	w.wantClosed(&CloseError{4000, "done"})
}

// The zero Server reads messages, drops them, and closes when the client does.
func TestServerZeroValue(t *testing.T) {
	e, err := engine.New(engine.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer e.Shutdown(context.Background())
	ln, err := e.Listen("127.0.0.1:0", &Server{})
	if err != nil {
		t.Fatal(err)
	}
	c := connect(t, ln.Addr())
	c.send(text("hello"), ping("p"), pong("unasked"), closing(StatusNormalClosure, ""))
	c.want(ws.OpPong, "p")
	c.wantClose(StatusNormalClosure, "")
	c.wantEnd()
	_ = c.Close()
}

func TestServerConn(t *testing.T) {
	s := &Server{
		OnConnect: func(c *Conn) { c.SetValue("mine") },
		OnMessage: func(c *Conn, m Message) {
			_ = c.Send(fmt.Appendf(nil, "%s %v %v %v %q", m.Data, c.Value(), c.RemoteAddr(), c.LocalAddr(), c.Subprotocol()))
		},
		OnClose: func(c *Conn, _ error) {
			if c.Send(nil) != engine.ErrClosed || c.RemoteAddr().String() == "" || c.Value() != "mine" {
				t.Error("a closed connection sends, or has lost what it had")
			}
		},
	}
	w := serve(t, s)
	c, conn := w.connect()
	c.send(text("hello"))
	c.wantText(fmt.Sprintf("hello mine %v %v %q", c.TCPConn.LocalAddr(), w.addr, ""))
	w.onLoop(func() {
		if conn.Ref().ID() != conn.ID() || conn.Loop() != w.Home() {
			t.Errorf("ref %d of connection %d on loop %d", conn.Ref().ID(), conn.ID(), conn.Loop().Index())
		}
		if err := conn.Send([]byte("\xff")); err != ErrInvalidUTF8 {
			t.Errorf("Send of what is not UTF-8: %v", err)
		}
		if err := conn.SendBinary([]byte("\xff")); err != nil {
			t.Errorf("SendBinary: %v", err)
		}
	})
	c.want(ws.OpBinary, "\xff")
}
