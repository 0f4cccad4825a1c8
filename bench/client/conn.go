//go:build linux

package client

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
)

// state is where a connection stands.
type state uint8

const (
	closed     state = iota
	connecting       // waits for the kernel
	securing         // waits for its TLS
	upgrading        // waits for the server's 101
	open
	deaf    // never read: a stuck client
	emptied // a stuck client in the end
)

// A conn is one connection of a page, or of a client that sends requests.
type conn struct {
	fd    int32
	id    int32
	state state
	stuck bool   // will be deaf once it is open
	next  uint32 // number of the message it waits for
	began int64  // when it began to connect
	rest  []byte // an unfinished frame, chunk or answer
	event []byte // Events: the beginning of an event whose end is in another chunk
	owed  int    // HTTP: how many answers it waits for

	secure *secure // nil without TLS
}

var (
	errRefused  = errors.New("the handshake was not answered as it should be")
	errMasked   = errors.New("a masked frame from the server")
	errFragment = errors.New("a fragment: the messages of the benchmark are whole frames")
)

// The opcodes of RFC 6455 5.2.
const (
	opBinary = 2
	opClose  = 8
	opPing   = 9
	opPong   = 10
)

// feed takes what one read has brought at the time now.
func (l *load) feed(c *conn, p []byte, now int64) error {
	if len(c.rest) > 0 {
		c.rest = append(c.rest, p...)
		p = c.rest
	}
	if c.state == upgrading {
		n := bytes.Index(p, []byte("\r\n\r\n"))
		if n < 0 {
			c.keep(p)
			return nil
		}
		if !l.pages.welcomed(p[:n]) {
			return fmt.Errorf("%w: %.80q", errRefused, p)
		}
		p = p[n+4:]
		if err := l.opened(c, now); err != nil {
			return err
		}
	}
	n, err := l.pages.take(l, c, p, now)
	if err == nil && c.state != closed {
		c.keep(p[n:])
	}
	return err
}

// keep remembers an unfinished rest, which may lie in c.rest already.
func (c *conn) keep(p []byte) { c.rest = append(c.rest[:0], p...) }

// frames takes whole frames from the front of p and tells how many bytes they had.
func (l *load) frames(c *conn, p []byte, now int64) (used int, err error) {
	for {
		head, length, err := frameSize(p[used:])
		if err != nil || head == 0 || len(p)-used < head+length {
			return used, err
		}
		payload := p[used+head : used+head+length]
		switch opcode := p[used] & 0x0f; {
		case c.state == emptied && opcode == opClose:
			l.cutOff(c)
			return 0, nil
		case c.state == open && opcode <= opBinary:
			l.onMessage(c, payload, now)
		default:
			l.control(c, opcode, payload)
		}
		used += head + length
	}
}

// frameSize reads a server's frame header; head is 0 when it is not all there.
func frameSize(p []byte) (head, length int, err error) {
	if len(p) < 2 {
		return 0, 0, nil
	}
	switch {
	case p[0]&0x80 == 0:
		return 0, 0, errFragment
	case p[1] < 126:
		return 2, int(p[1]), nil
	case p[1] == 126 && len(p) >= 4:
		return 4, int(binary.BigEndian.Uint16(p[2:])), nil
	case p[1] == 127 && len(p) >= 10:
		return 10, int(binary.BigEndian.Uint32(p[6:])), nil
	case p[1] > 127:
		return 0, 0, errMasked
	}
	return 0, 0, nil
}

// control answers pings, which servers may send. A Close frame is not answered: the end of the connection follows.
func (l *load) control(c *conn, opcode byte, payload []byte) {
	if opcode == opPing {
		frame := appendMasked(nil, payload)
		frame[0] = 0x80 | opPong
		_ = l.send(c, frame)
	}
}

// judge counts a message by its number: it must be the next one of its connection.
func (l *load) judge(c *conn, payload []byte, now int64) {
	seq, at, ok := readStamp(payload)
	switch {
	case !ok:
		l.misplaced++
	case seq == 0:
		if at == l.warmAt {
			l.warmed++
		}
	case seq == c.next:
		c.next++
		l.received++
		l.latency.record(now - at)
	default:
		l.misplaced++
	}
}
