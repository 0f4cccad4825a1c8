//go:build linux

package engine

import (
	"io"
	"syscall"
)

// Ended are the connections that are not open any more, by why: the reason that OnClose got.
type Ended struct {
	Peer       uint64 // io.EOF and io.ErrUnexpectedEOF
	Network    uint64 // an error of the system's: a reset, a peer that vanished
	Protocol   uint64 // any other, mostly of a codec or TLS: a goodbye of its protocol, a broken rule, a time that ran out
	Program    uint64 // ErrClosed
	Aborted    uint64 // ErrAborted
	Slow       uint64 // ErrSlowConsumer
	Unfinished uint64 // ErrUnfinished
	Memory     uint64 // ErrMemory
	Panic      uint64 // ErrPanic
	Shutdown   uint64 // ErrShutdown
}

// ending is an index of loopStats.ended.
type ending int

const (
	endedPeer ending = iota
	endedNetwork
	endedProtocol
	endedProgram
	endedAborted
	endedSlow
	endedUnfinished
	endedMemory
	endedPanic
	endedShutdown
	endings
)

// endingOf is called once a connection.
func endingOf(reason error) ending {
	switch reason {
	case io.EOF, io.ErrUnexpectedEOF:
		return endedPeer
	case ErrClosed:
		return endedProgram
	case ErrAborted:
		return endedAborted
	case ErrSlowConsumer:
		return endedSlow
	case ErrUnfinished:
		return endedUnfinished
	case ErrMemory:
		return endedMemory
	case ErrPanic:
		return endedPanic
	case ErrShutdown:
		return endedShutdown
	}
	if _, ok := reason.(syscall.Errno); ok { // not errors.As: it calls what others wrote, in the midst of an end
		return endedNetwork
	}
	return endedProtocol
}

func (e *Ended) add(s *loopStats) {
	e.Peer += s.ended[endedPeer].Load()
	e.Network += s.ended[endedNetwork].Load()
	e.Protocol += s.ended[endedProtocol].Load()
	e.Program += s.ended[endedProgram].Load()
	e.Aborted += s.ended[endedAborted].Load()
	e.Slow += s.ended[endedSlow].Load()
	e.Unfinished += s.ended[endedUnfinished].Load()
	e.Memory += s.ended[endedMemory].Load()
	e.Panic += s.ended[endedPanic].Load()
	e.Shutdown += s.ended[endedShutdown].Load()
}

// Sum is all of them.
func (e Ended) Sum() uint64 {
	return e.Peer + e.Network + e.Protocol + e.Program + e.Aborted + e.Slow + e.Unfinished + e.Memory + e.Panic + e.Shutdown
}

// tell lets others see, after each event of the poller's, what waits in the loop, and how many timers are set.
func (l *Loop) tell() {
	if n := int64(l.queued + l.stuck + l.everybody.held()); n != l.stats.outbox.Load() {
		l.stats.outbox.Store(n)
	}
	if n := int64(l.timers.count); n != l.stats.timers.Load() {
		l.stats.timers.Store(n)
	}
}
