package client

// Names of what a Result measures. Times are microseconds, memory is bytes.
const (
	Rate         = "rate"           // messages delivered a second; for Storm connects, for HTTP answers
	ReRate       = "reconnect_rate" // Storm: connects a second after all were cut
	CPU          = "cpu_us"         // the server's CPU time for each of these
	PerCPU       = "per_cpu"        // how many of these a second of the server's CPU time
	P50          = "p50_us"
	P99          = "p99_us"
	P999         = "p999_us"
	Max          = "max_us"
	AnswerP50    = "answer_p50_us" // One: from the line's sending to its answer
	AnswerP99    = "answer_p99_us"
	RSSPeak      = "rss_peak" // the most resident memory since the server started
	RSSEnd       = "rss_end"
	RSSPerConn   = "rss_conn"      // growth of resident memory from the server's start, a connection
	Burns        = "burns"         // Busy: answers a second of the handlers that use the CPU
	StuckCut     = "stuck_cut"     // Stuck: how many of the stuck connections the server had closed at the end
	StuckRSSPeak = "rss_stuck_max" // Stuck: peak after everybody stuck was sent more than servers should keep
)
