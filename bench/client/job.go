package client

// Scenarios that Run knows.
const (
	Step  = "step"  // broadcasts, each sent when the one before was answered
	Burst = "burst" // broadcasts, all sent at once
	Paced = "paced" // broadcasts at a fixed rate
	One   = "one"   // pushes to one uid, each sent when the one before was answered and has arrived
	Many  = "many"  // pushes to random uids, sent as fast as the server takes them
	Echo  = "echo"  // every connection sends a message when its last one has come back
	Idle  = "idle"  // connections that do nothing
	Storm = "storm" // everybody connects, is cut off, and connects again
	Stuck = "stuck" // paced broadcasts while some connections never read
	HTTP  = "http"  // every connection sends requests when its last ones were answered
	Busy  = "busy"  // One while handlers of the server's HTTP port use all the CPU they can get
)

// A Job is one measurement of one server.
type Job struct {
	Scenario string

	WebSocket string // host:port that pages connect to
	Text      string // host:port that takes lines; not used by Echo and HTTP
	HTTP      string // host:port that takes requests: HTTP, Busy, Events
	TLS       bool   // pages speak TLS, any server's certificate will do
	Events    bool   // pages listen to Server-Sent Events on the HTTP port instead of to a WebSocket
	PID       int    // of the server, for its CPU and memory

	Connections int
	Messages    int     // broadcasts, pushes, or echoes over all connections
	Size        int     // bytes of a message's payload
	Rate        float64 // broadcasts a second: Paced, Stuck
	Window      int     // Many: how many pushes may be unanswered; 0: as many as TCP takes
	Seconds     float64 // HTTP: how long requests are sent
	Pipeline    int     // HTTP: how many requests a connection sends at once
	Burners     int     // Busy: how many handlers use the CPU
	Parallel    int     // how many connections may be in the making at once
	Stuck       int     // how many connections never read
	Fill        int     // Stuck: how many bytes are broadcast before the measurement, so that the stuck ones are stalled
	Settle      float64 // seconds that a server is left alone before a measurement
	Rest        float64 // Idle: seconds before memory is read; Stuck: seconds that the stuck ones are read in the end
	Patience    float64 // seconds without any progress after which the job has failed
}

// A Result is what one Job has shown. Its Metrics are named by the constants in metrics.go.
type Result struct {
	Expected   int64              // messages that had to arrive
	Received   int64              // messages that did, in order
	Misplaced  int64              // messages that came twice, too early or to the wrong connection
	Closed     int                // connections that the server closed without being asked to
	Seconds    float64            // how long the measurement took
	ClientCPU  float64            // share of one core that the client used meanwhile
	ServerCPU  float64            // cores that the server used meanwhile
	ClientBusy bool               // the client, not the server, may have been the limit
	Metrics    map[string]float64 // see metrics.go
	Failure    string             // why the job did not come to its end; empty when it did
}

// Whole tells whether everything arrived once and in order.
func (r *Result) Whole() bool {
	return r.Failure == "" && r.Received == r.Expected && r.Misplaced == 0 && r.Closed == 0
}
