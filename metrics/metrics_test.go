//go:build linux

package metrics

import (
	"bufio"
	"context"
	"fmt"
	"net"
	"net/http/httptest"
	"testing"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"
	"github.com/prometheus/client_golang/prometheus/testutil"
	dto "github.com/prometheus/client_model/go"
	"github.com/prometheus/common/expfmt"

	"fanloop/codec/http"
	"fanloop/codec/text"
	"fanloop/codec/websocket"
	"fanloop/engine"
	"fanloop/hub"
	"fanloop/hubapi"
	"fanloop/identity"
)

// served is an engine with a hub and a text port, whose lines are bound as uids and answered.
type served struct {
	t       *testing.T
	engine  *engine.Engine
	hub     *hub.Hub
	address string
	sources Sources

	backends *text.Server
}

func serve(t *testing.T) *served {
	t.Helper()
	e, err := engine.New(engine.Options{Loops: 2})
	if err != nil {
		t.Fatal(err)
	}
	s := &served{t: t, engine: e, hub: hub.New(e.Loops(), hub.Options{})}
	s.backends = &text.Server{OnMessage: s.onLine}
	ln, err := e.Listen("127.0.0.1:0", s.backends)
	if err != nil {
		t.Fatal(err)
	}
	s.address = ln.Addr().String()
	t.Cleanup(func() {
		if err := e.Shutdown(context.Background()); err != nil {
			t.Error(err)
		}
	})
	s.sources = Sources{
		Engine: e, Hub: s.hub, HTTP: &http.Server{}, API: &hubapi.API{Hub: s.hub}, MessagesIn: func() uint64 { return 7 },
		WebSocket: &websocket.Server{}, Text: s.backends,
		Identity: door{}, OriginsRefused: func() uint64 { return 8 }, BackEndsRefused: func() uint64 { return 9 },
	}
	return s
}

// door is one through which some have come.
type door struct{}

func (door) Stats() identity.DoorStats {
	return identity.DoorStats{Admitted: 1, Refused: 2, Missing: 3, Unanswered: 4, Refreshed: 5, Expired: 6}
}

func (s *served) onLine(c *text.Conn, line []byte) {
	ref, reply, uid := c.Ref(), c.Reply(), string(line)
	s.hub.Do(c.Loop(), func(x *hub.Home) {
		_ = x.Bind(ref, uid)
		_ = reply.Send([]byte("bound"))
	})
}

func (s *served) connect(uid string) *bufio.Reader {
	s.t.Helper()
	c, err := net.Dial("tcp", s.address)
	if err != nil {
		s.t.Fatal(err)
	}
	s.t.Cleanup(func() { c.Close() })
	fmt.Fprintln(c, uid)
	r := bufio.NewReader(c)
	if got, err := r.ReadString('\n'); err != nil || got != "bound\n" {
		s.t.Fatalf("%q, %v", got, err)
	}
	return r
}

// scrape is what Prometheus would read.
func (s *served) scrape() map[string]*dto.MetricFamily {
	s.t.Helper()
	registry := prometheus.NewPedanticRegistry()
	if err := registry.Register(New(s.sources)); err != nil {
		s.t.Fatal(err)
	}
	w := httptest.NewRecorder()
	promhttp.HandlerFor(registry, promhttp.HandlerOpts{}).ServeHTTP(w, httptest.NewRequest("GET", "/metrics", nil))
	var parser expfmt.TextParser
	families, err := parser.TextToMetricFamilies(w.Body)
	if err != nil || w.Code != 200 {
		s.t.Fatalf("status %d, %v", w.Code, err)
	}
	return families
}

// sum adds up the series of a metric that have this value of their label, or all of them.
func sum(f *dto.MetricFamily, label string) (n float64) {
	for _, m := range f.GetMetric() {
		if label == "" || m.GetLabel()[0].GetValue() == label {
			n += m.GetGauge().GetValue() + m.GetCounter().GetValue()
		}
	}
	return n
}

func TestNamesAndUnits(t *testing.T) {
	problems, err := testutil.CollectAndLint(New(serve(t).sources))
	if err != nil {
		t.Error(err)
	}
	for _, p := range problems {
		t.Errorf("%s: %s", p.Metric, p.Text)
	}
}

