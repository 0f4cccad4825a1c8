//go:build linux

package engine

import (
	"errors"
	"os"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/panjf2000/gnet/v2/pkg/netpoll"
	"golang.org/x/sys/unix"
)

// A connection on its way to a loop that ends is closed, and its server never hears of it.
func TestConnectionsInTheInboxAtTheEnd(t *testing.T) {
	e := testEngine(t, Options{Loops: 2})
	l := e.Loops()[1]
	first := make(chan struct{})
	ln := listen(t, e, handler{open: func(c *Conn) {
		if c.Loop() == l {
			t.Error("a connection was opened on the loop that ends")
		}
		close(first)
	}})
	dial(t, ln).CloseWrite()
	await(t, "the connection on loop 0", first)
	release, held := make(chan struct{}), make(chan struct{})
	if err := l.Post(func() { close(held); <-release; breakPoller(t, l) }); err != nil {
		t.Fatal(err)
	}
	await(t, "the loop", held)
	for range 2 * tasksPerTurn { // the present turn does not come to what is behind them
		if err := l.Post(func() {}); err != nil {
			t.Fatal(err)
		}
	}
	keepLoaded(e.Home())
	late := dial(t, ln)
	eventually(t, "both accepted", func() bool { return ln.Accepted() == 2 })
	on(t, e.Home(), func() {}) // handed over by now
	close(release)
	if n, err := late.Read(make([]byte, 1)); err == nil {
		t.Errorf("read %d bytes from a connection that nobody has", n)
	}
	eventually(t, "counted out", func() bool { return l.Stats().Connections == 0 })
	e.Home().open.Add(-100)
}

// A connection that is accepted while the engine stops, and handed to a loop that has said goodbye to all, is closed.
func TestConnectionsForALoopThatIsLeaving(t *testing.T) {
	accepted, release, sys := make(chan struct{}), make(chan struct{}), kernel
	sys.accept = func(fd int) (int, unix.Sockaddr, error) {
		conn, peer, err := kernel.accept(fd)
		if err == nil {
			close(accepted)
			<-release
		}
		return conn, peer, err
	}
	e := faultyEngine(t, Options{Loops: 2}, &sys)
	l := e.Loops()[1]
	keepLoaded(e.Home())
	c := dial(t, listen(t, e, handler{open: func(*Conn) { t.Error("a connection was opened") }}))
	await(t, "accept", accepted)
	result := stopping(t.Context(), e)
	eventually(t, "the loop leaves", func() (leaves bool) {
		on(t, l, func() { leaves = l.leaving })
		return leaves
	})
	e.Home().open.Add(-100) // leastLoaded takes home then, unless loop 1 has fewer
	l.open.Add(-1)
	close(release)
	if n, err := c.Read(make([]byte, 1)); err == nil || errors.Is(err, os.ErrDeadlineExceeded) {
		t.Errorf("read %d bytes, %v", n, err)
	}
	l.open.Add(1)
	if err := await(t, "Shutdown", result); err != nil {
		t.Errorf("Shutdown: %v", err)
	}
}

// A loop that has ended takes no connection: it is closed, and not counted.
func TestConnectionsForALoopThatHasEnded(t *testing.T) {
	e := testEngine(t, Options{Loops: 2})
	l := e.Loops()[1]
	ln := listen(t, e, handler{open: func(*Conn) { t.Error("a connection was opened") }})
	on(t, l, func() { breakPoller(t, l) })
	eventually(t, "the loop's end", func() bool { return l.Post(func() {}) == ErrClosed })
	keepLoaded(e.Home())
	c := dial(t, ln)
	if n, err := c.Read(make([]byte, 1)); err == nil || errors.Is(err, os.ErrDeadlineExceeded) {
		t.Errorf("read %d bytes, %v", n, err)
	}
	on(t, e.Home(), func() {})
	if ln.Accepted() != 1 || ln.Open() != 0 || l.Stats().Connections != 0 {
		t.Errorf("accepted %d, open %d, on the loop %d", ln.Accepted(), ln.Open(), l.Stats().Connections)
	}
	e.Home().open.Add(-100)
}

// keepLoaded makes new connections go to other loops.
func keepLoaded(l *Loop) { l.open.Add(100) }

// The same without a failure: a connection that was handed over before the end is opened, told, and closed.
func TestConnectionsHandedOverBeforeTheEnd(t *testing.T) {
	e := testEngine(t, Options{Loops: 2})
	l := e.Loops()[1]
	var opens, closes atomic.Int64
	ln := listen(t, e, handler{
		open:  func(*Conn) { opens.Add(1) },
		close: func(*Conn, error) { closes.Add(1) },
	})
	keepLoaded(e.Home())
	release, held := make(chan struct{}), make(chan struct{})
	if err := l.Post(func() { close(held); <-release }); err != nil {
		t.Fatal(err)
	}
	await(t, "the loop", held)
	c := dial(t, ln)
	eventually(t, "accepted", func() bool { return ln.Accepted() == 1 })
	on(t, e.Home(), func() {})
	e.Home().open.Add(-100)
	result := stopping(t.Context(), e)
	eventually(t, "the stop has begun", func() bool { return len(e.Listeners()) == 0 })
	close(release)
	expectEOF(t, c)
	c.Close()
	if err := await(t, "Shutdown", result); err != nil {
		t.Errorf("Shutdown: %v", err)
	}
	if opens.Load() != 1 || closes.Load() != 1 || ln.Open() != 0 {
		t.Errorf("%d opened, %d closed, %d open", opens.Load(), closes.Load(), ln.Open())
	}
}

