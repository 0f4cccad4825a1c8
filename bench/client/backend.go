//go:build linux

package client

import (
	"bytes"
	"errors"
	"fmt"

	"golang.org/x/sys/unix"
)

// A backEnd is the connection to the text port. It is edge-triggered and tried after every round of events, whether or
// not the kernel has reported it yet: reports stand in line behind those of thousands of clients.
type backEnd struct {
	fd       int32
	out      []byte // lines that the kernel has not taken yet: out[sent:]
	sent     int
	asked    int // lines that were sent
	answered int
	rest     []byte
	lenient  bool // while nobody may be bound yet
	onAnswer func(now int64)
	buf      []byte
}

func (l *load) openBackEnd() error {
	to, err := sockaddr(l.job.Text)
	if err != nil {
		return err
	}
	fd, err := dial(to, 0, false)
	if err != nil {
		return err
	}
	l.back = backEnd{fd: int32(fd), buf: make([]byte, 64<<10)}
	return l.watch(unix.EPOLL_CTL_ADD, int32(fd), backEndID, unix.EPOLLIN|unix.EPOLLOUT|unix.EPOLLET&0xffffffff)
}

func (b *backEnd) close() {
	if b.buf != nil {
		_ = unix.Close(int(b.fd))
	}
}

// line appends a line to what is to be sent; flush sends it.
func (b *backEnd) line(message []byte) {
	if b.sent == len(b.out) {
		b.out, b.sent = b.out[:0], 0
	}
	b.out = append(append(b.out, message...), '\n')
	b.asked++
}

func (b *backEnd) waiting() int { return len(b.out) - b.sent }

// serve sends and receives what can be.
func (b *backEnd) serve(l *load) error {
	if err := b.flush(l); err != nil {
		return err
	}
	if b.answered == b.asked {
		return nil
	}
	for {
		n, errno := read(b.fd, b.buf)
		switch {
		case errno == unix.EAGAIN || errno == unix.ENOTCONN:
			return nil
		case errno != 0 || n == 0:
			return fmt.Errorf("%w (%d)", errBackEnd, errno)
		}
		l.progress++
		if err := b.take(b.buf[:n], l.now()); err != nil {
			return err
		}
	}
}

var (
	errBackEnd = errors.New("the text port has closed the connection")
	errAnswer  = errors.New("the answer to a line is not ok")
)

func (b *backEnd) flush(l *load) error {
	for b.waiting() > 0 {
		n, errno := write(b.fd, b.out[b.sent:])
		switch {
		case errno == unix.EAGAIN || errno == unix.ENOTCONN:
			return nil
		case errno != 0:
			return fmt.Errorf("%w (%d)", errBackEnd, errno)
		}
		l.progress++
		b.sent += n
	}
	return nil
}

// take reads answers.
func (b *backEnd) take(p []byte, now int64) error {
	for {
		end := bytes.IndexByte(p, '\n')
		if end < 0 {
			b.rest = append(b.rest, p...)
			return nil
		}
		line := p[:end]
		if len(b.rest) > 0 {
			line = append(b.rest, line...)
			b.rest = b.rest[:0]
		}
		if string(line) != "ok" && !(b.lenient && string(line) == "fail") {
			return fmt.Errorf("%w: %.80q", errAnswer, line)
		}
		b.answered++
		if b.onAnswer != nil {
			b.onAnswer(now)
		}
		p = p[end+1:]
	}
}
