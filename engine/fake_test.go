//go:build linux

package engine

import (
	"io"
	"log/slog"
	"net"
	"testing"
	"time"

	"github.com/panjf2000/gnet/v2/pkg/netpoll"
	"golang.org/x/sys/unix"
)

// stillLoop is a loop whose goroutine does not run and whose connections' sockets are made up: a test moves it event by
// event, and decides what each system call returns.
type stillLoop struct {
	*Loop
	t       testing.TB
	sys     *syscalls
	options ListenOptions
	sockets []*fakeSocket
	log     testLog
	unsent  int32 // what unsent says of every socket
}

// firstFake is the first made-up descriptor; they are never given to the kernel.
const firstFake = 5000

// fakeSocket is a socket as its connection sees it. room is how many bytes it still takes, anyNumber for no limit.
type fakeSocket struct {
	conn *Conn
	room int
	got  []byte // what was written to it; not kept while forgets
	in   [][]byte
	eof  bool // after in

	writes, reads     int
	readErr, writeErr error
	forgets           bool
	onWrite           func()
	shut, reset       bool
	closed            bool
	reasons           []error // that OnClose got
}

const anyNumber = -1

func newStillLoop(t testing.TB, options ListenOptions) *stillLoop {
	t.Helper()
	s := &stillLoop{t: t, options: options}
	s.sys = &syscalls{
		read: s.read, write: s.write, control: kernel.control,
		forget:   func(func(int) error, int) error { return nil },
		shutdown: func(fd int) error { s.socket(fd).shut = true; return nil },
		reset:    func(fd int) { s.socket(fd).reset = true },
		close:    func(fd int) error { s.socket(fd).closed = true; return nil },
		failure:  func(fd int) error { return s.socket(fd).readErr },
		unsent:   func(int) int32 { return s.unsent },
	}
	e := &Engine{
		options: Options{}.withDefaults(), log: slog.New(slog.NewTextHandler(&s.log, nil)), sys: s.sys,
		relief: make(chan struct{}), failed: make(chan error, 1), done: make(chan struct{}),
	}
	e.SetMaxConnections(0)
	l, err := newLoop(e, 0)
	if err != nil {
		t.Fatal(err)
	}
	e.loops = []*Loop{l}
	s.Loop = l
	// Made-up descriptors are not watched.
	s.sys.control = func(pollerOp, *netpoll.PollAttachment, bool) error { return nil }
	t.Cleanup(s.stop)
	return s
}

func (s *stillLoop) stop() {
	s.abortAll()
	s.closeInbox()
	_ = unix.Close(s.timerfd)
	_ = s.poller.Close()
}

func (s *stillLoop) socket(fd int) *fakeSocket { return s.sockets[fd-firstFake] }

func (s *stillLoop) write(fd int, p []byte) (int, error) {
	k := s.socket(fd)
	if k.closed || k.shut {
		s.t.Errorf("connection %d: write after the end", k.conn.id)
	}
	if k.writeErr != nil {
		return -1, k.writeErr
	}
	n := len(p)
	if k.room != anyNumber {
		n = min(n, k.room)
		k.room -= n
	}
	if n == 0 {
		return -1, unix.EAGAIN
	}
	k.writes++
	if k.onWrite != nil {
		k.onWrite()
	}
	if !k.forgets {
		k.got = append(k.got, p[:n]...)
	}
	return n, nil
}

func (s *stillLoop) read(fd int, p []byte) (int, error) {
	k := s.socket(fd)
	k.reads++
	switch {
	case k.readErr != nil:
		return -1, k.readErr
	case len(k.in) == 0 && k.eof:
		return 0, nil
	case len(k.in) == 0:
		return -1, unix.EAGAIN
	}
	n := copy(p, k.in[0])
	if k.in[0] = k.in[0][n:]; len(k.in[0]) == 0 {
		k.in = k.in[1:]
	}
	return n, nil
}

