//go:build linux

package metrics

import (
	"strconv"

	"github.com/prometheus/client_golang/prometheus"

	"fanloop/codec/http"
	"fanloop/codec/text"
	"fanloop/codec/websocket"
	"fanloop/engine"
	"fanloop/hub"
	"fanloop/hubapi"
	"fanloop/identity"
)

// Sources are what is shown. Engine must be there; what else is left out is not shown.
type Sources struct {
	Engine *engine.Engine
	Hub    *hub.Hub
	HTTP   HTTPStats // an *http.Server, or what adds several up
	API    *hubapi.API
	// WebSocket and Text are likewise a *websocket.Server and a *text.Server, or what adds several up.
	WebSocket WebSocketStats
	Text      TextStats
	// Identity is an *identity.Door.
	Identity IdentityStats
	// OriginsRefused is how many pages of other sites have been refused, BackEndsRefused how many connections that did not show a text
	// port its token. Any goroutine.
	OriginsRefused, BackEndsRefused func() uint64
	// MessagesIn is how many messages have come since the start, for a program that counts them. Any goroutine.
	MessagesIn func() uint64
}

// HTTPStats is whom to ask what has become of HTTP requests. Any goroutine.
type HTTPStats interface{ Stats() http.Stats }

// WebSocketStats is whom to ask what has become of WebSockets. Any goroutine.
type WebSocketStats interface{ Stats() websocket.Stats }

// TextStats is whom to ask what has become of text connections. Any goroutine.
type TextStats interface{ Stats() text.Stats }

// IdentityStats is whom to ask what has become of those who show who they are. Any goroutine.
type IdentityStats interface{ Stats() identity.DoorStats }

// New makes a collector to be registered. It may be asked from any goroutine.
func New(from Sources) prometheus.Collector {
	c := &collector{from: from}
	c.families = append(c.families, engineFamilies...)
	if from.Hub != nil {
		c.families = append(c.families, hubFamilies...)
	}
	if from.HTTP != nil {
		c.families = append(c.families, httpFamilies...)
	}
	if from.WebSocket != nil {
		c.families = append(c.families, webSocketFamilies...)
	}
	if from.Text != nil {
		c.families = append(c.families, textFamilies...)
	}
	if from.API != nil {
		c.families = append(c.families, apiFamilies...)
	}
	if from.Identity != nil {
		c.families = append(c.families, identityFamily)
	}
	if from.OriginsRefused != nil {
		c.families = append(c.families, originsRefused)
	}
	if from.BackEndsRefused != nil {
		c.families = append(c.families, backEndsRefused)
	}
	if from.MessagesIn != nil {
		c.families = append(c.families, messagesIn)
	}
	return c
}

type collector struct {
	from     Sources
	families []family
}

// A family is one metric with all its series.
type family struct {
	desc   *prometheus.Desc
	kind   prometheus.ValueType
	series []series
}

// A series is one value of a family; label is the value of its label, if the family has one.
type series struct {
	label string
	value func(s *snapshot) float64
}

// A snapshot is what the sources said at one moment.
type snapshot struct {
	engine     engine.Stats
	hub        hub.Stats
	http       http.Stats
	webSocket  websocket.Stats
	text       text.Stats
	api        hubapi.Stats
	messagesIn uint64
	identity   identity.DoorStats
	origins    uint64
	backEnds   uint64
}

func (c *collector) snapshot() *snapshot {
	s := &snapshot{engine: c.from.Engine.Stats()}
	if c.from.Hub != nil {
		s.hub = c.from.Hub.Stats()
	}
	if c.from.HTTP != nil {
		s.http = c.from.HTTP.Stats()
	}
	if c.from.WebSocket != nil {
		s.webSocket = c.from.WebSocket.Stats()
	}
	if c.from.Text != nil {
		s.text = c.from.Text.Stats()
	}
	if c.from.API != nil {
		s.api = c.from.API.Stats()
	}
	if c.from.Identity != nil {
		s.identity = c.from.Identity.Stats()
	}
	if c.from.OriginsRefused != nil {
		s.origins = c.from.OriginsRefused()
	}
	if c.from.BackEndsRefused != nil {
		s.backEnds = c.from.BackEndsRefused()
	}
	if c.from.MessagesIn != nil {
		s.messagesIn = c.from.MessagesIn()
	}
	return s
}

func (c *collector) Describe(to chan<- *prometheus.Desc) {
	for _, f := range c.families {
		to <- f.desc
	}
	for _, d := range loopDescs {
		to <- d
	}
}

func (c *collector) Collect(to chan<- prometheus.Metric) {
	now := c.snapshot()
	for _, f := range c.families {
		for _, s := range f.series {
			to <- prometheus.MustNewConstMetric(f.desc, f.kind, s.value(now), s.labels()...)
		}
	}
	for _, l := range c.from.Engine.Loops() {
		collectLoop(to, l, strconv.Itoa(l.Index()))
	}
}

func (s *series) labels() []string {
	if s.label == "" {
		return nil
	}
	return []string{s.label}
}
