//go:build linux

package http

import "sync/atomic"

// Stats are what has happened since a Server began.
type Stats struct {
	// Requests whose head could be read.
	Requests uint64
	// Refused is the requests that were answered by the server itself because they break the protocol or a limit; those
	// below by their status are among them.
	Refused         uint64
	RefusedBody     uint64 // 413: MaxBody
	RefusedTarget   uint64 // 414: MaxHead.RequestLine
	RefusedRate     uint64 // 429: engine.ListenOptions.MessageRate and ByteRate, under CloseFast
	RefusedHead     uint64 // 431: MaxHead.Head and MaxHead.Fields
	RefusedVersion  uint64 // 505
	HeadTimeouts    uint64 // 408: HeadTimeout
	BodyTimeouts    uint64 // 408: BodyTimeout
	IdleTimeouts    uint64 // IdleTimeout
	PipelinesHeld   uint64 // times that MaxPipelined requests waited, and reading paused
	BodiesDiscarded uint64 // connections closed because too much of a body came behind an early answer
	StreamsFull     uint64 // times that Stream.Write returned ErrFull for the first time
	Upgrades        uint64 // connections given away by Hijack
	Panics          uint64 // connections closed because a handler panicked
	EventStreams    uint64 // begun by Events
	WriteTimeouts   uint64 // connections cut off because they took nothing of a streamed answer for BodyTimeout
	HandlersBusy    uint64 // 503: all of Workers were busy, and QueueLength requests waited
	// EventStreamsOpen is how many of them have not closed yet.
	EventStreamsOpen int64
	// HandlersRunning are the net/http handlers at work, HandlersWaiting the requests that wait for one of Workers.
	HandlersRunning, HandlersWaiting int
}

// Add adds another server's.
func (s *Stats) Add(o Stats) {
	s.Requests += o.Requests
	s.Refused += o.Refused
	s.RefusedBody += o.RefusedBody
	s.RefusedTarget += o.RefusedTarget
	s.RefusedRate += o.RefusedRate
	s.RefusedHead += o.RefusedHead
	s.RefusedVersion += o.RefusedVersion
	s.HeadTimeouts += o.HeadTimeouts
	s.BodyTimeouts += o.BodyTimeouts
	s.IdleTimeouts += o.IdleTimeouts
	s.PipelinesHeld += o.PipelinesHeld
	s.BodiesDiscarded += o.BodiesDiscarded
	s.StreamsFull += o.StreamsFull
	s.Upgrades += o.Upgrades
	s.Panics += o.Panics
	s.EventStreams += o.EventStreams
	s.WriteTimeouts += o.WriteTimeouts
	s.HandlersBusy += o.HandlersBusy
	s.EventStreamsOpen += o.EventStreamsOpen
	s.HandlersRunning += o.HandlersRunning
	s.HandlersWaiting += o.HandlersWaiting
}

// counters are a desk's part of Stats.
type counters struct {
	requests, refused, body, target, head, version atomic.Uint64
	rate                                           atomic.Uint64
	headTimeouts, bodyTimeouts, idleTimeouts       atomic.Uint64
	held, discarded, streamsFull, upgrades, panics atomic.Uint64
	events, busy, writeTimeouts                    atomic.Uint64
	eventsOpen                                     atomic.Int64
}

func (c *counters) refuse(status int) {
	c.refused.Add(1)
	switch status {
	case 413:
		c.body.Add(1)
	case 414:
		c.target.Add(1)
	case 429:
		c.rate.Add(1)
	case 431:
		c.head.Add(1)
	case 505:
		c.version.Add(1)
	}
}

func (c *counters) stats() Stats {
	return Stats{
		Requests:         c.requests.Load(),
		Refused:          c.refused.Load(),
		RefusedBody:      c.body.Load(),
		RefusedTarget:    c.target.Load(),
		RefusedRate:      c.rate.Load(),
		RefusedHead:      c.head.Load(),
		RefusedVersion:   c.version.Load(),
		HeadTimeouts:     c.headTimeouts.Load(),
		BodyTimeouts:     c.bodyTimeouts.Load(),
		IdleTimeouts:     c.idleTimeouts.Load(),
		PipelinesHeld:    c.held.Load(),
		BodiesDiscarded:  c.discarded.Load(),
		StreamsFull:      c.streamsFull.Load(),
		Upgrades:         c.upgrades.Load(),
		Panics:           c.panics.Load(),
		EventStreams:     c.events.Load(),
		EventStreamsOpen: c.eventsOpen.Load(),
		WriteTimeouts:    c.writeTimeouts.Load(),
		HandlersBusy:     c.busy.Load(),
	}
}

// Stats may be called from any goroutine.
func (s *Server) Stats() (sum Stats) {
	s.desks.mu.Lock()
	defer s.desks.mu.Unlock()
	for _, d := range s.desks.all {
		sum.Add(d.counters.stats())
	}
	sum.HandlersWaiting, sum.HandlersRunning = s.pool.load()
	return sum
}
