//go:build linux

package gnetfacts

import (
	"net"
	"testing"

	"golang.org/x/sys/unix"
)

const endEvents = unix.EPOLLRDHUP | unix.EPOLLHUP | unix.EPOLLERR

// What a connection that is not read is watched with: each change is reported, once.
func TestEdgeModeReportsEachChangeOnce(t *testing.T) {
	for _, stalled := range []bool{false, true} {
		for _, s := range []struct {
			say
			want uint32
		}{{sayBytes, unix.EPOLLIN}, {sayFIN, unix.EPOLLRDHUP}, {sayRST, unix.EPOLLHUP}} {
			w := newWatch(t)
			fd, peer := connected(t)
			defer unix.Close(fd)
			w.do(w.AddRead, fd, false)
			op := pollerOp(w.ModRead)
			if stalled {
				fill(t, fd)
				op = w.ModReadWrite
			}
			w.do(op, fd, true)
			if n, flags := w.rounds(stillness, fd); n != 0 {
				t.Errorf("stalled %v: %d events (%#x) before anything has happened", stalled, n, flags)
			}
			s.to(t, fd, peer)
			if n, flags := w.rounds(stillness, fd); n == 0 || n > once || flags&s.want == 0 {
				t.Errorf("stalled %v, %s: %d events (%#x), want one with %#x", stalled, s.name, n, flags, s.want)
			}
		}
	}
}

func TestEdgeModeReportsNewBytesAgain(t *testing.T) {
	w := newWatch(t)
	fd, peer := connected(t)
	defer unix.Close(fd)
	w.do(w.AddRead, fd, true)
	for i := range 3 {
		size := queuedBytes(t, fd)
		write(t, peer, "more")
		// The earlier bytes are there already: poll(2) cannot tell, the queue's length can.
		until(t, "the bytes", func() bool { return queuedBytes(t, fd) > size })
		if n, _ := w.rounds(stillness, fd); n != 1 {
			t.Errorf("write %d: %d events, want 1", i, n)
		}
	}
}

func queuedBytes(t *testing.T, fd int) int {
	t.Helper()
	n, err := unix.IoctlGetInt(fd, unix.SIOCINQ)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// Resuming needs no read of its own: what came while nobody looked is reported.
func TestBackInLevelModeWaitingBytesAreReported(t *testing.T) {
	w := newWatch(t)
	fd, peer := connected(t)
	defer unix.Close(fd)
	w.do(w.AddRead, fd, true)
	sayBytes.to(t, fd, peer)
	if n, _ := w.rounds(stillness, fd); n != 1 {
		t.Fatalf("paused: %d events, want 1", n)
	}
	w.do(w.ModRead, fd, false)
	if n, flags := w.rounds(stillness, fd); n < stillness || flags&unix.EPOLLIN == 0 {
		t.Errorf("resumed: %d events (%#x) in %d rounds, want one each", n, flags, stillness)
	}
}

// After a FIN, level-triggered interest in reading is reported for ever, also when read has returned 0.
func TestLevelModeSpinsAfterFIN(t *testing.T) {
	w := newWatch(t)
	fd, peer := connected(t)
	defer unix.Close(fd)
	w.do(w.AddRead, fd, false)
	sayFIN.to(t, fd, peer)
	if n, err := unix.Read(fd, make([]byte, 1)); n != 0 || err != nil {
		t.Fatalf("read: %d, %v, want EOF", n, err)
	}
	if n, _ := w.rounds(stillness, fd); n < stillness {
		t.Errorf("%d events in %d rounds, want one each", n, stillness)
	}
}

// Pausing by Delete would not notice the end of a connection, nor room for what waits.
func TestDeletedReportsNothing(t *testing.T) {
	for _, s := range []say{sayBytes, sayFIN, sayRST, {"room", drain, unix.POLLOUT}} {
		t.Run(s.name, func(t *testing.T) {
			w := newWatch(t)
			fd, peer := connected(t)
			defer unix.Close(fd)
			w.do(w.AddRead, fd, false)
			if s.name == "room" {
				fill(t, fd)
				w.do(w.ModReadWrite, fd, false)
			}
			w.delete(fd)
			s.to(t, fd, peer)
			if n, flags := w.rounds(stillness, fd); n != 0 {
				t.Errorf("%d events (%#x), want none", n, flags)
			}
		})
	}
}

// drain reads what fill has written, until there is room again.
func drain(t *testing.T, peer *net.TCPConn) {
	t.Helper()
	go func() {
		p := make([]byte, 64<<10)
		for {
			if _, err := peer.Read(p); err != nil {
				return
			}
		}
	}()
}

// Pausing a stalled connection by watching for room only is no way either: a reset then spins.
func TestWriteInterestAloneSpinsOnRST(t *testing.T) {
	w := newWatch(t)
	fd, peer := connected(t)
	defer unix.Close(fd)
	fill(t, fd)
	w.do(w.AddWrite, fd, false)
	if n, _ := w.rounds(stillness, fd); n != 0 {
		t.Errorf("stalled: %d events, want none", n)
	}
	sayRST.to(t, fd, peer)
	if n, flags := w.rounds(stillness, fd); n < stillness || flags&endEvents == 0 {
		t.Errorf("reset: %d events (%#x) in %d rounds, want one each", n, flags, stillness)
	}
}

// The poller can drop the interest in writing only by asking for reading: whoever does that to a paused connection has
// resumed it.
func TestModReadResumes(t *testing.T) {
	w := newWatch(t)
	fd, peer := connected(t)
	defer unix.Close(fd)
	sayBytes.to(t, fd, peer)
	fill(t, fd)
	w.do(w.AddWrite, fd, false)
	if n, _ := w.rounds(stillness, fd); n != 0 {
		t.Errorf("paused: %d events, want none", n)
	}
	w.do(w.ModRead, fd, false)
	if n, flags := w.rounds(stillness, fd); n < stillness || flags&unix.EPOLLIN == 0 {
		t.Errorf("%d events (%#x) in %d rounds, want one each", n, flags, stillness)
	}
}
