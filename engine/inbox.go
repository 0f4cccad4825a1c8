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
	// inboxHigh is how many tasks may wait before publishers are held back; Post itself never refuses.
	inboxHigh = 16 << 10
)

// inbox is the one door into a loop: tasks, first in first out. The eventfd is written when the first task comes into an
// empty queue. It is watched edge-triggered and therefore never read: each write is an event of its own.
type inbox struct {
	mu      sync.Mutex
	tasks   []func()
	closed  bool
	crowded bool // more than inboxHigh wait, and the engine has been told
	eventfd int

	// The loop's own: the tasks taken out, and how many of them have run.
	taken []func()
	done  int
}

// Post runs fn on the loop, after everything that was posted before. It may be called from any goroutine, also on the loop
// itself, and never blocks. A nil error means that fn will run; ErrClosed that the loop has stopped and it never will.
func (l *Loop) Post(fn func()) error {
	in := &l.inbox
	in.mu.Lock()
	defer in.mu.Unlock()
	if in.closed {
		return ErrClosed
	}
	in.tasks = append(in.tasks, fn)
	if len(in.tasks) == 1 {
		// Under the mutex, as the final close is: never a write to somebody else's new descriptor.
		signal(in.eventfd)
	}
	if len(in.tasks) > inboxHigh && !in.crowded {
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
	start := time.Now()
	for n := 0; n < tasksPerTurn; n++ {
		if in.done == len(in.taken) && !in.take(l) {
			return false
		}
		fn := in.taken[in.done]
		in.taken[in.done] = nil
		in.done++
		l.runTask(fn)
		if n%8 == 7 && time.Since(start) > sliceTime {
			break
		}
	}
	return true
}

// take swaps the two queues.
func (in *inbox) take(l *Loop) bool {
	in.mu.Lock()
	spare := in.taken[:0]
	if cap(spare) > inboxHigh {
		spare = nil
	}
	in.taken, in.tasks, in.done = in.tasks, spare, 0
	relieved := in.crowded
	in.crowded = false
	in.mu.Unlock()
	if relieved {
		l.engine.relieve()
	}
	return len(in.taken) > 0
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
