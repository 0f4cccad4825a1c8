//go:build linux

package engine

import (
	"bytes"
	"fmt"
	"io"
	"net"
	"syscall"
	"testing"
)

// A faultRun is a conversation of two connections, in which one call of the first one's fails. Accepting fails for whoever it was.
type faultRun struct {
	call  string
	errno error
	at    int // which of those calls
	lost  bool
}

func (f faultRun) String() string {
	name := f.errno.Error()
	if errno, ok := f.errno.(syscall.Errno); ok {
		name = fmt.Sprintf("errno %d", int(errno))
	}
	return fmt.Sprintf("%s %d, %s", f.call, f.at, name)
}

func (f faultRun) run(t *testing.T) {
	before := descriptors()
	system, sys := newFaulty()
	calls, writes, hit := 0, 0, false
	system.set(func(call string, conn int) error {
		if call == f.call && (conn == 0 || call == callAccept) {
			if calls++; calls == f.at {
				hit = true
				return f.errno
			}
		}
		if call == callWrite && conn == 0 {
			if writes++; writes%3 == 0 {
				return errShort // so that there is something to wait for
			}
		}
		return nil
	})
	e := faultyEngine(t, Options{}, sys)
	closed := make(chan error, 10)
	ln := listen(t, e, handler{traffic: f.answer, close: func(_ *Conn, err error) { closed <- err }})

	victim, bystander := dial(t, ln), dial(t, ln)
	ended := make(chan error, 1)
	go func() { ended <- converse(victim) }()
	if err := converse(bystander); err != nil {
		t.Errorf("the other connection: %v", err)
	}
	err := await(t, "the end of the conversation", ended)
	wantEcho(t, ln) // the engine lives on
	eventually(t, "no connection is left", func() bool { return e.Stats().Connections == 0 })
	f.judge(t, e.Stats(), err, hit)
	if f.lost && hit && f.call != callAdd {
		f.wantReason(t, closed)
	}
	// How many reads and writes it takes is the kernel's; a call or two come with each, and with each connection a few.
	if s := e.Stats(); system.count(f.call) > 2*int(s.Reads+s.Writes+s.Starved)+100 {
		t.Errorf("%d calls, %d reads, %d writes, starved %d times: it spins", system.count(f.call), s.Reads, s.Writes, s.Starved)
	}
	shutdown(t, e)
	if stats := e.Stats(); stats.BytesOut != uint64(system.written) || stats.BytesIn+stats.BytesDiscarded != uint64(system.read) {
		t.Errorf("%+v, but %d bytes were read and %d written", stats, system.read, system.written)
	}
	victim.Close()
	bystander.Close()
	eventually(t, "as many descriptors as before", func() bool { return descriptors() <= before })
}

// answer is an echo. For a fault of shutdown it closes first, or there would be none.
func (f faultRun) answer(c *Conn, p []byte) int {
	n := echo.traffic(c, p)
	said, _ := c.Value().(int)
	said += n
	c.SetValue(said)
	if f.call == callShutdown && said == len(short)+len(long) {
		c.Close()
	}
	return n
}

// judge looks what has become of the conversation, and what has been counted.
func (f faultRun) judge(t *testing.T, stats Stats, err error, hit bool) {
	t.Helper()
	if !hit && f.at == 1 {
		t.Error("the call never came")
	}
	network := uint64(0)
	if f.lost && hit {
		network = 1
	}
	// An end that comes behind the last message is one to the peer.
	if err != nil && network == 0 || err == nil && network == 1 && f.call != callMod {
		t.Errorf("the conversation ended with %v", err)
	}
	if stats.Ended.Network != network || stats.Ended.Sum() != 3 || stats.Accepted != 3 || stats.Panics != 0 {
		t.Errorf("%+v", stats)
	}
}

func (f faultRun) wantReason(t *testing.T, closed chan error) {
	t.Helper()
	for range 3 {
		if err := await(t, "OnClose", closed); err == f.errno {
			return
		}
	}
	t.Errorf("no OnClose got %v", f.errno)
}

var short, long = []byte("hello"), bytes.Repeat([]byte("much "), 40<<10)

// converse has an echo say a short and a long message, and goes.
func converse(c net.Conn) error {
	defer c.Close()
	for _, message := range [][]byte{short, long} {
		go func() { _, _ = c.Write(message) }() // it ends with the connection, if not before
		got := make([]byte, len(message))
		if n, err := io.ReadFull(c, got); err != nil || !bytes.Equal(got, message) {
			return fmt.Errorf("%d bytes of %d, %w", n, len(message), orWrong(err))
		}
	}
	if err := c.(*net.TCPConn).CloseWrite(); err != nil {
		return err
	}
	if n, err := c.Read(make([]byte, 1)); err != io.EOF {
		return fmt.Errorf("%d bytes behind the last, %w", n, orWrong(err))
	}
	return nil
}

func orWrong(err error) error {
	if err == nil {
		return errWrong
	}
	return err
}

var errWrong = fmt.Errorf("not what was said")