// A connection that the poller does not take is closed; a listener that it does not take is tried again.
func TestPollerRefuses(t *testing.T) {
	var refusals atomic.Int64
	sys := kernel
	sys.control = func(op pollerOp, pa *netpoll.PollAttachment, edge bool) error {
		if refusals.Add(-1) >= 0 {
			return unix.ENOSPC
		}
		return kernel.control(op, pa, edge)
	}
	e := faultyEngine(t, Options{}, &sys)
	refusals.Store(3)
	ln := listen(t, e, echo)
	wantEcho(t, ln)
	if n := e.Stats().AcceptPauses; n != 3 {
		t.Errorf("%d pauses, want 3", n)
	}
	gone := func() bool { return ln.Open() == 0 && e.Stats().Connections == 0 }
	eventually(t, "nobody is left who could be refused", gone)
	refusals.Store(1)
	c := dial(t, ln)
	if n, err := c.Read(make([]byte, 1)); err == nil || errors.Is(err, os.ErrDeadlineExceeded) {
		t.Errorf("a connection that is not watched: read %d bytes, %v", n, err)
	}
	eventually(t, "counted out", gone)
	wantEcho(t, ln)
}

// An engine that cannot be made leaves nothing behind: descriptors are what runs out.
func TestNewFails(t *testing.T) {
	before := descriptors()
	sys, calls := kernel, 0
	sys.control = func(op pollerOp, pa *netpoll.PollAttachment, edge bool) error {
		if calls++; calls == 6 { // the second descriptor of the third loop
			return unix.ENOMEM
		}
		return kernel.control(op, pa, edge)
	}
	if e, err := newEngine(Options{Loops: 3}, &sys); err == nil || e != nil {
		t.Errorf("newEngine: %v, %v", e, err)
	}
	if now := descriptors(); now != before {
		t.Errorf("%d descriptors, %d before", now, before)
	}
}

// What holds its loop for long is counted, wherever it runs. No time passes but in them: what a busy machine takes a loop off its CPU
// for would count too.
func TestSlowCallbacks(t *testing.T) {
	slow := func() { time.Sleep(slowCallback + 1) }
	opens := func(s *stillLoop, h handler) {
		_ = s.Post(func() { s.connect(h) })
		s.pump()
	}
	says := func(k *fakeSocket, what string) { k.in = append(k.in, []byte(what)) }
	for name, test := range map[string]struct {
		run  func(s *stillLoop)
		want int
	}{
		"nothing": {func(s *stillLoop) { opens(s, echo) }, 0},
		"task":    {func(s *stillLoop) { _ = s.Post(slow); s.pump() }, 1},
		"timer":   {func(s *stillLoop) { s.After(0, slow); s.pass(time.Second) }, 1},
		"OnOpen":  {func(s *stillLoop) { opens(s, handler{open: func(*Conn) { slow() }}) }, 1},
		"OnTraffic": {func(s *stillLoop) {
			says(s.connect(handler{traffic: func(_ *Conn, p []byte) int { slow(); return len(p) }}), "x")
			s.pump()
		}, 1},
		"OnClose": {func(s *stillLoop) {
			s.connect(handler{close: func(*Conn, error) { slow() }}).eof = true
			s.pump()
		}, 1},
		"turns": {func(s *stillLoop) {
			says(s.connect(lines(func(_ *Conn, line string) {
				if line == "0" || line == "100" { // of the first turn, and of a later one
					slow()
				}
			})), numbered(101))
			s.pump()
		}, 2},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := newStillLoop(t, ListenOptions{})
				test.run(s)
				if n, logged := s.Stats().SlowCallbacks, countLines(&s.log, "held its loop"); n != uint64(test.want) || logged != test.want {
					t.Errorf("%d slow callbacks are counted and %d logged, want %d", n, logged, test.want)
				}
			})
		})
	}
}

// Now stands still within a callback and goes on with the next event.
func TestLoopNow(t *testing.T) {
	s := newStillLoop(t, ListenOptions{})
	var first, second, later time.Time
	_ = s.Post(func() {
		first = s.Now()
		for time.Now().Equal(first) {
		}
		second = s.Now()
	})
	s.pump()
	_ = s.Post(func() { later = s.Now() })
	s.pump()
	if first != second || !later.After(first) {
		t.Errorf("%v, %v, then %v", first, second, later)
	}
}
