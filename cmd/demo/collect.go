//go:build linux

package main

import (
	"fmt"
	"os"
	"runtime"
	"runtime/metrics"
	"time"

	"fanloop/engine"
)

// A sample is how long each loop had been busy at one moment.
type sample struct {
	taken time.Time
	busy  []time.Duration
}

// sample may be called from any goroutine, as everything here.
func (s *server) sample() sample {
	now := sample{taken: time.Now()}
	for _, l := range s.engine.Loops() {
		now.busy = append(now.busy, l.Stats().Busy)
	}
	return now
}

// status is how the server is; its loops were busy between the two samples. The state is left out.
func (s *server) status(from, to sample) status {
	e, h, web, api, pages := s.engine.Stats(), s.hub.Stats(), s.sites.Stats(), s.api.Stats(), s.webSockets.Stats()
	who := s.doorStats()
	return status{
		Version: version(), Process: os.Getpid(), Started: processStart, Uptime: to.taken.Sub(processStart).Seconds(),
		Connections: e.Connections, Stalled: e.Stalled, Bound: h.Bound, UIDs: h.UIDs, Groups: h.Groups,
		MessagesIn: s.received(), MessagesOut: h.Taken, BytesIn: e.BytesIn + e.BytesDiscarded, BytesOut: e.BytesOut,
		Accepted: e.Accepted, AcceptPauses: e.AcceptPauses,
		OverConnections: e.OverConnections, OverAddress: e.OverAddress, OverRate: e.OverRate,
		RatePauses: e.RatePauses, RateCloses: e.RateCloses, Unbound: e.Unbound, IdleBackEnds: s.idleBackEnds.Load(),
		NamesTooLong: h.NamesTooLong, TooManyGroups: h.TooManyGroups,
		ProxyHeaders: e.ProxyHeaders, ProxyMalformed: e.ProxyMalformed, ProxyTimeouts: e.ProxyTimeouts,
		Pushes: h.Pushes, Offline: h.Offline, Refused: h.Refused, Kicked: h.Kicked,
		SlowConsumers: e.SlowConsumers, DroppedNewest: e.DroppedNewest, DroppedOldest: e.DroppedOldest, Conflated: e.Conflated,
		OutboxFull: e.OutboxFull, HeldBack: e.HeldBack,
		MemoryUsed: e.Memory, MemoryBudget: e.MaxMemory, MemorySpent: e.MemorySpent, MemoryClosed: e.MemoryClosed,
		Lingered: e.Lingered,
		Requests: web.Requests, RequestsRefused: web.Refused + api.Denied, EventStreams: web.EventStreamsOpen,
		Identified: who.Admitted, IdentityRefused: who.Refused, IdentityMissing: who.Missing,
		IdentityExpired: who.Expired, IdentityUnanswered: who.Unanswered, BackEndsRefused: s.auth.Failed(),
		Handshakes: e.Handshakes, HandshakesFailed: e.HandshakesFailed,
		HandshakesLate: e.HandshakeTimeouts, HandshakesGone: e.HandshakesGaveWay,
		WebSockets: pages.Opened, WebSocketsRefused: pages.Refused, OriginsRefused: s.gates.originsRefused(),
		PongTimeouts: pages.PongTimeouts, Breaches: pages.ProtocolErrors + pages.MessagesTooBig,
		PushP50: e.PushTimes.P50.Seconds(), PushP99: e.PushTimes.P99.Seconds(), PushP999: e.PushTimes.P999.Seconds(), PushMax: e.PushTimes.Max.Seconds(),
		SlowCallbacks: e.SlowCallbacks, Panics: e.Panics,
		TurnP50: e.Turns.P50.Seconds(), TurnP99: e.Turns.P99.Seconds(), TurnP999: e.Turns.P999.Seconds(), TurnMax: e.Turns.Max.Seconds(),
		RSS: residentMemory(), Heap: heapMemory(), Goroutines: runtime.NumGoroutine(), Timers: e.Timers,
		Listeners: s.listenerStatus(), Measured: to.taken.Sub(from.taken).Seconds(), Loops: loopStatuses(s.engine.Loops(), from, to),
	}
}

// processStart is, as near as makes no difference, when the process started.
var processStart = time.Now()

func (s *server) listenerStatus() (all []listenerStatus) {
	for i, p := range s.ports {
		all = append(all, listenerStatus{
			Protocol: p.endpoint.protocol, Address: s.opened[i].String(), Open: p.listener.Open(), Accepted: p.listener.Accepted(),
		})
	}
	return all
}

func loopStatuses(loops []*engine.Loop, from, to sample) (all []loopStatus) {
	passed := to.taken.Sub(from.taken)
	for i, l := range loops {
		stats := l.Stats()
		all = append(all, loopStatus{
			Busy: fraction(to.busy[i]-from.busy[i], passed), BusySeconds: to.busy[i].Seconds(),
			Connections: stats.Connections, Stalled: stats.Stalled, BytesIn: stats.BytesIn + stats.BytesDiscarded, BytesOut: stats.BytesOut,
		})
	}
	return all
}

// fraction is from 0 to 1, also when the samples are a few nanoseconds beside the truth.
func fraction(part, whole time.Duration) float64 {
	if whole <= 0 {
		return 0
	}
	return min(max(float64(part)/float64(whole), 0), 1)
}

// residentMemory is 0 when the system does not tell.
func residentMemory() uint64 {
	text, err := os.ReadFile("/proc/self/statm")
	if err != nil {
		return 0
	}
	var size, resident uint64
	if _, err := fmt.Sscan(string(text), &size, &resident); err != nil {
		return 0
	}
	return resident * uint64(os.Getpagesize())
}

func heapMemory() uint64 {
	objects := []metrics.Sample{{Name: "/memory/classes/heap/objects:bytes"}}
	metrics.Read(objects)
	return objects[0].Value.Uint64()
}