// connect makes a connection with a socket that takes everything, and serves it with h.
func (s *stillLoop) connect(h Server) *fakeSocket {
	options := s.options.withDefaults()
	ln := &Listener{server: recording{s, h}, options: options, engine: s.engine, loop: s.Loop, boundSocket: boundSocket{addr: &net.TCPAddr{}}}
	k := &fakeSocket{room: anyNumber}
	s.sockets = append(s.sockets, k)
	k.conn = newConn(s.Loop, firstFake+len(s.sockets)-1, endpoint{}, ln)
	s.open.Add(1)
	s.adopt(k.conn, ln.server)
	return k
}

// recording serves as its server does, and notes the reasons that OnClose gets.
type recording struct {
	s *stillLoop
	Server
}

func (r recording) Serve(c *Conn) Handler {
	switch h := r.Server.Serve(c).(type) {
	case handler:
		return h.closing(r.note)
	case whole:
		h.handler = h.closing(r.note)
		return h
	default:
		return h
	}
}

func (r recording) note(c *Conn, err error) {
	k := r.s.socket(int(c.fd))
	k.reasons = append(k.reasons, err)
}

// closing is h with something done before its OnClose.
func (h handler) closing(first func(c *Conn, err error)) handler {
	inner := h.close
	h.close = func(c *Conn, err error) {
		first(c, err)
		if inner != nil {
			inner(c, err)
		}
	}
	return h
}

// rung tells whether the loop's eventfd has been written since it was asked last.
func (s *stillLoop) rung() bool {
	s.ring() // as the end of an event does
	var count [8]byte
	_, err := unix.Read(s.inbox.eventfd, count[:])
	return err == nil
}

// event gives the loop one event of a socket.
func (s *stillLoop) event(k *fakeSocket, events uint32) { _ = s.handle(int(k.conn.fd), events, 0) }

// events are those that the poller would report of k.
func (k *fakeSocket) events() (events uint32) {
	c := k.conn
	if c.state == dead {
		return 0
	}
	if c.interest&interestWrite != 0 && k.room != 0 {
		events |= unix.EPOLLOUT
	}
	if c.interest&interestEdge == 0 && (len(k.in) > 0 || k.eof || k.readErr != nil) {
		events |= unix.EPOLLIN
	}
	return events
}

// pump moves the loop until nothing happens any more.
func (s *stillLoop) pump() {
	s.t.Helper()
	deadline := time.Now().Add(patience)
	for moved := true; moved; {
		if time.Now().After(deadline) {
			s.t.Fatal("the loop never comes to rest")
		}
		moved = s.rung()
		if moved {
			_ = s.handle(s.inbox.eventfd, unix.EPOLLIN, 0)
		}
		for _, k := range s.sockets {
			if events := k.events(); events != 0 {
				moved = true
				s.event(k, events)
			}
		}
	}
}

// in runs fn as a callback of k's connection.
func (s *stillLoop) in(k *fakeSocket, fn func(c *Conn)) {
	s.callback(k.conn, fn)
	s.settle()
}

// expectEnd checks that k's connection has ended, and OnClose been called once with reason.
func (s *stillLoop) expectEnd(k *fakeSocket, reason error) {
	s.t.Helper()
	if !k.closed || len(k.reasons) != 1 || k.reasons[0] != reason {
		s.t.Errorf("closed %v, OnClose got %v; want it once, with %v", k.closed, k.reasons, reason)
	}
}

// message is a shared message as a hub makes it.
type message struct {
	data   string
	binary bool
	key    string
	frames [][]byte
}

func (m *message) Len() int    { return len(m.data) }
func (m *message) Key() string { return m.key }

func (m *message) Encoded(slot int, encode func(dst, data []byte, binary bool) []byte) []byte {
	for len(m.frames) <= slot {
		m.frames = append(m.frames, nil)
	}
	if m.frames[slot] == nil {
		m.frames[slot] = encode(nil, []byte(m.data), m.binary)
	}
	return m.frames[slot]
}

func text(data string) *message { return &message{data: data} }

var errReset = unix.ECONNRESET

var _ io.Writer = (*Conn)(nil)
