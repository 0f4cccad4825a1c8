package main

import "time"

// A status is what a running process tells of itself. Counts are since its start, unless they are of the moment.
type status struct {
	Version string    `json:"version"`
	Process int       `json:"process"`
	State   string    `json:"state"`
	Started time.Time `json:"started"`
	Uptime  float64   `json:"uptime_seconds"`

	Connections int64 `json:"connections"` // of the moment, with those that are saying goodbye
	Stalled     int64 `json:"stalled"`     // of the moment: the peer takes no more
	Bound       int   `json:"bound"`       // of the moment: has a uid
	UIDs        int   `json:"uids"`
	Groups      int   `json:"groups"`

	MessagesIn  uint64 `json:"messages_in"`  // lines and requests of back ends, and messages of pages
	MessagesOut uint64 `json:"messages_out"` // pushed messages, one for each connection that took it
	BytesIn     uint64 `json:"bytes_in"`
	BytesOut    uint64 `json:"bytes_out"`

	Accepted        uint64 `json:"accepted"`
	AcceptPauses    uint64 `json:"accept_pauses"`
	OverConnections uint64 `json:"over_connections"` // turned away, as the next two
	OverAddress     uint64 `json:"over_address"`
	OverRate        uint64 `json:"over_rate"`
	RatePauses      uint64 `json:"rate_pauses"`     // times a page was not read for a while, because it sent too much
	RateCloses      uint64 `json:"rate_closes"`     // pages closed for that
	Unbound         uint64 `json:"unbound"`         // pages closed because they did not say a uid
	IdleBackEnds    uint64 `json:"idle_back_ends"`  // back ends closed because they said nothing
	ProxyHeaders    uint64 `json:"proxy_headers"`   // of the PROXY protocol that were right
	ProxyMalformed  uint64 `json:"proxy_malformed"` // connections closed without one
	ProxyTimeouts   uint64 `json:"proxy_timeouts"`  // likewise
	Pushes          uint64 `json:"pushes"`
	Offline         uint64 `json:"offline"` // pushes that found nobody
	Refused         uint64 `json:"refused"` // pushed messages that a connection could not take
	Kicked          uint64 `json:"kicked"`
	NamesTooLong    uint64 `json:"names_too_long"` // uids and groups' names
	TooManyGroups   uint64 `json:"too_many_groups"`
	SlowConsumers   uint64 `json:"slow_consumers"`
	DroppedNewest   uint64 `json:"dropped_newest"`
	DroppedOldest   uint64 `json:"dropped_oldest"`
	Conflated       uint64 `json:"conflated"`
	OutboxFull      uint64 `json:"outbox_full"`
	HeldBack        uint64 `json:"held_back"`
	MemoryUsed      int64  `json:"memory_used"`   // of the budget, of the moment
	MemoryBudget    int64  `json:"memory_budget"` // 0 without one
	MemorySpent     uint64 `json:"memory_spent"`  // times
	MemoryClosed    uint64 `json:"memory_closed"` // connections, for that
	Lingered        uint64 `json:"lingered"`
	SlowCallbacks   uint64 `json:"slow_callbacks"`
	Panics          uint64 `json:"panics"`

	Requests        uint64 `json:"requests"`         // of HTTP, the pages' too
	RequestsRefused uint64 `json:"requests_refused"` // of them, those that broke HTTP or a limit, or might not use the API
	EventStreams    int64  `json:"event_streams"`    // of the moment

	Identified         uint64 `json:"identified"` // pages let in by a token or the back end's word
	IdentityRefused    uint64 `json:"identity_refused"`
	IdentityMissing    uint64 `json:"identity_missing"`
	IdentityExpired    uint64 `json:"identity_expired"`
	IdentityUnanswered uint64 `json:"identity_unanswered"`
	BackEndsRefused    uint64 `json:"back_ends_refused"` // on text ports, for their token

	Handshakes       uint64 `json:"tls_handshakes"` // those that succeeded
	HandshakesFailed uint64 `json:"tls_failed"`
	HandshakesLate   uint64 `json:"tls_timeouts"` // of those that failed
	HandshakesGone   uint64 `json:"tls_gave_way"` // likewise

	WebSockets        uint64 `json:"websockets"`         // opened
	WebSocketsRefused uint64 `json:"websockets_refused"` // answered with another status than 101
	OriginsRefused    uint64 `json:"origins_refused"`    // pages of other sites, by WebSocket and by event stream
	PongTimeouts      uint64 `json:"pong_timeouts"`      // pages closed because nothing came after the pings
	Breaches          uint64 `json:"protocol_errors"`    // pages closed because they broke the protocol, or sent too much

	// How long pushes took until each loop had written them to all who read, since the start.
	PushP50  float64 `json:"push_p50_seconds"`
	PushP99  float64 `json:"push_p99_seconds"`
	PushP999 float64 `json:"push_p999_seconds"`
	PushMax  float64 `json:"push_max_seconds"`

	// How long loops worked between one look at their sockets and the next, since the start.
	TurnP50  float64 `json:"turn_p50_seconds"`
	TurnP99  float64 `json:"turn_p99_seconds"`
	TurnP999 float64 `json:"turn_p999_seconds"`
	TurnMax  float64 `json:"turn_max_seconds"`

	RSS        uint64 `json:"memory_rss"`  // bytes
	Heap       uint64 `json:"memory_heap"` // bytes in objects
	Goroutines int    `json:"goroutines"`
	Timers     int64  `json:"timers"` // of the moment: set in the loops

	Listeners []listenerStatus `json:"listeners"`
	Measured  float64          `json:"measured_seconds"` // the time that each loop's Busy is of
	Loops     []loopStatus     `json:"loops"`
}

// The states of a process that can be asked.
const (
	stateRunning  = "running"
	stateLeaving  = "leaving" // its ports are closed; it waits for the last connection to leave
	stateStopping = "stopping"
)

type listenerStatus struct {
	Protocol string `json:"protocol"`
	Address  string `json:"address"` // as -listen takes it
	Open     int    `json:"open"`
	Accepted uint64 `json:"accepted"`
}

type loopStatus struct {
	Busy        float64 `json:"busy"`         // from 0 to 1
	BusySeconds float64 `json:"busy_seconds"` // since the start
	Connections int64   `json:"connections"`
	Stalled     int64   `json:"stalled"`
	BytesIn     uint64  `json:"bytes_in"`
	BytesOut    uint64  `json:"bytes_out"`
}