func TestValues(t *testing.T) {
	s := serve(t)
	pages := []*bufio.Reader{s.connect("a"), s.connect("b"), s.connect("b")}
	pushed := make(chan hub.Verdict)
	home := s.engine.Home()
	if err := home.Post(func() {
		s.hub.Do(home, func(x *hub.Home) {
			x.Push(hub.All, hub.Text([]byte("hello")), func(v hub.Verdict) { go func() { pushed <- v }() })
		})
	}); err != nil {
		t.Fatal(err)
	}
	if v := <-pushed; v.Taken != 3 {
		t.Fatalf("%+v", v)
	}
	for _, r := range pages {
		if got, err := r.ReadString('\n'); err != nil || got != "hello\n" {
			t.Fatalf("%q, %v", got, err)
		}
	}
	// Twice through the loops: the counts of the event before have been told then.
	for range 2 {
		for _, l := range s.engine.Loops() {
			through := make(chan struct{})
			_ = l.Post(func() { close(through) })
			<-through
		}
	}
	got := s.scrape()
	for _, want := range []struct {
		name, label string
		value       float64
	}{
		{"fanloop_connections", "", 3},
		{"fanloop_connections_opened_total", "accepted", 3},
		{"fanloop_connections_closed_total", "", 0},
		{"fanloop_received_bytes_total", "", 6},
		{"fanloop_sent_bytes_total", "", 3 * 12},
		{"fanloop_outbox_bytes", "", 0},
		{"fanloop_hub_connections", "", 3},
		{"fanloop_hub_uids", "", 2},
		{"fanloop_hub_pushes_total", "", 1},
		{"fanloop_hub_messages_total", "taken", 3},
		{"fanloop_messages_received_total", "", 7},
		{"fanloop_http_requests_total", "", 0},
		{"fanloop_identities_total", "admitted", 1},
		{"fanloop_identities_total", "refused", 2},
		{"fanloop_identities_total", "missing", 3},
		{"fanloop_identities_total", "unanswered", 4},
		{"fanloop_identities_total", "refreshed", 5},
		{"fanloop_identities_total", "expired", 6},
		{"fanloop_origins_refused_total", "", 8},
		{"fanloop_back_ends_refused_total", "", 9},
	} {
		if f := got[want.name]; f == nil || sum(f, want.label) != want.value {
			t.Errorf("%s %s: %v, want %v", want.name, want.label, f, want.value)
		}
	}
	if n := len(got["fanloop_connections"].GetMetric()); n != 2 {
		t.Errorf("%d loops", n)
	}
	timed := uint64(0)
	for _, m := range got["fanloop_push_duration_seconds"].GetMetric() {
		h := m.GetHistogram()
		if timed += h.GetSampleCount(); (h.GetSampleCount() > 0) != (h.GetSampleSum() > 0) {
			t.Errorf("%v", h)
		}
	}
	if timed != 1 { // all connections live on one of the loops
		t.Errorf("%d pushes are timed", timed)
	}
	for _, m := range got["fanloop_loop_turn_seconds"].GetMetric() {
		h, last := m.GetHistogram(), uint64(0)
		for _, b := range h.GetBucket() {
			if b.GetCumulativeCount() < last || b.GetCumulativeCount() > h.GetSampleCount() {
				t.Errorf("a class of %d after %d, of %d in all", b.GetCumulativeCount(), last, h.GetSampleCount())
			}
			last = b.GetCumulativeCount()
		}
		if h.GetSampleCount() == 0 || h.GetSampleSum() <= 0 {
			t.Errorf("%v", h)
		}
	}
	if sum(got["fanloop_loop_busy_seconds_total"], "") <= 0 {
		t.Error("the loops have never been busy")
	}
}

// Who has only an engine sees an engine.
func TestEngineAlone(t *testing.T) {
	s := serve(t)
	s.sources = Sources{Engine: s.engine}
	got := s.scrape()
	if got["fanloop_connections"] == nil {
		t.Error("the engine is missing")
	}
	for _, name := range []string{"fanloop_hub_uids", "fanloop_http_requests_total", "fanloop_api_requests_total", "fanloop_identities_total", "fanloop_origins_refused_total", "fanloop_back_ends_refused_total", "fanloop_messages_received_total"} {
		if got[name] != nil {
			t.Errorf("%s is there", name)
		}
	}
}
