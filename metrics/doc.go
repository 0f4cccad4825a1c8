// Package metrics shows an engine, a hub and what stands on them to Prometheus. It is a package of its own so that nobody who embeds
// the engine imports the client library.
//
//	registry := prometheus.NewRegistry()
//	registry.MustRegister(metrics.New(metrics.Sources{Engine: eng, Hub: h, HTTP: web}))
//	web.Mount("GET /metrics", promhttp.HandlerFor(registry, promhttp.HandlerOpts{}))
//
// The counts live on the loops and are read when Prometheus asks: nothing is done for them meanwhile. Names begin with fanloop_;
// docs/grafana.json is a dashboard of them.
package metrics
