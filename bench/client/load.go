//go:build linux

package client

import (
	"errors"
	"fmt"
	"runtime"
	"time"

	"golang.org/x/sys/unix"
)

// A load is a job that runs: every connection, the back end, and what has been counted.
type load struct {
	job   Job
	pages protocol
	to    *unix.SockaddrInet4
	base  time.Time

	poller int
	events [64]unix.EpollEvent
	buf    []byte
	conns  []conn
	dialer dialer
	back   backEnd
	server *server
	lobby  lobby // with TLS

	onMessage func(c *conn, payload []byte, now int64)

	received, misplaced int64
	warmed, warmAt      int64 // how many messages of the last warm-up have come, and when that was sent
	lost, cut           int   // connections that the server has ended; stuck ones of them
	progress            int64
	latency, answers    histogram
}

const backEndID = -1

func newLoad(job Job) (*load, error) {
	pages := protocolOf(&job)
	to, err := sockaddr(pages.address)
	if err != nil {
		return nil, err
	}
	poller, err := unix.EpollCreate1(unix.EPOLL_CLOEXEC)
	if err != nil {
		return nil, err
	}
	l := &load{
		job: job, pages: pages, to: to, base: time.Now(), poller: poller,
		buf: make([]byte, 256<<10), conns: make([]conn, job.Connections), server: newServer(job.PID),
		latency: newHistogram(), answers: newHistogram(),
	}
	l.onMessage = l.judge
	for i := range l.conns {
		l.conns[i] = conn{fd: -1, id: int32(i), next: 1}
	}
	if job.Text != "" {
		err = l.openBackEnd()
	}
	if job.TLS && err == nil {
		err = l.openLobby()
	}
	return l, err
}

// now is nanoseconds since the load was made.
func (l *load) now() int64 { return int64(time.Since(l.base)) }

// close cuts every connection.
func (l *load) close() {
	for i := range l.conns {
		l.hangUp(&l.conns[i])
	}
	l.back.close()
	if l.job.TLS {
		_ = unix.Close(l.lobby.fd)
	}
	_ = unix.Close(l.poller)
	runtime.UnlockOSThread()
}

func (l *load) hangUp(c *conn) {
	if c.fd >= 0 {
		_ = unix.Close(int(c.fd))
	}
	c.fd, c.state, c.rest, c.secure = -1, closed, nil, nil
}

// watch adds or changes what is reported of a descriptor.
func (l *load) watch(operation int, fd, id int32, events uint32) error {
	return unix.EpollCtl(l.poller, operation, int(fd), &unix.EpollEvent{Events: events, Fd: id})
}

// poll serves what has happened, after waiting for it up to limit.
func (l *load) poll(limit time.Duration) error {
	n, err := unix.EpollWait(l.poller, l.events[:], int((limit+time.Millisecond-1)/time.Millisecond))
	if err != nil && err != unix.EINTR {
		return err
	}
	for i := range max(n, 0) {
		switch id := l.events[i].Fd; id {
		case backEndID:
		case lobbyID:
			if err := l.secured(); err != nil {
				return err
			}
		default:
			if err := l.serve(&l.conns[id], l.events[i].Events); err != nil {
				return fmt.Errorf("connection %d: %w", id, err)
			}
		}
	}
	return l.back.serve(l)
}

func (l *load) serve(c *conn, events uint32) error {
	switch c.state {
	case connecting:
		return l.connected(c)
	case upgrading, open, emptied:
		return l.readFrom(c)
	}
	return nil
}

func (l *load) readFrom(c *conn) error {
	if c.secure != nil {
		return l.readSecure(c)
	}
	n, errno := read(c.fd, l.buf)
	switch {
	case errno == unix.EAGAIN:
		return nil
	case errno != 0 || n == 0:
		return l.ended(c, errno)
	}
	l.progress++
	return l.feed(c, l.buf[:n], l.now())
}

var errEarly = errors.New("closed by the server before it was open")

// ended notes that a server has closed a connection, which no scenario asks for.
func (l *load) ended(c *conn, errno unix.Errno) error {
	if c.state == emptied {
		l.cutOff(c)
		return nil
	}
	early := c.state != open
	l.hangUp(c)
	if early {
		return fmt.Errorf("%w (%d)", errEarly, errno)
	}
	l.lost++
	return nil
}

var errPatience = errors.New("nothing has happened for too long")

// until serves until done says so. It fails when there has been no progress for as long as the job's patience.
func (l *load) until(what string, done func() bool) error {
	seen, since := l.progress, l.now()
	for !done() {
		if err := l.poll(100 * time.Millisecond); err != nil {
			return fmt.Errorf("%s: %w", what, err)
		}
		if l.progress != seen {
			seen, since = l.progress, l.now()
		} else if float64(l.now()-since) > l.job.Patience*1e9 {
			return fmt.Errorf("%s: %w", what, errPatience)
		}
	}
	return nil
}

// pause serves for a while, whether or not anything happens.
func (l *load) pause(d time.Duration) error {
	for end := l.now() + int64(d); ; {
		left := time.Duration(end - l.now())
		if left <= 0 {
			return nil
		}
		if err := l.poll(left); err != nil {
			return err
		}
	}
}
