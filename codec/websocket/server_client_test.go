//go:build linux

package websocket

import (
	"bufio"
	"io"
	"net"
	nethttp "net/http"
	"strings"
	"testing"
	"time"

	"github.com/gobwas/ws"
)

// patience bounds what a test waits for; it is only reached by a test that fails.
const patience = time.Minute

// client is the peer, with gobwas/ws for its frames.
type client struct {
	*net.TCPConn
	t      testing.TB
	reader *bufio.Reader
}

func dial(t testing.TB, addr net.Addr) *client {
	t.Helper()
	conn, err := net.Dial("tcp", addr.String())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	if err := conn.SetDeadline(time.Now().Add(patience)); err != nil {
		t.Fatal(err)
	}
	return &client{conn.(*net.TCPConn), t, bufio.NewReader(conn)}
}

// request is an opening handshake without a subprotocol.
var request = but("Sec-WebSocket-Protocol: chat, superchat\r\n", "")

// arriving is a client that connects and sends while the loop stands still: p is there as soon as the connection is, however slow this
// machine may be.
func (w *world) arriving(p ...[]byte) *client {
	w.t.Helper()
	held, goOn := make(chan struct{}), make(chan struct{})
	defer close(goOn)
	if err := w.Home().Post(func() { close(held); <-goOn }); err != nil {
		w.t.Fatal(err)
	}
	receive(w.t, held)
	c := dial(w.t, w.addr)
	c.send(p...)
	return c
}

// connect goes through the opening handshake.
func connect(t testing.TB, addr net.Addr) *client {
	t.Helper()
	c := dial(t, addr)
	c.send([]byte(request))
	c.wantOpen()
	return c
}

func (c *client) send(frames ...[]byte) {
	c.t.Helper()
	if _, err := c.Write(join(frames...)); err != nil {
		c.t.Fatalf("write: %v", err)
	}
}

// response reads an HTTP response without its body.
func (c *client) response() *nethttp.Response {
	c.t.Helper()
	res, err := nethttp.ReadResponse(c.reader, nil)
	if err != nil {
		c.t.Fatalf("no response: %v", err)
	}
	return res
}

// wantOpen reads the answer that opens the connection.
func (c *client) wantOpen() *nethttp.Response {
	c.t.Helper()
	res := c.response()
	if accept := res.Header.Get("Sec-WebSocket-Accept"); res.StatusCode != 101 || accept != "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=" {
		c.t.Fatalf("%s, Sec-WebSocket-Accept %q", res.Status, accept)
	}
	return res
}

// wantRefusal reads a whole answer with the status, and the end.
func (c *client) wantRefusal(status int) *nethttp.Response {
	c.t.Helper()
	res := c.response()
	body, err := io.ReadAll(res.Body)
	if res.StatusCode != status || err != nil || !res.Close || !strings.HasSuffix(string(body), "\n") {
		c.t.Fatalf("%s, close %v, %q, %v; want %d", res.Status, res.Close, body, err, status)
	}
	if _, err := nethttp.ParseTime(res.Header.Get("Date")); err != nil || len(res.Header.Values("Date")) != 1 {
		c.t.Errorf("Date: %q", res.Header.Values("Date")) // RFC 9110 6.6.1
	}
	c.wantEnd()
	return res
}

// frame reads one frame. A server sends it whole and not masked.
func (c *client) frame() (ws.OpCode, string) {
	c.t.Helper()
	f, err := ws.ReadFrame(c.reader)
	if err != nil {
		c.t.Fatalf("no frame: %v", err)
	}
	if f.Header.Masked || !f.Header.Fin || f.Header.Rsv != 0 {
		c.t.Fatalf("%+v from a server", f.Header)
	}
	return f.Header.OpCode, string(f.Payload)
}

func (c *client) want(op ws.OpCode, payload string) {
	c.t.Helper()
	if gotOp, got := c.frame(); gotOp != op || got != payload {
		c.t.Fatalf("opcode %d, %.200q, want opcode %d, %.200q", gotOp, got, op, payload)
	}
}

func (c *client) wantText(messages ...string) {
	c.t.Helper()
	for _, m := range messages {
		c.want(ws.OpText, m)
	}
}

// wantClose reads a Close frame; StatusNoStatusReceived stands for one without a code.
func (c *client) wantClose(code int, reason string) {
	c.t.Helper()
	if code == StatusNoStatusReceived {
		c.want(ws.OpClose, "")
		return
	}
	c.want(ws.OpClose, string(ws.NewCloseFrameBody(ws.StatusCode(code), reason)))
}

// wantEnd reads the end of what the server sends: no reset.
func (c *client) wantEnd() {
	c.t.Helper()
	if got, err := io.ReadAll(c.reader); err != nil || len(got) > 0 {
		c.t.Fatalf("read %.200q, %v, want the end", got, err)
	}
}

// wantReset reads until the connection breaks.
func (c *client) wantReset() {
	c.t.Helper()
	if got, err := io.ReadAll(c.reader); err == nil {
		c.t.Fatalf("read %.200q and the end, want a reset", got)
	}
}

// reset ends the connection without FIN.
func (c *client) reset() {
	c.t.Helper()
	if err := c.SetLinger(0); err != nil {
		c.t.Fatal(err)
	}
	_ = c.TCPConn.Close()
}

// finish shuts down the client's end: EOF without a Close frame.
func (c *client) finish() {
	c.t.Helper()
	if err := c.CloseWrite(); err != nil {
		c.t.Fatal(err)
	}
}

// flood writes p in the background, whatever becomes of it, and closes the channel when that is over.
func (c *client) flood(p []byte) <-chan struct{} {
	done := make(chan struct{})
	go func() {
		defer close(done)
		_, _ = c.Write(p)
	}()
	return done
}
