//go:build linux

package engine

import (
	"encoding/binary"
	"sync"
	"time"

	"golang.org/x/sys/unix"
)

const (
	// tasksPerTurn bounds how many posted tasks run before the loop asks its sockets again.
	tasksPerTurn = 256
	// inboxHigh is how many tasks may wait before publishers are held back, and inboxLow how many when they go on; so are
	// backlogHigh and backlogLow for the bytes that they hold. Post itself never refuses.
	inboxHigh = 16 << 10
	inboxLow  = inboxHigh / 4
)

// task is a posted function, and how many bytes it holds on to.
type task struct {
	run  func()
	size int
}

// inbox is the one door into a loop: tasks, first in first out. The eventfd is written when the first task comes into an
// empty queue. It is watched edge-triggered and therefore never read: each write is an event of its own.
type inbox struct {
	mu      sync.Mutex
	tasks   []task
	waiting int // tasks that have not run, those taken out included
	bytes   int // what they hold
	closed  bool
	crowded bool // too much waits, and the engine has been told
	eventfd int

	// The loop's own: the tasks taken out, and how many of them have run.
	taken []task
	done  int
	left  int // bytes, when it looked last
}

// Post runs fn on the loop, after everything that was posted before. It may be called from any goroutine, also on the loop
// itself, and never blocks. A nil error means that fn will run; ErrClosed that the loop has stopped and it never will.
func (l *Loop) Post(fn func()) error { return l.PostSized(fn, 0) }

// PostSized is Post for a function that holds size bytes, such as a message: publishers are held back while too many wait.
func (l *Loop) PostSized(fn func(), size int) error {
	in := &l.inbox
	in.mu.Lock()
	defer in.mu.Unlock()
	if in.closed {
		return ErrClosed
	}
	in.tasks = append(in.tasks, task{fn, size})
	in.waiting++
	in.bytes += size
	if len(in.tasks) == 1 {
		// Under the mutex, as the final close is: never a write to somebody else's new descriptor.
		signal(in.eventfd)
	}
	if !in.crowded && (in.waiting > inboxHigh || in.bytes > backlogHigh) {
		in.crowded = true
		l.engine.behind.Add(1)
	}
	return nil
}

var one = binary.NativeEndian.AppendUint64(nil, 1)

// signal adds 1 to the eventfd's counter, which is never read and would be full after 2^64 of them.
func signal(eventfd int) { _, _ = unix.Write(eventfd, one) }

// runInbox runs what has been posted, as much as a turn allows, and tells whether something is left.
func (l *Loop) runInbox() (more bool) {
	in := &l.inbox
	bytes, n := 0, 0
	for took := time.Duration(0); n < tasksPerTurn && took < sliceTime; n++ {
		if in.done == len(in.taken) && !in.take() {
			break
		}
		next := in.taken[in.done]
		in.taken[in.done] = task{}
		in.done++
		bytes += next.size
		took += l.runTask(next.run)
	}
	if n == 0 {
		return false
	}
	more, relieved := in.ran(n, bytes)
	if relieved {
		l.engine.relieve()
	}
	return more
}

// take swaps the two queues.
func (in *inbox) take() bool {
	in.mu.Lock()
	defer in.mu.Unlock()
	spare := in.taken[:0]
	if cap(spare) > inboxHigh {
		spare = nil
	}
	in.taken, in.tasks, in.done = in.tasks, spare, 0
	return len(in.taken) > 0
}

// ran counts tasks out, and tells whether more wait and whether that lets publishers go on.
func (in *inbox) ran(n, bytes int) (more, relieved bool) {
	in.mu.Lock()
	defer in.mu.Unlock()
	in.waiting -= n
	in.bytes -= bytes
	in.left = in.bytes
	if in.crowded && in.waiting <= inboxLow && in.bytes <= backlogLow {
		in.crowded, relieved = false, true
	}
	return in.waiting > 0, relieved
}

// closeInbox lets nothing more in and runs what is there, so that every task that was accepted has run.
func (l *Loop) closeInbox() {
	in := &l.inbox
	in.mu.Lock()
	in.closed = true
	_ = unix.Close(in.eventfd)
	in.eventfd = -1 // so that a late wake rings nowhere
	in.mu.Unlock()
	for l.runInbox() {
	}
}
