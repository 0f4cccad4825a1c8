//go:build linux

package metrics

var httpFamilies = []family{
	counter("http_requests_total", "HTTP requests whose head could be read.", func(s *snapshot) uint64 { return s.http.Requests }),
	counter("http_refused_total", "HTTP requests that broke the protocol or a limit.", func(s *snapshot) uint64 { return s.http.Refused }),
	counter("http_versions_refused_total", "HTTP requests of other versions than 1.0 and 1.1.", func(s *snapshot) uint64 { return s.http.RefusedVersion }),
	counter("http_upgrades_total", "HTTP connections given to another protocol.", func(s *snapshot) uint64 { return s.http.Upgrades }),
	counter("http_handler_panics_total", "HTTP handlers that panicked.", func(s *snapshot) uint64 { return s.http.Panics }),
	gauge("http_handlers_running", "Handlers of net/http at work.", func(s *snapshot) int { return s.http.HandlersRunning }),
	gauge("http_handlers_waiting", "HTTP requests that wait for a worker.", func(s *snapshot) int { return s.http.HandlersWaiting }),
	gauge("event_streams", "Event streams that are open.", func(s *snapshot) int64 { return s.http.EventStreamsOpen }),
	counter("event_streams_opened_total", "Event streams begun.", func(s *snapshot) uint64 { return s.http.EventStreams }),
	by("limit", "http_limits_reached_total", "Times that a limit of the HTTP server's was reached.",
		of("body_size", func(s *snapshot) uint64 { return s.http.RefusedBody }),
		of("request_line", func(s *snapshot) uint64 { return s.http.RefusedTarget }),
		of("head_size", func(s *snapshot) uint64 { return s.http.RefusedHead }),
		of("rate", func(s *snapshot) uint64 { return s.http.RefusedRate }),
		of("head_time", func(s *snapshot) uint64 { return s.http.HeadTimeouts }),
		of("body_time", func(s *snapshot) uint64 { return s.http.BodyTimeouts }),
		of("idle_time", func(s *snapshot) uint64 { return s.http.IdleTimeouts }),
		of("write_time", func(s *snapshot) uint64 { return s.http.WriteTimeouts }),
		of("pipelined", func(s *snapshot) uint64 { return s.http.PipelinesHeld }),
		of("discarded_body", func(s *snapshot) uint64 { return s.http.BodiesDiscarded }),
		of("write_ahead", func(s *snapshot) uint64 { return s.http.StreamsFull }),
		of("handler_queue", func(s *snapshot) uint64 { return s.http.HandlersBusy })),
}
