//go:build linux

package engine

import (
	"sync/atomic"
	"time"
)

// Stats are counts since the engine was made, and some that are of the moment. They are read without stopping the loops, so
// that they may be a few events apart.
type Stats struct {
	Connections int64 // open now, those that are still saying goodbye included
	Stalled     int64 // connections whose peer takes no more at the moment
	Memory      int64 // bytes of MaxMemory that are used now: outboxes and logs, what is unfinished of messages, posted tasks; within 64 KiB a loop
	MaxMemory   int64 // the budget, 0 without one; of a loop, the engine's
	OutboxBytes int64 // that wait for peers now, counted as MaxOutbox counts them, but what is for several only once
	Timers      int64 // that are set now, those of protocols included

	Accepted        uint64 // by listeners
	Adopted         uint64 // by Engine.Adopt
	AcceptPauses    uint64 // times accepting stopped because the system had no descriptors or memory left, or no CPU for so many TLS handshakes
	Ended           Ended
	OverConnections uint64 // connections turned away for MaxConnections, of the listener or in all; Adopt's too
	OverAddress     uint64 // those turned away for MaxPerAddress
	OverRate        uint64 // those turned away for AddressRate
	ProxyHeaders    uint64 // PROXY headers that were right
	ProxyMalformed  uint64 // connections closed because theirs was missing or malformed
	ProxyTimeouts   uint64 // connections closed because theirs took longer than ProxyTimeout
	BytesIn         uint64
	BytesOut        uint64
	Reads           uint64 // reads that brought something
	Writes          uint64 // writes that the kernel took something of
	BytesDiscarded  uint64 // read after our end began

	OutboxFull    uint64 // times what waits for a peer reached MaxOutbox: OnBufferFull
	SlowConsumers uint64 // connections closed because pushes exceeded MaxOutbox
	DroppedNewest uint64 // pushes that such a connection refused and stayed open: under DropNewest, and DropOldest when nothing else helped
	DroppedOldest uint64 // pushes taken, and dropped for newer ones
	Conflated     uint64 // pushes taken, and dropped for a newer one with the same key
	RatePauses    uint64 // times a connection was not read for a while because of MessageRate or ByteRate
	Unbound       uint64 // connections closed because no hub has taken them in time: Conn.AwaitAttach
	RateCloses    uint64 // connections closed because of them
	HeldBack      uint64 // times a publisher was held back because the loops were behind, or an unfinished message because memory was spent
	MemorySpent   uint64 // times the budget of memory was spent; of a loop, the engine's
	MemoryClosed  uint64 // connections closed for it
	Starved       uint64 // times the kernel had no memory for a read or a write, which is tried again
	OffloadBusy   uint64 // calls of Offload that were refused, because OffloadQueue others waited
	Lingered      uint64 // connections whose peer did not close within the linger time
	Panics        uint64 // callbacks and offloaded work that panicked
	SlowCallbacks uint64 // callbacks that held their loop for over 100 ms

	Handshakes        uint64 // TLS handshakes that succeeded
	HandshakesFailed  uint64 // those that did not, for whatever reason
	HandshakeTimeouts uint64 // of these, those that took longer than HandshakeTimeout
	HandshakesGaveWay uint64 // of these, those that gave way to newer ones

	// Busy is how long the loops have been serving events, and not waiting for one, added up; the events being served at the
	// moment count so far.
	Busy time.Duration
	// Turns are how long the loops worked between one look at their sockets and the next.
	Turns Turns
	// PushTimes are how long it took from a hub's taking pushes until they were on their way.
	PushTimes PushTimes
}

