package main

import (
	"fmt"
	"strings"
	"time"
)

// String is the status for people: at most 80 columns wide, but for long versions and addresses.
func (s *status) String() string {
	var b strings.Builder
	up := time.Duration(s.Uptime * float64(time.Second)).Truncate(time.Second)
	fmt.Fprintf(&b, "fanloop %s\nprocess %d, %s, up %s\n\n", s.Version, s.Process, s.state(), upText(up))
	s.writeFigures(&b)
	s.writeListeners(&b)
	s.writeLoops(&b)
	return b.String()
}

func (s *status) state() string {
	switch s.State {
	case stateLeaving:
		return "ports closed, ends when the last connection has left"
	case stateStopping:
		return "stops, says goodbye to its connections"
	}
	return s.State
}

// upText is a time like 3d 04:05:06.
func upText(d time.Duration) string {
	days, seconds := int(d/(24*time.Hour)), int(d/time.Second)%86400
	clock := fmt.Sprintf("%02d:%02d:%02d", seconds/3600, seconds/60%60, seconds%60)
	if days == 0 {
		return clock
	}
	return fmt.Sprintf("%dd %s", days, clock)
}

func (s *status) writeFigures(b *strings.Builder) {
	rows := [][3]struct {
		name  string
		value any
	}{
		{{"connections", s.Connections}, {"with a uid", s.Bound}, {"stalled", s.Stalled}},
		{{"uids", s.UIDs}, {"groups", s.Groups}, {"accepted", s.Accepted}},
		{{"messages in", s.MessagesIn}, {"messages out", s.MessagesOut}, {"refused", s.Refused}},
		{{"bytes in", byteText(s.BytesIn)}, {"bytes out", byteText(s.BytesOut)}, {"offline", s.Offline}},
		{{"slow consumers", s.SlowConsumers}, {"held back", s.HeldBack}, {"kicked", s.Kicked}},
		{{"dropped newest", s.DroppedNewest}, {"dropped old", s.DroppedOldest}, {"conflated", s.Conflated}},
		{{"requests", s.Requests}, {"event streams", s.EventStreams}, {"not served", s.RequestsRefused}},
		{{"TLS handshakes", s.Handshakes}, {"failed", s.HandshakesFailed}, {"gave way", s.HandshakesGone}},
		{{"over limit", s.OverConnections}, {"an address's", s.OverAddress}, {"its rate", s.OverRate}},
		{{"fast, paused", s.RatePauses}, {"fast, closed", s.RateCloses}, {"without uid", s.Unbound}},
		{{"back ends idle", s.IdleBackEnds}, {"long names", s.NamesTooLong}, {"many groups", s.TooManyGroups}},
		{{"PROXY headers", s.ProxyHeaders}, {"malformed", s.ProxyMalformed}, {"too late", s.ProxyTimeouts}},
		{{"WebSockets", s.WebSockets}, {"refused", s.WebSocketsRefused}, {"no pong", s.PongTimeouts}},
		{{"broken rules", s.Breaches}, {"other origin", s.OriginsRefused}, {"outbox full", s.OutboxFull}},
		{{"identified", s.Identified}, {"refused", s.IdentityRefused}, {"no token", s.IdentityMissing}},
		{{"text, refused", s.BackEndsRefused}, {"expired", s.IdentityExpired}, {"no answer", s.IdentityUnanswered}},
		{{"push, p99", shortText(s.PushP99)}, {"push, p99.9", shortText(s.PushP999)}, {"longest", shortText(s.PushMax)}},
		{{"slow callbacks", s.SlowCallbacks}, {"accept pauses", s.AcceptPauses}, {"panics", s.Panics}},
		{{"turn, p99", shortText(s.TurnP99)}, {"turn, p99.9", shortText(s.TurnP999)}, {"longest", shortText(s.TurnMax)}},
		{{"budget used", byteText(uint64(max(s.MemoryUsed, 0)))}, {"times spent", s.MemorySpent}, {"closed for", s.MemoryClosed}},
		{{"memory, RSS", byteText(s.RSS)}, {"memory, heap", byteText(s.Heap)}, {"goroutines", s.Goroutines}},
	}
	for _, r := range rows {
		fmt.Fprintf(b, "%-14s %10v   %-13s %10v   %-11s %10v\n", r[0].name, r[0].value, r[1].name, r[1].value, r[2].name, r[2].value)
	}
}

// writeListeners writes the addresses as wide as the longest of them.
func (s *status) writeListeners(b *strings.Builder) {
	width := len("listener")
	for _, l := range s.Listeners {
		width = max(width, len(l.Address))
	}
	fmt.Fprintf(b, "\n%-*s %11s %11s\n", width, "listener", "open", "accepted")
	for _, l := range s.Listeners {
		fmt.Fprintf(b, "%-*s %11d %11d\n", width, l.Address, l.Open, l.Accepted)
	}
}

func (s *status) writeLoops(b *strings.Builder) {
	fmt.Fprintf(b, "\n%4s %8s %12s %9s %11s %11s   (of the last %.1f s)\n",
		"loop", "busy", "connections", "stalled", "bytes in", "bytes out", s.Measured)
	for i, l := range s.Loops {
		fmt.Fprintf(b, "%4d %7.1f%% %12d %9d %11s %11s\n",
			i, 100*l.Busy, l.Connections, l.Stalled, byteText(l.BytesIn), byteText(l.BytesOut))
	}
}

// shortText is a time of less than an hour, in three digits or so.
func shortText(seconds float64) string {
	switch {
	case seconds < 0.9995e-3:
		return fmt.Sprintf("%.0f us", seconds*1e6)
	case seconds < 0.09995:
		return fmt.Sprintf("%.1f ms", seconds*1e3)
	case seconds < 0.9995:
		return fmt.Sprintf("%.0f ms", seconds*1e3)
	}
	return fmt.Sprintf("%.1f s", seconds)
}

// byteText is a number of bytes with a unit, in four digits at most.
func byteText(n uint64) string {
	if n < 1024 {
		return fmt.Sprintf("%d B", n)
	}
	value, units := float64(n), "KMGTPE"
	unit := -1
	for value >= 1023.5 && unit+1 < len(units) {
		value /= 1024
		unit++
	}
	if value < 99.95 {
		return fmt.Sprintf("%.1f %ciB", value, units[unit])
	}
	return fmt.Sprintf("%.0f %ciB", value, units[unit])
}
