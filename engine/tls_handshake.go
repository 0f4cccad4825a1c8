//go:build linux

package engine

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"runtime"
	"runtime/debug"
	"sync"
)

// handshake is the handler of a connection until its TLS handshake is done. To the rest of the engine the connection is one
// without TLS so far, which gets and sends bytes.
//
//	hello --a whole ClientHello--> computing --needs more from the peer--> parked
//	                                | |    ^                                |
//	                   done: secure-+ |    +--------whole records-----------+
//	               failed: alert, close
//
// crypto/tls wants a goroutine for this. It is started when there is something to compute, computes only with one of the
// engine's few tokens, and is parked without one while the peer's answer is awaited. Either it or the loop has the handshake:
// while it computes, the connection is not read. The loop hands it whole records, so that a peer that sends byte by byte wakes
// nobody.
type handshake struct {
	conn   *Conn
	door   *door
	secure *secure
	timer  *Timer
	ctx    context.Context // ends with the connection
	cancel context.CancelFunc
	feed   chan []byte // records for the goroutine that is parked; never more than one
	begun  bool        // there is a goroutine
	token  bool        // the goroutine's own: it may compute
	seat   seat
}

func newHandshake(c *Conn, d *door) *handshake {
	h := &handshake{conn: c, door: d, feed: make(chan []byte, 1)}
	h.secure = &secure{conn: c, handshake: h}
	h.secure.tls = tls.Server(h.secure, d.config)
	h.ctx, h.cancel = context.WithCancel(context.Background())
	return h
}

func (h *handshake) OnOpen(c *Conn) {
	h.timer = c.loop.After(h.door.options.HandshakeTimeout, h.tookTooLong)
	silent, ok := h.door.room.enter(h, addressGroup(&c.remote, c.limits.TrustedProxies))
	if silent != nil {
		silent.giveWay(c.loop)
	}
	if !ok {
		c.destroy(ErrHandshakes)
	}
}

// giveWay is called on any loop.
func (h *handshake) giveWay(here *Loop) {
	c := h.conn
	end := func() {
		if c.handler == Handler(h) && c.state == open {
			c.loop.stats.gaveWay.Add(1)
			c.destroy(ErrGaveWay)
		}
	}
	if here == c.loop {
		end()
		return
	}
	_ = c.loop.Post(end) // a loop that has stopped has closed it
}

func (h *handshake) tookTooLong() {
	h.conn.loop.stats.tlsTimeouts.Add(1)
	h.conn.destroy(ErrHandshakeTimeout)
}

// OnTraffic hands what is whole to the goroutine.
func (h *handshake) OnTraffic(c *Conn, p []byte) int {
	n := wholeRecords(p)
	if !h.begun && !wholeHello(p[:n]) {
		return 0
	}
	if n == 0 {
		return 0
	}
	h.door.room.hear(h)
	c.setHold(holdHandshake)
	records := bytes.Clone(p[:n])
	if h.begun {
		h.feed <- records
		return n
	}
	h.begun = true
	c.NoteMemory(handshakeMemory)
	h.secure.in = records
	c.loop.engine.workers.idle.Go(h.run)
	return n
}

// handshakeMemory is what a handshake that is computed counts: a goroutine's stack, and what crypto/tls has meanwhile.
const handshakeMemory = 16 << 10

// OnEOF: there is nobody to finish it with.
func (h *handshake) OnEOF(c *Conn) { c.CloseWith(handshakeError{io.ErrUnexpectedEOF}) }

func (h *handshake) OnShutdown(c *Conn) { c.destroy(ErrShutdown) }

// OnClose is called when the handshake has failed.
func (h *handshake) OnClose(c *Conn, err error) {
	h.leave()
	c.loop.stats.tlsFailed.Add(1)
	if told := h.door.options.OnHandshakeError; told != nil {
		told(c, err)
		return
	}
	c.loop.log.Debug("engine: a TLS handshake failed", c.Log(), "err", err)
}

// leave ends what the handshake has, the goroutine included.
func (h *handshake) leave() {
	h.cancel()
	if h.timer != nil {
		h.timer.Stop()
	}
	h.door.room.leave(h)
}

// handshakeError is what crypto/tls says of a handshake.
type handshakeError struct{ err error }

func (e handshakeError) Error() string { return "engine: TLS handshake: " + e.err.Error() }
func (e handshakeError) Unwrap() error { return e.err }

// run is the goroutine.
func (h *handshake) run() {
	err := h.compute()
	_ = h.conn.loop.Post(func() { h.done(err) }) // a loop that has stopped has closed it
}

func (h *handshake) compute() (err error) {
	defer h.giveToken()
	defer func() {
		if r := recover(); r != nil { // a function of the configuration
			err = fmt.Errorf("%w: %v\n%s", ErrPanic, r, debug.Stack())
		}
	}()
	if err := h.takeToken(); err != nil {
		return err
	}
	return h.secure.tls.HandshakeContext(h.ctx)
}

// await is called by the goroutine when it needs more from the peer.
func (h *handshake) await() error {
	h.giveToken()
	if err := h.conn.loop.Post(h.asks); err != nil {
		return err
	}
	select {
	case h.secure.in = <-h.feed:
		return h.takeToken()
	case <-h.ctx.Done():
		return h.ctx.Err()
	}
}

// takeToken waits for a turn at computing.
func (h *handshake) takeToken() error {
	select {
	case h.door.engine.tokens() <- struct{}{}:
		h.token = true
		return nil
	case <-h.ctx.Done():
		return h.ctx.Err()
	}
}

func (h *handshake) giveToken() {
	if h.token {
		h.token = false
		<-h.door.engine.tokens()
	}
}

// asks is the loop's turn: the goroutine is parked.
func (h *handshake) asks() {
	h.conn.loop.callback(h.conn, func(c *Conn) {
		h.say()
		h.door.room.rest(h)
		c.clearHold(holdHandshake)
	})
}

// say sends what crypto/tls has written.
func (h *handshake) say() {
	_, _ = h.conn.Write(h.secure.out) // a peer that is full has room for so much
	h.secure.out = nil
}

// done is the loop's turn, and the goroutine's end.
func (h *handshake) done(err error) {
	c := h.conn
	if c.state != open {
		return
	}
	if errors.Is(err, ErrPanic) {
		c.loop.stats.panics.Add(1)
		c.loop.log.Error("engine: a TLS handshake panicked", c.Log(), "err", err)
	}
	c.loop.callback(c, func(c *Conn) {
		h.say()
		if err != nil {
			c.CloseWith(handshakeError{err})
		}
	})
	if err == nil && c.state == open {
		c.loop.secure(h)
	}
}

// computing is how many handshakes compute at once: each takes a place in the channel.
type computing struct {
	once   sync.Once
	places chan struct{}
}

func (e *Engine) tokens() chan struct{} {
	e.computing.once.Do(func() {
		n := e.options.Handshakers
		if n <= 0 {
			n = max(1, runtime.GOMAXPROCS(0)/2)
		}
		e.computing.places = make(chan struct{}, n)
	})
	return e.computing.places
}
