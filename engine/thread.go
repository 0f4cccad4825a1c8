//go:build linux

package engine

import (
	"runtime"
	"time"

	"golang.org/x/sys/unix"
)

// threadSlice is the shortest time slice that Linux gives: who asks for little at a time is let in sooner.
const threadSlice = 100 * time.Microsecond

// ownThread keeps the calling goroutine, a loop's, on the thread it is on, which ends with it, and asks for short slices.
func (l *Loop) ownThread() {
	runtime.LockOSThread()
	slice := unix.SchedAttr{Size: unix.SizeofSchedAttr, Policy: unix.SCHED_NORMAL, Runtime: uint64(threadSlice)}
	if err := unix.SchedSetAttr(0, &slice, 0); err != nil {
		l.log.Warn("engine: no short time slices", "loop", l.index, "err", err)
	}
}
