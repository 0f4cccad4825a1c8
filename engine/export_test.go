//go:build linux

package engine

import (
	"slices"
	"strings"
	"testing"
	"time"
)

// What the tests of whole conversations (package engine_test, for the codecs import this package) see of a loop that is moved by hand.

// StillLoop is a stillLoop.
type StillLoop struct{ s *stillLoop }

// NewStillLoop makes one, whose connections have these options.
func NewStillLoop(t testing.TB, options ListenOptions) StillLoop {
	return StillLoop{newStillLoop(t, options)}
}

// Loops are what a hub is made on.
func (s StillLoop) Loops() []*Loop { return []*Loop{s.s.Loop} }

// Pump moves the loop until nothing happens any more, and checks what it holds of its connections.
func (s StillLoop) Pump() {
	s.s.pump()
	s.s.checkLoop()
}

// Slice serves some of those who wait to write.
func (s StillLoop) Slice() { s.s.slice() }

// Pass lets time pass, so that timers fire.
func (s StillLoop) Pass(d time.Duration) { s.s.pass(d) }

// Left is what is wrong when everybody should have gone: "" for nothing.
func (s StillLoop) Left() string {
	s.s.tell()
	stats := s.s.Stats()
	var left []string
	for what, n := range map[string]int64{
		"connections": stats.Connections, "stalled": stats.Stalled, "bytes that wait": stats.OutboxBytes, "timers": stats.Timers,
		"panics": int64(stats.Panics),
	} {
		if n != 0 {
			left = append(left, what)
		}
	}
	for _, k := range s.s.sockets {
		if !k.closed || k.conn.state != dead {
			left = append(left, "an open socket")
		}
	}
	slices.Sort(left)
	s.s.expectIdle()
	return strings.Join(left, ", ")
}

// Log is what has been logged.
func (s StillLoop) Log() string { return s.s.log.String() }

// StillSocket is a fakeSocket.
type StillSocket struct {
	s *stillLoop
	k *fakeSocket
}

// Connect makes a connection whose socket takes everything.
func (s StillLoop) Connect(to Server) StillSocket { return StillSocket{s.s, s.s.connect(to)} }

// Says has the peer send p, and the loop read it as far as it will.
func (k StillSocket) Says(p []byte) {
	if len(p) > 0 {
		k.k.in = append(k.k.in, p)
	}
	for range 1000 {
		events := k.k.events()
		switch {
		case events != 0:
			k.s.event(k.k, events)
		case k.k.conn.queued:
			k.s.slice()
		default:
			return
		}
	}
	k.s.t.Fatal("a connection never comes to rest")
}

// Ends has the peer close its end.
func (k StillSocket) Ends() { k.k.eof = true; k.Says(nil) }

// Resets has the connection end with a reset.
func (k StillSocket) Resets() {
	k.k.readErr, k.k.writeErr = errReset, errReset
	k.Says(nil)
}

// Room is how many bytes more the peer takes; below 0 there is no limit.
func (k StillSocket) Room(n int) { k.k.room = n }

// Got is what the peer has got.
func (k StillSocket) Got() []byte { return k.k.got }

// Heard tells whether everything has been read that the peer has said.
func (k StillSocket) Heard() bool { return len(k.k.in) == 0 && len(k.k.conn.rest()) == 0 }

// Open tells whether neither end has begun.
func (k StillSocket) Open() bool { return k.k.conn.state == open }

// Listens tells whether it may be pushed to: it is open, and no goodbye has been said, nor is about to.
func (k StillSocket) Listens() bool {
	return k.k.conn.state == open && !k.k.conn.detached && !k.Doomed()
}

// Doomed tells whether it is about to be closed as a slow consumer: a broadcast does not count it any more, a push of its own is refused.
func (k StillSocket) Doomed() bool { return k.k.conn.hold&holdSlow != 0 }

// Whole tells whether the peer has got everything, to a close that is no reset.
func (k StillSocket) Whole() bool { return k.k.shut && !k.k.reset }
