//go:build linux

package engine

import (
	"net"
	"testing"
	"time"
)

func TestTurnClasses(t *testing.T) {
	last := -1
	for d := time.Duration(0); d < 4*time.Minute; d += 1 + d/50 {
		class := turnClass(d)
		if class < last || class >= turnClasses {
			t.Fatalf("%v: class %d behind %d", d, class, last)
		}
		last = class
		if end := turnClassEnd(class); d >= end || end > d+d/8+1<<turnUnit {
			t.Fatalf("%v: class %d ends at %v", d, class, end)
		}
		if class > 0 && d < turnClassEnd(class-1) {
			t.Fatalf("%v: class %d begins at %v", d, class, turnClassEnd(class-1))
		}
	}
	if class := turnClass(time.Hour); class != turnClasses-1 || turnClass(-1) != 0 {
		t.Errorf("an hour is of class %d, a clock that goes back %d", class, turnClass(-1))
	}
}

// Events with next to no time between them are of one turn.
func TestTurnsAreTold(t *testing.T) {
	var c turnClock
	now := time.Duration(5000)
	for turn := range 1000 {
		long := time.Duration(50)
		if turn%100 == 0 {
			long = 5000
		}
		for fd := range 10 {
			c.begin(fd, now)
			now += 100 * long
			c.end(now)
			now += 100
		}
		now += 100 * time.Duration(turn%2) * time.Microsecond
	}
	c.begin(11, now)
	var sum durationCounts
	sum.add(&c.durations)
	got := sum.turns()
	short, long := 10*100*50+9*100*time.Nanosecond, 10*100*5000+9*100*time.Nanosecond
	near := func(d, want time.Duration) bool { return d >= want && d <= want+want/8 }
	if got.Count != 1000 || !near(got.P50, short) || !near(got.P99, short) || !near(got.P999, long) || got.Max != long {
		t.Errorf("%+v, want turns of %v and %v", got, short, long)
	}
	if empty := new(durationCounts).turns(); empty != (Turns{}) {
		t.Errorf("%+v without a turn", empty)
	}
}

// clockCost is what it takes at least to ask the time twice, as is done between two events: on some machines it is a system call.
func clockCost() time.Duration {
	least := time.Hour
	for range 1000 {
		least = min(least, time.Since(time.Now()))
	}
	return least
}

// A loop that serves many sockets before it asks for more has worked for one turn. A machine that is busy with other things may
// take it off its CPU in between, so it is tried several times.
func TestTurnOfManyEvents(t *testing.T) {
	const connections, each = 20, time.Millisecond
	least := 3 * each
	if raced || clockCost() > turnGap/4 {
		least = each // the way from one event to the next is long enough to be taken for an epoll_wait
	}
	e := testEngine(t, Options{})
	open, served := make(chan struct{}, connections), make(chan struct{}, connections)
	h := lines(func(*Conn, string) {
		for start := time.Now(); time.Since(start) < each; {
		}
		served <- struct{}{}
	})
	h.open = func(*Conn) { open <- struct{}{} }
	ln := listen(t, e, h, ListenOptions{})
	var all []net.Conn
	for range connections {
		all = append(all, dial(t, ln))
		await(t, "a connection", open)
	}
	for range 20 {
		hold, held := make(chan struct{}), make(chan struct{})
		if err := e.Home().Post(func() { close(held); <-hold }); err != nil {
			t.Fatal(err)
		}
		<-held
		for _, c := range all {
			_, _ = c.Write([]byte("x\n"))
		}
		close(hold)
		for range connections {
			await(t, "a line", served)
		}
		again := make(chan struct{})
		for range 2 { // the last turn is not counted
			_ = e.Home().Post(func() { again <- struct{}{} })
			await(t, "the loop", again)
		}
		got := e.Stats().Turns
		if got.Count == 0 || got.P50 > got.P99 || got.P99 > got.P999 || got.P999 > got.Max {
			t.Fatalf("%+v", got)
		}
		if got.Max > least {
			return
		}
	}
	t.Errorf("%+v, want one of up to %v", e.Stats().Turns, connections*each)
}
