package peers

import (
	"bufio"
	"bytes"
	"context"
	"io"
	"net"
	"testing"
	"time"

	"github.com/gobwas/ws"
)

// A Page is a WebSocket client. It answers pings and Close frames while it waits in Next or Ended, as a browser does.
type Page struct {
	t    testing.TB
	conn net.Conn
	in   io.Reader
}

// OpenPage connects to host:port or unix:/path and makes the opening handshake.
func OpenPage(t testing.TB, address string) *Page {
	t.Helper()
	return OpenPageAt(t, address, "/")
}

// OpenPageAt is OpenPage with a path, and maybe a query.
func OpenPageAt(t testing.TB, address, path string) *Page {
	t.Helper()
	return OpenPageWith(t, address, path)
}

// OpenPageWith is OpenPageAt with fields in the request, each a whole line.
func OpenPageWith(t testing.TB, address, path string, fields ...string) *Page {
	t.Helper()
	conn := dial(t, address)
	dialer := ws.Dialer{
		Timeout: Bound,
		Header:  ws.HandshakeHeaderString(lines(fields)),
		NetDial: func(context.Context, string, string) (net.Conn, error) { return conn, nil },
	}
	_, early, _, err := dialer.Dial(context.Background(), "ws://fanloop.test"+path)
	if err != nil {
		t.Fatal("opening handshake: ", err)
	}
	p := &Page{t: t, conn: conn, in: conn}
	if early != nil { // frames that came with the handshake
		p.in = io.MultiReader(io.LimitReader(early, int64(early.Buffered())), conn)
	}
	p.in = bufio.NewReader(p.in)
	return p
}

func lines(fields []string) string {
	text := ""
	for _, f := range fields {
		text += f + "\r\n"
	}
	return text
}

// Say sends a text message.
func (p *Page) Say(text string) {
	p.t.Helper()
	p.write(ws.NewTextFrame([]byte(text)))
}

// SayAll sends a text message so many times, all at once: a server that stands still meanwhile finds them together.
func (p *Page) SayAll(text string, times int) {
	p.t.Helper()
	var all bytes.Buffer
	for range times {
		_ = ws.WriteFrame(&all, ws.MaskFrame(ws.NewTextFrame([]byte(text))))
	}
	_ = p.conn.SetWriteDeadline(time.Now().Add(Bound))
	if _, err := p.conn.Write(all.Bytes()); err != nil {
		p.t.Fatal("page: ", err)
	}
}

func (p *Page) write(f ws.Frame) {
	p.t.Helper()
	_ = p.conn.SetWriteDeadline(time.Now().Add(Bound))
	if err := ws.WriteFrame(p.conn, ws.MaskFrameInPlace(f)); err != nil {
		p.t.Fatal("page: ", err)
	}
}

// Settle waits until the server has handled everything that the page has said before: it answers a ping behind that. With one loop
// that is the whole effect; with more, the hub may hear of it a little later.
func (p *Page) Settle() {
	p.t.Helper()
	p.write(ws.NewPingFrame([]byte("settle")))
	f := p.read()
	for ; f.Header.OpCode == ws.OpPing; f = p.read() { // the test has taken for long
		p.write(ws.NewPongFrame(f.Payload))
	}
	if f.Header.OpCode != ws.OpPong || string(f.Payload) != "settle" {
		p.t.Fatalf("page: got a frame with opcode %d, %q, want pong", f.Header.OpCode, f.Payload)
	}
}

// Next waits for a text message.
func (p *Page) Next() string {
	p.t.Helper()
	f := p.frame()
	if f.Header.OpCode != ws.OpText {
		p.t.Fatalf("page: got a frame with opcode %d, %q, want text", f.Header.OpCode, f.Payload)
	}
	return string(f.Payload)
}

// Rest takes the text messages before the server's Close frame, and returns them and the frame's code.
func (p *Page) Rest() (texts []string, code int) {
	p.t.Helper()
	for {
		f := p.frame()
		if f.Header.OpCode == ws.OpClose {
			status, _ := ws.ParseCloseFrameData(f.Payload)
			return texts, int(status)
		}
		texts = append(texts, string(f.Payload))
	}
}

// Ended waits for the server's Close frame, answers it, hangs up after the server, as a browser does, and returns the frame's code
// and reason. A message before it fails the test.
func (p *Page) Ended() (code int, reason string) {
	p.t.Helper()
	code, reason = p.Dismissed()
	p.write(ws.NewCloseFrame(ws.NewCloseFrameBody(ws.StatusCode(code), "")))
	if _, err := io.Copy(io.Discard, p.in); err != nil {
		p.t.Fatal("page: the server did not hang up: ", err)
	}
	p.conn.Close()
	return code, reason
}

// Dismissed is Ended without the answer: the server is left waiting for it.
func (p *Page) Dismissed() (code int, reason string) {
	p.t.Helper()
	f := p.frame()
	if f.Header.OpCode != ws.OpClose {
		p.t.Fatalf("page: got a frame with opcode %d, %q, want close", f.Header.OpCode, f.Payload)
	}
	status, reason := ws.ParseCloseFrameData(f.Payload)
	return int(status), reason
}

// Close makes the closing handshake, as a browser does when its page goes away.
func (p *Page) Close() {
	p.t.Helper()
	p.write(ws.NewCloseFrame(ws.NewCloseFrameBody(ws.StatusGoingAway, "")))
	if code, _ := p.Dismissed(); code != int(ws.StatusGoingAway) {
		p.t.Fatal("page: the answer to the Close frame has code ", code)
	}
	p.conn.Close()
}

// Hangup ends the connection by a reset, as a process that dies may.
func (p *Page) Hangup() {
	if tcp, ok := p.conn.(*net.TCPConn); ok {
		_ = tcp.SetLinger(0)
	}
	p.conn.Close()
}

// frame waits for a frame other than ping and pong.
func (p *Page) frame() ws.Frame {
	p.t.Helper()
	for {
		f := p.read()
		switch f.Header.OpCode {
		case ws.OpPing:
			p.write(ws.NewPongFrame(f.Payload))
		case ws.OpPong:
		default:
			return f
		}
	}
}

func (p *Page) read() ws.Frame {
	p.t.Helper()
	_ = p.conn.SetReadDeadline(time.Now().Add(Bound))
	f, err := ws.ReadFrame(p.in)
	if err != nil {
		p.t.Fatal("page: ", err)
	}
	return f
}
