//go:build linux

package engine

import (
	"time"

	"golang.org/x/sys/unix"
)

// timersPerTurn bounds how many timers fire before the loop asks its sockets again.
const timersPerTurn = 256

// A Timer is a call that its loop makes later. It belongs to its loop.
type Timer struct {
	loop       *Loop
	fn         func()
	due        uint64 // in ticks of the loop's wheel
	period     uint64 // 0 for once
	next, prev *Timer
	level      uint8
	slot       uint8
	waiting    bool
}

// After calls fn on this loop once, d from now or as soon after as the loop comes to it; the resolution is a millisecond,
// never early. To be called on the loop only.
func (l *Loop) After(d time.Duration, fn func()) *Timer {
	t := &Timer{loop: l, fn: fn}
	t.start(d)
	return t
}

// Every calls fn on this loop each time d has passed, until the timer is stopped. A loop that was kept from it for several
// periods calls it once for all of them. d below a millisecond counts as one. To be called on the loop only.
func (l *Loop) Every(d time.Duration, fn func()) *Timer {
	t := &Timer{loop: l, fn: fn, period: max(ticks(d), 1)}
	t.start(d)
	return t
}

// Stop cancels the timer and tells whether it was still to fire. A stopped timer never fires again, also when it was due
// already. To be called on its loop only.
func (t *Timer) Stop() bool {
	t.period = 0
	if !t.waiting {
		return false
	}
	t.waiting = false
	t.loop.timers.remove(t)
	return true
}

// Reset starts the timer anew, d from now, whether or not it has fired or was stopped; a repeated one goes on with its
// period, unless it was stopped. To be called on its loop only.
func (t *Timer) Reset(d time.Duration) {
	if t.waiting {
		t.loop.timers.remove(t)
	}
	t.start(d)
}

func (t *Timer) start(d time.Duration) {
	l := t.loop
	t.waiting = true
	// One tick more: the present one has partly passed, and a timer is never early.
	t.due = l.tick() + ticks(d) + 1
	l.timers.add(t)
	l.armTimers()
}

// ticks is d in whole ticks, rounded up.
func ticks(d time.Duration) uint64 {
	if d <= 0 {
		return 0
	}
	return uint64((d-1)/time.Millisecond) + 1
}

// tick is the present tick of the loop's wheel.
func (l *Loop) tick() uint64 { return uint64(time.Since(l.started) / time.Millisecond) }

// armTimers sets the loop's timerfd to the wheel's next turn. It is left alone while it already rings early enough, so that
// a timer that only moves later (the usual case) costs no system call.
func (l *Loop) armTimers() {
	tick, ok := l.timers.next()
	if !ok || (l.armed != 0 && l.armed <= tick) {
		return
	}
	l.armed = tick
	at := l.started.Add(time.Duration(tick) * time.Millisecond)
	wait := max(time.Until(at), 1) // 0 would disarm it
	spec := unix.ItimerSpec{Value: unix.NsecToTimespec(int64(wait))}
	if err := unix.TimerfdSettime(l.timerfd, 0, &spec, nil); err != nil {
		l.log.Error("engine: timerfd_settime", "loop", l.index, "err", err)
	}
}

// runTimers fires what is due, some of it a turn, and sets the clock again.
func (l *Loop) runTimers() {
	var expirations [8]byte
	_, _ = unix.Read(l.timerfd, expirations[:]) // only clears the readiness; the wheel's own clock decides
	l.armed = 0
	l.timers.advance(l.tick(), timersPerTurn, l.fire)
	l.armTimers()
}

func (l *Loop) fire(t *Timer) {
	t.waiting = false
	if t.period > 0 {
		t.waiting = true
		missed := (l.tick() - t.due) / t.period
		t.due += (missed + 1) * t.period
		l.timers.add(t)
	}
	l.runTask(t.fn)
}
