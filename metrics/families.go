//go:build linux

package metrics

import "github.com/prometheus/client_golang/prometheus"

const prefix = "fanloop_"

func counter(name, help string, value func(s *snapshot) uint64) family {
	return one(prometheus.CounterValue, name, help, func(s *snapshot) float64 { return float64(value(s)) })
}

func gauge[N int | int64](name, help string, value func(s *snapshot) N) family {
	return one(prometheus.GaugeValue, name, help, func(s *snapshot) float64 { return float64(value(s)) })
}

func one(kind prometheus.ValueType, name, help string, value func(s *snapshot) float64) family {
	return family{prometheus.NewDesc(prefix+name, help, nil, nil), kind, []series{{value: value}}}
}

// by is a counter with one series for each value of a label.
func by(label, name, help string, all ...series) family {
	return family{prometheus.NewDesc(prefix+name, help, []string{label}, nil), prometheus.CounterValue, all}
}

func of(label string, value func(s *snapshot) uint64) series {
	return series{label, func(s *snapshot) float64 { return float64(value(s)) }}
}

var messagesIn = counter("messages_received_total", "Messages that clients and back ends have sent.", func(s *snapshot) uint64 { return s.messagesIn })

var engineFamilies = []family{
	gauge("outbox_bytes", "Bytes that wait for peers, what is for several counted once.", func(s *snapshot) int64 { return s.engine.OutboxBytes }),
	gauge("timers", "Timers that are set in the loops.", func(s *snapshot) int64 { return s.engine.Timers }),
	gauge("memory_bytes", "Bytes of the budget that outboxes, unfinished messages and posted tasks use.", func(s *snapshot) int64 { return s.engine.Memory }),
	gauge("memory_budget_bytes", "How many they may use; 0 is any number.", func(s *snapshot) int64 { return s.engine.MaxMemory }),
	by("how", "connections_opened_total", "Connections that have come.",
		of("accepted", func(s *snapshot) uint64 { return s.engine.Accepted }),
		of("adopted", func(s *snapshot) uint64 { return s.engine.Adopted })),
	by("reason", "connections_closed_total", "Connections that are not open any more.",
		of("peer", func(s *snapshot) uint64 { return s.engine.Ended.Peer }),
		of("network", func(s *snapshot) uint64 { return s.engine.Ended.Network }),
		of("protocol", func(s *snapshot) uint64 { return s.engine.Ended.Protocol }),
		of("program", func(s *snapshot) uint64 { return s.engine.Ended.Program }),
		of("aborted", func(s *snapshot) uint64 { return s.engine.Ended.Aborted }),
		of("slow_consumer", func(s *snapshot) uint64 { return s.engine.Ended.Slow }),
		of("unfinished_message", func(s *snapshot) uint64 { return s.engine.Ended.Unfinished }),
		of("memory", func(s *snapshot) uint64 { return s.engine.Ended.Memory }),
		of("panic", func(s *snapshot) uint64 { return s.engine.Ended.Panic }),
		of("shutdown", func(s *snapshot) uint64 { return s.engine.Ended.Shutdown })),
	counter("accept_pauses_total", "Times that accepting stopped for want of descriptors, memory or CPU.", func(s *snapshot) uint64 { return s.engine.AcceptPauses }),

	counter("received_bytes_total", "Bytes read from peers.", func(s *snapshot) uint64 { return s.engine.BytesIn + s.engine.BytesDiscarded }),
	counter("sent_bytes_total", "Bytes that the kernel took for peers.", func(s *snapshot) uint64 { return s.engine.BytesOut }),
	counter("discarded_bytes_total", "Bytes read, and thrown away, after the own end had begun.", func(s *snapshot) uint64 { return s.engine.BytesDiscarded }),
	counter("reads_total", "Reads that brought something.", func(s *snapshot) uint64 { return s.engine.Reads }),
	counter("writes_total", "Writes that the kernel took something of; messages sent by writes is how well they coalesce.", func(s *snapshot) uint64 { return s.engine.Writes }),

	by("how", "pushes_dropped_total", "Pushed messages that a slow connection was not sent, and stayed open.",
		of("newest", func(s *snapshot) uint64 { return s.engine.DroppedNewest }),
		of("oldest", func(s *snapshot) uint64 { return s.engine.DroppedOldest }),
		of("conflated", func(s *snapshot) uint64 { return s.engine.Conflated })),
	counter("slow_consumers_total", "Connections closed because they did not read what was pushed.", func(s *snapshot) uint64 { return s.engine.SlowConsumers }),
	counter("publishers_held_total", "Times that a publisher was held back because the loops were behind.", func(s *snapshot) uint64 { return s.engine.HeldBack }),
	counter("memory_waits_total", "Times that the kernel had no memory for a read or a write, which was tried again.", func(s *snapshot) uint64 { return s.engine.Starved }),
	counter("callback_panics_total", "Callbacks and offloaded work that panicked.", func(s *snapshot) uint64 { return s.engine.Panics }),
	counter("slow_callbacks_total", "Callbacks that held their loop for over 100 ms.", func(s *snapshot) uint64 { return s.engine.SlowCallbacks }),
	by("limit", "engine_limits_reached_total", "Times that a limit of the engine's was reached.",
		of("outbox", func(s *snapshot) uint64 { return s.engine.OutboxFull }),
		of("unfinished_message", func(s *snapshot) uint64 { return s.engine.Ended.Unfinished }),
		of("memory", func(s *snapshot) uint64 { return s.engine.MemorySpent }),
		of("memory_closed", func(s *snapshot) uint64 { return s.engine.MemoryClosed }),
		of("connections", func(s *snapshot) uint64 { return s.engine.OverConnections }),
		of("address_connections", func(s *snapshot) uint64 { return s.engine.OverAddress }),
		of("address_rate", func(s *snapshot) uint64 { return s.engine.OverRate }),
		of("rate_paused", func(s *snapshot) uint64 { return s.engine.RatePauses }),
		of("rate_closed", func(s *snapshot) uint64 { return s.engine.RateCloses }),
		of("unbound_time", func(s *snapshot) uint64 { return s.engine.Unbound }),
		of("offload_queue", func(s *snapshot) uint64 { return s.engine.OffloadBusy }),
		of("linger", func(s *snapshot) uint64 { return s.engine.Lingered }),
		of("proxy_header_time", func(s *snapshot) uint64 { return s.engine.ProxyTimeouts }),
		of("tls_handshake_time", func(s *snapshot) uint64 { return s.engine.HandshakeTimeouts }),
		of("tls_handshakes", func(s *snapshot) uint64 { return s.engine.HandshakesGaveWay })),
	by("result", "proxy_headers_total", "Headers of the PROXY protocol.",
		of("done", func(s *snapshot) uint64 { return s.engine.ProxyHeaders }),
		of("malformed", func(s *snapshot) uint64 { return s.engine.ProxyMalformed })),
	by("result", "tls_handshakes_total", "TLS handshakes that have ended.",
		of("done", func(s *snapshot) uint64 { return s.engine.Handshakes }),
		of("failed", func(s *snapshot) uint64 { return s.engine.HandshakesFailed })),
}

