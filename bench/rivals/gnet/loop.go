package main

import (
	"context"
	"net"
	"os"
	"time"

	"fanloop/hub"

	"github.com/panjf2000/gnet/v2"
	"golang.org/x/sys/unix"
)

// A loop is gnet's one event loop as the hub sees it, with a log of broadcasts and slices. Everything happens on it.
type loop struct {
	shed   bool
	lastID uint64
	events gnet.EventLoop
	waker  int  // writing to it makes gnet call woken
	awake  bool // a slice is coming

	log   [][]byte // frames for everybody
	first uint64   // the number of log[0]
	crowd []*page  // those who hear
	at    int      // whose turn it is in the crowd
	left  int      // how many of the crowd may be behind
	ready []*page  // those for whom something waits
	buf   []byte
}

// A waker marks the connection that wakes the loop.
type waker struct{}

// start gives the loop a socket of its own, when the first connection shows the way to gnet's event loop. A slice that waits in
// gnet's task queue would not let other events in between: up to 256 tasks run before the next epoll_wait.
func (l *loop) start(c gnet.Conn) error {
	if l.events != nil {
		return nil
	}
	l.events = c.EventLoop()
	pair, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_STREAM|unix.SOCK_NONBLOCK|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return err
	}
	l.waker = pair[0]
	file := os.NewFile(uintptr(pair[1]), "waker")
	defer file.Close()
	conn, err := net.FileConn(file)
	if err != nil {
		return err
	}
	_, err = l.events.Enroll(gnet.NewContext(context.Background(), &waker{}), conn)
	return err
}

func (l *loop) wake() {
	if !l.awake && (l.left > 0 || len(l.ready) > 0) {
		l.awake = true
		_, _ = unix.Write(l.waker, []byte{0}) // one byte at a time always fits
	}
}

func (l *loop) woken() {
	l.awake = false
	l.slice()
}

// sliceWrites is how many writes there are before other events have their turn.
const sliceWrites = 64

// slice lets some connections write all they have, taken in turn from those with something of their own and from the crowd.
func (l *loop) slice() {
	for writes := 0; writes < sliceWrites && (l.left > 0 || len(l.ready) > 0); {
		if len(l.ready) > 0 {
			p := l.ready[0]
			l.ready = l.ready[1:]
			p.queued = false
			writes += l.write(p)
		}
		if l.left > 0 {
			writes += l.sweep()
		}
	}
	if l.left == 0 {
		l.first, l.log = l.end(), l.log[:0]
	}
	l.wake()
}

// sweep serves the next of the crowd.
func (l *loop) sweep() (writes int) {
	l.left = min(l.left, len(l.crowd)) - 1
	if len(l.crowd) == 0 {
		l.left = 0
		return 0
	}
	l.at %= len(l.crowd)
	p := l.crowd[l.at]
	l.at++
	return l.write(p)
}

// write makes one write of everything that waits for a page.
func (l *loop) write(p *page) (writes int) {
	l.buf = l.gather(p, append(l.buf[:0], p.out...))
	p.out = nil
	if len(l.buf) == 0 || !p.open {
		return 0
	}
	_, _ = p.conn.Write(l.buf) // an error is followed by OnClose
	if l.shed && p.conn.OutboundBuffered() > shedLimit {
		_ = p.conn.Close()
	}
	return 1
}

const shedLimit = 1 << 20

// gather appends what was broadcast since the page was last served.
func (l *loop) gather(p *page, dst []byte) []byte {
	if p.seat == noSeat {
		return dst
	}
	for ; p.cursor < l.end(); p.cursor++ {
		dst = append(dst, l.log[p.cursor-l.first]...)
	}
	return dst
}

func (l *loop) end() uint64 { return l.first + uint64(len(l.log)) }

func (l *loop) Index() int { return 0 }

// PostSized counts nothing here.
func (l *loop) PostSized(fn func(), _ int) error { return l.Post(fn) }

// Post is gnet's own door into the loop.
func (l *loop) Post(fn func()) error {
	return l.events.Execute(context.Background(), gnet.RunnableFunc(func(context.Context) error {
		fn()
		l.slice()
		return nil
	}))
}

// Broadcast puts m into the log. Nobody is ever excepted in the benchmark.
func (l *loop) Broadcast(m hub.Encodable, _ []hub.Outlet) (taken, refused int) {
	l.log = append(l.log, frame(m))
	l.left = len(l.crowd)
	return len(l.crowd), 0
}

// BroadcastTo and NewAudience are for large groups, of which the benchmark has none.
func (l *loop) BroadcastTo([]hub.Audience, hub.Encodable, []hub.Outlet) (taken, refused int) {
	return 0, 0
}

func (l *loop) NewAudience() hub.Audience { return nobody{} }

type nobody struct{}

func (nobody) Add(hub.Outlet)      {}
func (nobody) Remove(hub.Outlet)   {}
func (nobody) Has(hub.Outlet) bool { return false }

func (l *loop) NotePublish() bool { return true }

func (l *loop) AwaitBacklog(context.Context) error { return nil }
func (l *loop) Now() time.Time                     { return time.Time{} }
func (l *loop) NotePushed(time.Time)               {}
