//go:build linux

package http

import (
	"crypto/tls"
	nethttp "net/http"
	"sync"

	"fanloop/engine"
)

// Mount adds a route that a handler of net/http serves, on a goroutine of the server's pool: it may block. See Handle for
// patterns and panics.
//
// The handler finds what it finds in net/http: a *http.Request with its path values and a body that is read as it comes, with
// 100 Continue when the client waits for it, and trailers; a ResponseWriter that counts short answers, sniffs types, and is
// an http.Flusher, io.StringWriter and what an http.ResponseController asks for, but for Hijack. The request's context ends
// when the client goes, when the engine stops, and when the handler returns. A body has no limit but http.MaxBytesReader's.
// A handler that reads too slowly stops the client; one that writes faster than the client reads blocks, with more than
// MaxWriteAhead bytes on the way; a client that then takes nothing for BodyTimeout is cut off. A panic is answered with 500
// when nothing has been sent, else it cuts the connection off, as http.ErrAbortHandler always does.
//
// The requests of one connection are handled one after the other. At most Workers handlers run at once in a Server, and at
// most QueueLength requests wait for one; beyond that the answer is 503 with Retry-After. Goroutines that compute compete
// with the loops for CPUs, and Go has no priorities: a program whose handlers do that sets GOMAXPROCS to the number of loops
// and workers, and 2 more, so that the kernel shares out the CPUs; engine.Options.OwnThreads then has it let the loops in sooner.
func (s *Server) Mount(pattern string, h nethttp.Handler) {
	if h == nil {
		panic("http: pattern \"" + pattern + "\": no handler")
	}
	s.addRoute(pattern, destination{open: func(x *Exchange) { openCall(x, h) }, maxBody: -1})
}

var errPoolFull = NewRefusal(503, "too many requests are being handled", NewField("Retry-After", "1"))

// call is a request that a handler of net/http serves. The loop and the goroutine of the handler meet in what mu guards, and
// tell each other with Loop.Post and the two channels. The life of a call:
//
//  1. The loop makes it as soon as it has the head. When the answers before have left, it goes to the pool.
//  2. A worker makes the request and runs the handler. The body comes in from the loop (server_nethttp_body.go), the answer
//     goes out to it (server_nethttp_answer.go). A short one is one Post, at the handler's end.
//  3. When the end of the answer has come to the loop, or the connection has closed, the loop lets go of the exchange.
type call struct {
	x *Exchange // the loop's; nil when it has no more to do with it
	// exchange is x for the worker, who reads the request there before the handler begins; nothing of that changes meanwhile.
	exchange *Exchange
	begun    bool  // the loop's: it is in the pool, or was
	stall    stall // the loop's
	handler  nethttp.Handler
	server   *Server
	loop     *engine.Loop
	ref      engine.Ref
	counters *counters
	expects  bool // the client waits for 100 Continue
	isHead   bool
	tls      *tls.ConnectionState // nil without TLS

	context callContext
	writer  writer
	reader  reader
	memory  *memory // the worker's until the end of the answer

	mu      sync.Mutex
	pending pending       // of the answer, for the loop
	posted  bool          // the loop has been told
	full    bool          // the client does not read
	failed  error         // nobody gets the answer
	room    chan struct{} // wakes who waits to write; nil until somebody has to
}

// openCall is called behind the head, on the loop.
func openCall(x *Exchange, h nethttp.Handler) {
	x.keepHead() // a worker will read it
	c := &call{
		x: x, exchange: x, handler: h, server: x.session.server, loop: x.Loop(), ref: x.Ref(), counters: &x.session.desk.counters,
		expects: x.expects, isHead: x.isHead, tls: x.TLS(),
	}
	c.writer.call, c.reader.call = c, c
	c.reader.init(x.head.HasBody())
	c.context.init(x.session.conn.LocalAddr())
	x.taker = c
	if x.session.owed.first == x {
		c.first()
	}
}

// first is called when every answer before has left, again and again.
func (c *call) first() {
	if c.begun {
		return
	}
	c.begun = true
	if c.server.submit(c) {
		return
	}
	x := c.x
	c.x, x.taker = nil, nil
	c.context.cancel()
	if c.reader.held {
		x.releaseBody()
	}
	c.counters.busy.Add(1)
	x.answerRefusal(errPoolFull)
}

// serve runs the handler, on a worker.
func (c *call) serve() {
	c.memory = memories.Get().(*memory)
	defer c.end()
	switch r, err := c.request(); {
	case c.isLost(): // the client has gone while it waited
	case err != nil:
		nethttp.Error(&c.writer, "malformed request target", 400)
	default:
		c.handler.ServeHTTP(&c.writer, r)
	}
	c.writer.handled = true
}

// isLost tells whether nobody gets the answer.
func (c *call) isLost() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.failed != nil
}

// end finishes the answer, also of a handler that has panicked or ended its goroutine.
func (c *call) end() {
	why := recover()
	c.context.cancel()
	c.reader.Close()
	c.mu.Lock()
	defer c.mu.Unlock()
	switch {
	case c.writer.handled:
		c.writer.finish()
	default:
		c.panicked(why)
	}
	c.post()
}

// peerEnded: as in net/http, a client that has shut down its end may have gone.
func (c *call) peerEnded() { c.context.cancel() }

func (c *call) shutdown() { c.context.cancel() }

func (c *call) gone(err error) {
	c.x = nil
	c.stall.stop()
	c.context.cancel()
	c.mu.Lock()
	defer c.mu.Unlock()
	c.failed = err
	c.reader.fail()
	wake(c.room)
}

// post has the loop look at the call. With mu held.
func (c *call) post() {
	if c.posted || c.failed != nil {
		return
	}
	c.posted = true
	if err := c.loop.Post(c.deliver); err != nil {
		c.failed = err
	}
}

func wake(c chan struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}

var _ taker = (*call)(nil)
