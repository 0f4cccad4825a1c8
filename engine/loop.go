//go:build linux

package engine

import (
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	gneterrors "github.com/panjf2000/gnet/v2/pkg/errors"
	"github.com/panjf2000/gnet/v2/pkg/netpoll"
	"golang.org/x/sys/unix"
)

const (
	// readSize is the loop's one read buffer: the most that one read event takes from a socket.
	readSize = 64 << 10
	// slowCallback is how long a callback may hold its loop before it is logged and counted.
	slowCallback = 100 * time.Millisecond
)

// A Loop serves its connections, listeners, timers and posted tasks on one goroutine. Index, Post, Engine, Logger, Stats and
// AwaitBacklog may be called from any goroutine; everything else on the loop itself only: inside callbacks, timers and posted
// tasks.
type Loop struct {
	engine *Engine
	index  int
	log    *slog.Logger
	sys    *syscalls

	poller            *netpoll.Poller
	scratchAttachment netpoll.PollAttachment
	//lint:ignore U1000 used with gnet's poll_opt only
	attachments []*netpoll.PollAttachment // by descriptor

	conns     []*Conn     // by descriptor
	listeners []*Listener // those that are accepted on this loop
	open      atomic.Int64

	inbox   inbox
	timerfd int
	timers  wheel
	armed   uint64 // the tick at which timerfd rings, 0 for none
	started time.Time
	now     time.Time     // when the present event began
	slow    time.Duration // of it, what slow callbacks have taken and has been noted

	readBuf []byte
	batch   batch
	// With TLS there are two more, made when they are needed first: see tls_secure.go.
	plaintext, ciphertext []byte
	pool                  outboxPool

	everybody  broadcastLog
	ready      ring    // connections that have something to say, or input left to decode
	stalled    []*Conn // connections that wait for EPOLLOUT
	starved    []*Conn // those that are left alone for a moment
	asked      []*Conn // a broadcast's own
	askAt      uint64  // what the log's total has to pass before one of them may be at its mark
	conflating int     // how many of them conflate
	wanted     bool    // a slice, or a look into the inbox, is to run soon
	woken      bool    // the eventfd has been written and not been served yet
	fresh      bool    // the event being served is the first of its turn
	events     int     // socket events since the last slice
	lastSlice  time.Time

	renaming sync.RWMutex // guards the remote addresses of its connections where others than the loop look, and the loop writes

	current   *Conn   // whose callback is running
	posted    bool    // it is one that Ref.Post brought, not an answer to the peer
	ended     []*Conn // connections whose OnClose is still to be called
	doomed    ring    // connections that are to be closed as slow consumers
	held      ring    // publishers that wait until the loops have caught up
	queued    int     // bytes in the outboxes of connections that are not stalled
	stuck     int     // and of those that are
	behind    bool
	kept      int   // bytes of what has come and is not a whole message, or waits for its turn: all that NoteMemory told included
	told      int64 // of all that counts against the budget of memory, what has been told last
	reclaimer reclaimer
	sparing   bool // who is held back has a turn
	paces     paces

	leaving bool          // no new connections
	gone    chan struct{} // closed when the last connection has gone
	stopped bool
	stats   loopStats
	work    workClock
	turns   turnClock
	pushes  pushClock
	served  uint64 // turns that connections of the ready queue have had
}

func newLoop(e *Engine, index int) (*Loop, error) {
	l := &Loop{
		engine: e, index: index, log: e.log, sys: e.sys, timerfd: -1,
		started: time.Now(), now: time.Now(), readBuf: make([]byte, readSize), batch: batch{buf: make([]byte, 0, batchSize)},
	}
	l.inbox.eventfd = -1
	if err := l.openDescriptors(); err != nil {
		l.closeDescriptors()
		return nil, fmt.Errorf("engine: loop %d: %w", index, err)
	}
	return l, nil
}

func (l *Loop) openDescriptors() (err error) {
	if l.poller, err = netpoll.OpenPoller(); err != nil {
		return err
	}
	if l.inbox.eventfd, err = unix.Eventfd(0, unix.EFD_NONBLOCK|unix.EFD_CLOEXEC); err != nil {
		return fmt.Errorf("eventfd: %w", err)
	}
	if l.timerfd, err = unix.TimerfdCreate(unix.CLOCK_MONOTONIC, unix.TFD_NONBLOCK|unix.TFD_CLOEXEC); err != nil {
		return fmt.Errorf("timerfd: %w", err)
	}
	if err = l.sys.control(l.poller.AddRead, l.attachment(l.inbox.eventfd), true); err != nil {
		return err
	}
	return l.sys.control(l.poller.AddRead, l.attachment(l.timerfd), false)
}

