//go:build linux

package main

import (
	"context"
	"fmt"
	nethttp "net/http"
	"net/http/pprof"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"fanloop/codec/http"
	"fanloop/engine"
	"fanloop/metrics"
)

// openAdmin opens the admin address, when there is to be one. Its engine is another than the server's: it answers also when the
// server's loops are stuck, so that pprof can show where, and its connections are in no figure.
func (s *server) openAdmin() (closeIt func(), err error) {
	if s.options.admin == nil {
		return func() {}, nil
	}
	e, err := engine.New(engine.Options{Logger: s.log})
	if err != nil {
		return nil, err
	}
	closeIt = func() {
		ctx, cancel := context.WithTimeout(context.Background(), time.Second)
		defer cancel()
		_ = e.Shutdown(ctx) // a profile that takes longer is cut off
	}
	all, err := s.sockets.listen(e, *s.options.admin, s.adminSite(), engine.ListenOptions{SocketMode: 0o600, Linger: time.Second})
	if err != nil {
		closeIt()
		return nil, fmt.Errorf("-admin: %w", err)
	}
	s.admin = &opened{protocolHTTP, all[0].Addr()}
	s.options.warnOfAdmin(s.log)
	return closeIt, nil
}

// adminSite is what those see who look after the server.
func (s *server) adminSite() *http.Server {
	w := &http.Server{}
	w.Mount("GET /metrics", notForPages(promhttp.HandlerFor(s.registry(), promhttp.HandlerOpts{MaxRequestsInFlight: 2})))
	for name, h := range map[string]nethttp.HandlerFunc{
		"": pprof.Index, "cmdline": commandName, "profile": pprof.Profile, "symbol": pprof.Symbol, "trace": pprof.Trace,
	} {
		w.Mount("/debug/pprof/"+name, notForPages(h))
	}
	w.Handle("GET /healthz", healthy)
	w.Handle("GET /readyz", s.readiness)
	return w
}

// registry holds what /metrics shows: the server's figures, Go's and the process's.
func (s *server) registry() *prometheus.Registry {
	r := prometheus.NewRegistry()
	from := metrics.Sources{
		Engine: s.engine, Hub: s.hub, HTTP: &s.sites, API: s.api, MessagesIn: s.received,
		WebSocket: &s.webSockets, Text: &s.texts, OriginsRefused: s.gates.originsRefused, BackEndsRefused: s.auth.Failed,
	}
	if s.door != nil {
		from.Identity = s.door
	}
	r.MustRegister(
		metrics.New(from),
		collectors.NewGoCollector(),
		collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}),
	)
	return r
}

// received counts the messages of pages, and the lines and requests of back ends.
func (s *server) received() uint64 { return s.messagesIn.sum() + s.api.Stats().Requests }
