//go:build linux

package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"sync"
	"time"

	"github.com/gobwas/ws"
)

// A page listens by WebSocket.
type page struct {
	conn net.Conn
	in   *bufio.Reader

	mu   sync.Mutex // of writing
	left bool       // our Close frame is out
}

// openPage makes the opening handshake. A small one takes as little as it can ahead.
func (s *soak) openPage(ctx context.Context, d door, path string, small bool) (*page, error) {
	conn, err := s.dial(ctx, d, small)
	if err != nil {
		return nil, err
	}
	return shake(ctx, conn, path)
}

// shake makes the opening handshake on a connection, and closes it when that fails.
func shake(ctx context.Context, conn net.Conn, path string, protocols ...string) (*page, error) {
	dialer := ws.Dialer{
		Timeout: patience, Protocols: protocols,
		NetDial: func(context.Context, string, string) (net.Conn, error) { return conn, nil },
	}
	_, early, _, err := dialer.Dial(ctx, "ws://localhost"+path)
	if err != nil {
		_ = conn.Close()
		return nil, fmt.Errorf("opening handshake: %w", err)
	}
	_ = conn.SetDeadline(time.Time{})
	p := &page{conn: conn, in: early}
	if early == nil {
		p.in = bufio.NewReader(conn)
	}
	return p, nil
}

func (p *page) write(f ws.Frame) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.left {
		return nil
	}
	p.left = f.Header.OpCode == ws.OpClose
	return ws.WriteFrame(p.conn, ws.MaskFrameInPlace(f))
}

func (p *page) say(text string) error { return p.write(ws.NewTextFrame([]byte(text))) }

func (p *page) leave() error {
	return p.write(ws.NewCloseFrame(ws.NewCloseFrameBody(ws.StatusGoingAway, "")))
}

func (p *page) polite() bool { return true }
func (p *page) cut()         { reset(p.conn) }
func (p *page) close()       { _ = p.conn.Close() }

var errFrame = errors.New("a frame that servers do not send")

// next answers Pings, and the Close frame.
func (p *page) next() ([]byte, *ending, error) {
	for {
		h, err := ws.ReadHeader(p.in)
		if err != nil {
			return nil, nil, err
		}
		if h.Masked || !h.Fin || h.Rsv != 0 || h.Length > 4<<20 {
			return nil, nil, &violation{fmt.Errorf("%w: %+v", errFrame, h)}
		}
		payload := make([]byte, h.Length)
		if _, err := io.ReadFull(p.in, payload); err != nil {
			return nil, nil, err
		}
		switch h.OpCode {
		case ws.OpText:
			return payload, nil, nil
		case ws.OpPing:
			_ = p.write(ws.NewPongFrame(payload)) // who cannot be written to cannot be read from soon
		case ws.OpPong:
		case ws.OpClose:
			code, _ := ws.ParseCloseFrameData(payload)
			_ = p.write(ws.NewCloseFrame(ws.NewCloseFrameBody(code, "")))
			return nil, &ending{int(code)}, nil
		default:
			return nil, nil, &violation{fmt.Errorf("%w: %+v", errFrame, h)}
		}
	}
}