func (l *Loop) closeDescriptors() {
	for _, fd := range []int{l.timerfd, l.inbox.eventfd} {
		if fd >= 0 {
			_ = unix.Close(fd)
		}
	}
	if l.poller != nil {
		_ = l.poller.Close()
	}
}

// Index is the loop's number in its engine; 0 is home.
func (l *Loop) Index() int { return l.index }

// Engine is the engine that the loop belongs to.
func (l *Loop) Engine() *Engine { return l.engine }

// Logger is where the engine logs.
func (l *Loop) Logger() *slog.Logger { return l.log }

// run is the loop's goroutine.
func (l *Loop) run() error {
	if l.engine.options.OwnThreads {
		l.ownThread()
	}
	err := l.polling()
	if l.stopped {
		err = nil
	}
	l.abortAll()
	l.closeInbox()
	l.abortAll() // what the last tasks brought
	if l.gone != nil {
		close(l.gone) // a connection was counted in, and came too late to be handed over
	}
	_ = unix.Close(l.timerfd)
	_ = l.poller.Close()
	return err
}

// handle serves one event. It never returns an error but the one that ends Polling: gnet drops all others.
func (l *Loop) handle(fd int, events netpoll.IOEvent, _ netpoll.IOFlags) error {
	start := time.Now()
	began := start.Sub(l.started)
	l.now, l.slow = start, 0
	l.work.begin(began)
	l.fresh = l.turns.begin(fd, began)
	var c *Conn
	switch fd {
	case l.inbox.eventfd:
		l.woken = false
		if l.runInbox() {
			l.wake()
		}
		l.slice()
	case l.timerfd:
		l.runTimers()
	default:
		l.events++
		c = l.handleSocket(fd, events)
	}
	l.settle()
	l.checkBacklog()
	if !l.stopped {
		l.sliceIfDue(start)
	}
	if l.everybody.untidy {
		l.wake()
	}
	l.ring()
	end := l.age()
	if fd != l.inbox.eventfd && fd != l.timerfd {
		l.lookSlow(end-began-l.slow, c) // after all else: no clock is asked for it
	}
	if l.pushes.n > 0 {
		l.notePushes(end)
	}
	l.tell()
	l.work.end(end)
	l.turns.end(end)
	if l.stopped {
		return gneterrors.ErrEngineShutdown
	}
	return nil
}

// handleSocket returns the connection that the event was one of, or nil.
func (l *Loop) handleSocket(fd int, events netpoll.IOEvent) *Conn {
	if fd < len(l.conns) && l.conns[fd] != nil {
		c := l.conns[fd]
		l.handleConn(c, events)
		return c
	}
	for _, ln := range l.listeners {
		if ln.fd == fd {
			ln.accept()
			break
		}
	}
	return nil
}

// runTask runs a posted task or a timer at the border: what it does to connections is finished before the next. It tells how
// long that took.
func (l *Loop) runTask(fn func()) time.Duration {
	start := time.Now()
	l.guarded(fn)
	l.settle()
	return l.noteSlow(start, nil)
}

func (l *Loop) guarded(fn func()) {
	defer l.recovered(nil)
	fn()
}

// settle calls the OnClose of connections that ended during the last callback: never inside another callback.
func (l *Loop) settle() {
	for i := 0; i < len(l.ended); i++ {
		c := l.ended[i]
		l.ended[i] = nil
		start := time.Now()
		l.callOnClose(c)
		l.noteSlow(start, c)
	}
	l.ended = l.ended[:0]
}

func (l *Loop) callOnClose(c *Conn) {
	l.noteClosed(c)
	l.current = c
	defer func() { l.current = nil }()
	defer l.recovered(c)
	c.handler.OnClose(c, c.some.reason)
}

// stop ends the loop after the present event. On the loop.
func (l *Loop) stop() { l.stopped = true }

// noteSlow tells how long something took, which may have been c's.
func (l *Loop) noteSlow(start time.Time, c *Conn) time.Duration {
	d := time.Since(start)
	l.lookSlow(d, c)
	return d
}

func (l *Loop) lookSlow(d time.Duration, c *Conn) {
	if d > slowCallback {
		l.slow += d
		l.stats.slowCallbacks.Add(1)
		l.log.Warn("engine: a callback held its loop", "loop", l.index, logOf(c), "for", d)
	}
}