var hubFamilies = []family{
	gauge("hub_connections", "Connections that have a uid.", func(s *snapshot) int { return s.hub.Bound }),
	gauge("hub_uids", "Different uids.", func(s *snapshot) int { return s.hub.UIDs }),
	gauge("hub_groups", "Groups that somebody is in.", func(s *snapshot) int { return s.hub.Groups }),
	counter("hub_pushes_total", "Pushes tried.", func(s *snapshot) uint64 { return s.hub.Pushes }),
	by("why", "hub_pushes_failed_total", "Pushes that reached nobody.",
		of("offline", func(s *snapshot) uint64 { return s.hub.Offline }),
		of("invalid", func(s *snapshot) uint64 { return s.hub.Invalid }),
		of("busy", func(s *snapshot) uint64 { return s.hub.Busy })),
	by("result", "hub_messages_total", "Pushed messages, one for each connection that they were for.",
		of("taken", func(s *snapshot) uint64 { return s.hub.Taken }),
		of("refused", func(s *snapshot) uint64 { return s.hub.Refused })),
	by("limit", "hub_limits_reached_total", "Times that a limit of the hub's was reached.",
		of("name_size", func(s *snapshot) uint64 { return s.hub.NamesTooLong }),
		of("connection_groups", func(s *snapshot) uint64 { return s.hub.TooManyGroups })),
	counter("hub_kicked_total", "Connections kicked.", func(s *snapshot) uint64 { return s.hub.Kicked }),
}

var apiFamilies = []family{
	by("result", "api_requests_total", "Requests of back ends over HTTP.",
		of("let_in", func(s *snapshot) uint64 { return s.api.Requests }),
		of("denied", func(s *snapshot) uint64 { return s.api.Denied })),
}