// loopStats are one loop's counts; only the loop adds to them, but for the panics of offloaded work and what is adopted or refused to be.
type loopStats struct {
	stalled         atomic.Int64
	outbox          atomic.Int64
	timers          atomic.Int64
	ended           [endings]atomic.Uint64
	accepted        atomic.Uint64
	adopted         atomic.Uint64
	acceptPauses    atomic.Uint64
	overConnections atomic.Uint64
	overAddress     atomic.Uint64
	overRate        atomic.Uint64
	proxyHeaders    atomic.Uint64
	proxyMalformed  atomic.Uint64
	proxyTimeouts   atomic.Uint64
	bytesIn         atomic.Uint64
	bytesOut        atomic.Uint64
	reads           atomic.Uint64
	writes          atomic.Uint64
	bytesAway       atomic.Uint64
	full            atomic.Uint64
	slow            atomic.Uint64
	droppedNewest   atomic.Uint64
	droppedOldest   atomic.Uint64
	conflated       atomic.Uint64
	ratePauses      atomic.Uint64
	rateCloses      atomic.Uint64
	unbound         atomic.Uint64
	starved         atomic.Uint64
	heldBack        atomic.Uint64
	memory          atomic.Int64
	gaveMemory      atomic.Uint64
	offloadBusy     atomic.Uint64
	lingered        atomic.Uint64
	panics          atomic.Uint64
	slowCallbacks   atomic.Uint64
	tlsDone         atomic.Uint64
	tlsFailed       atomic.Uint64
	tlsTimeouts     atomic.Uint64
	gaveWay         atomic.Uint64
}

func (s *loopStats) read(n int) {
	s.reads.Add(1)
	s.bytesIn.Add(uint64(n))
}

func (s *loopStats) written(n int) {
	s.writes.Add(1)
	s.bytesOut.Add(uint64(n))
}

func (s *loopStats) discarded(n int) { s.bytesAway.Add(uint64(n)) }

// Stats is the sum over all loops. It may be called from any goroutine.
func (e *Engine) Stats() Stats {
	var sum Stats
	var turns, pushes durationCounts
	var took time.Duration
	for _, l := range e.loops {
		sum.add(l)
		turns.add(&l.turns.durations)
		pushes.add(&l.pushes.times)
		took += time.Duration(l.pushes.sum.Load())
	}
	sum.Turns, sum.PushTimes = turns.turns(), pushes.pushTimes(took)
	return sum
}

// Stats are this loop's own. It may be called from any goroutine.
func (l *Loop) Stats() Stats {
	var s Stats
	var turns, pushes durationCounts
	var took time.Duration
	s.add(l)
	turns.add(&l.turns.durations)
	pushes.add(&l.pushes.times)
	took += time.Duration(l.pushes.sum.Load())
	s.Turns, s.PushTimes = turns.turns(), pushes.pushTimes(took)
	return s
}

func (s *Stats) add(l *Loop) {
	c := &l.stats
	s.Connections += l.open.Load()
	s.Stalled += c.stalled.Load()
	s.OutboxBytes += c.outbox.Load()
	s.Timers += c.timers.Load()
	s.Ended.add(c)
	s.Accepted += c.accepted.Load()
	s.Adopted += c.adopted.Load()
	s.AcceptPauses += c.acceptPauses.Load()
	s.OverConnections += c.overConnections.Load()
	s.OverAddress += c.overAddress.Load()
	s.OverRate += c.overRate.Load()
	s.ProxyHeaders += c.proxyHeaders.Load()
	s.ProxyMalformed += c.proxyMalformed.Load()
	s.ProxyTimeouts += c.proxyTimeouts.Load()
	s.BytesIn += c.bytesIn.Load()
	s.BytesOut += c.bytesOut.Load()
	s.Reads += c.reads.Load()
	s.Writes += c.writes.Load()
	s.BytesDiscarded += c.bytesAway.Load()
	s.OutboxFull += c.full.Load()
	s.SlowConsumers += c.slow.Load()
	s.DroppedNewest += c.droppedNewest.Load()
	s.DroppedOldest += c.droppedOldest.Load()
	s.Conflated += c.conflated.Load()
	s.RatePauses += c.ratePauses.Load()
	s.Unbound += c.unbound.Load()
	s.RateCloses += c.rateCloses.Load()
	s.Starved += c.starved.Load()
	s.HeldBack += c.heldBack.Load()
	s.Memory += c.memory.Load()
	s.MemoryClosed += c.gaveMemory.Load()
	s.MaxMemory = l.engine.memory.most
	s.MemorySpent = l.engine.memory.times.Load()
	s.OffloadBusy += c.offloadBusy.Load()
	s.Lingered += c.lingered.Load()
	s.Panics += c.panics.Load()
	s.SlowCallbacks += c.slowCallbacks.Load()
	s.Handshakes += c.tlsDone.Load()
	s.HandshakesFailed += c.tlsFailed.Load()
	s.HandshakeTimeouts += c.tlsTimeouts.Load()
	s.HandshakesGaveWay += c.gaveWay.Load()
	s.Busy += l.work.sum(l.age)
}
