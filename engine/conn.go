//go:build linux

package engine

import (
	"math"
	"net"
)

// state is how far a connection's life has come.
//
//	open --Close--> draining --outbox empty--> lingering --peer's EOF, or the linger time--> dead
//	  |                |  (the peer's EOF came before: straight to dead)                       ^
//	  +----------------+------------ Abort, an error, the linger time --------------------------+
//
// draining: what was sent before Close still goes out. lingering: our end is shut down (the peer reads EOF), and what the
// peer still sends is read and thrown away; without that, the kernel would answer it with a reset, and the peer could
// lose what it has not read yet. OnClose is called once, when open ends.
type state uint8

const (
	open state = iota
	draining
	lingering
	dead
)

// hold is why a connection is not read, one bit a reason.
type hold uint8

const (
	holdUser      hold = 1 << iota // Pause
	holdProtocol                   // Hold
	holdOutbox                     // the peer does not read what it is answered
	holdBacklog                    // it publishes faster than the loops can send, or there is no memory for more of what it has begun
	holdHandshake                  // its TLS handshake is being computed
	holdSlow                       // it is about to be closed as a slow consumer
	holdFast                       // it sends more than its listener's rates allow
)

// Conn is one connection. It belongs to its loop: every method is to be called there only, that is inside its callbacks
// and those of the loop's other connections, timers and posted tasks. Ref is what others may hold.
// After the connection has closed, every method may still be called; those that change something do nothing, or return
// ErrClosed.
//
// There may be a million of them at rest: what only some need, and only at times, is in seldom.
type Conn struct {
	// What a message needs comes first: these 96 bytes lie in two lines of the cache, at whichever half of one they begin.
	loop   *Loop
	format *Format
	*origin
	fd        int32
	paceSeat  int32 // among those whose messages and bytes are counted: see pace.go
	turn      int8  // messages that may still be handled in this turn
	audiences uint8 // how many it is in; the most stands for more
	state     state
	hold      hold
	interest  interest
	eof       bool // the peer has shut down its end
	stalled   bool // the kernel takes no more; EPOLLOUT is awaited
	full      bool // stalled, and the high mark was reached: the handler has been told
	queued    bool // in the loop's ready queue
	undecoded bool // rest holds messages that the turn did not allow
	published bool
	detached  bool
	panicked  bool
	hears     bool    // what stands in the loop's log
	pinned    bool    // its cursor keeps the log from there on
	secured   bool    // it speaks TLS, and the handshake is done
	out       *outbox // nil when empty
	some      *seldom // nil until something of it is needed
	written   int     // bytes of what comes first that the kernel has already
	cursor    uint64  // in the loop's log, while it hears
	handler   Handler

	value     any
	id        uint64
	remote    endpoint
	gone      func() // the hub's, called when the end begins
	stallSeat int32  // in the loop's list of stalled connections
	kept      uint32 // what NoteMemory told
}

// origin is where connections come from; those of a listener with the same local address share one.
type origin struct {
	limits   *ListenOptions
	listener *Listener // nil when the connection came from elsewhere
	local    net.Addr
	at       endpoint // the same, where the listener's own address is a wildcard
	costs    costs
}

// seldom is what most connections do not need at rest.
type seldom struct {
	rest   []byte // input that the handler has not taken
	timer  *Timer // of AwaitAttach, and the linger time
	reason error  // what OnClose gets
	secure *secure

	drainMark int    // what AwaitDrain has asked for
	drains    bool   // it has
	progress  bool   // the peer has taken something since the linger time was set
	starved   bool   // the kernel had no memory, and is not asked for a moment
	eofTold   bool   // the handler has been told of the peer's EOF
	unsent    int32  // bytes that the kernel held for the peer when the linger time was over last
	heldAt    uint32 // its position in the loop's held
	restSize  uint32 // of the array that rest is a part of, which is what it takes
}

func (c *Conn) seldom() *seldom {
	if c.some == nil {
		c.some = new(seldom)
	}
	return c.some
}

// rest is the input that the handler has not taken.
func (c *Conn) rest() []byte {
	if c.some == nil {
		return nil
	}
	return c.some.rest
}

// setRest replaces it. p is a part of what it was, or memory of its own.
func (c *Conn) setRest(p []byte) {
	if p == nil && c.some == nil {
		return
	}
	s := c.seldom()
	if !endTogether(p, s.rest) {
		size := uint32(min(cap(p), math.MaxInt32))
		c.loop.kept += int(size) - int(s.restSize)
		s.restSize = size
	}
	s.rest = p
}

// endTogether tells whether two slices are parts of one array, of which neither has let go of the end.
func endTogether(a, b []byte) bool {
	return cap(a) > 0 && cap(b) > 0 && &a[:cap(a)][cap(a)-1] == &b[:cap(b)][cap(b)-1]
}

// restSize is how many bytes rest takes.
func (c *Conn) restSize() int {
	if c.some == nil {
		return 0
	}
	return int(c.some.restSize)
}

// ID is the connection's number, from 1 up, never used again in this process.
func (c *Conn) ID() uint64 { return c.id }

// Value is what SetValue stored: the user's own.
func (c *Conn) Value() any { return c.value }

// SetValue stores something of the user's with the connection.
func (c *Conn) SetValue(v any) { c.value = v }

// Loop is the loop that the connection lives on, for its whole life.
func (c *Conn) Loop() *Loop { return c.loop }

// Listener is the listener that accepted the connection, nil when Engine.Adopt brought it.
func (c *Conn) Listener() *Listener { return c.listener }

// Ref is the connection as other goroutines may hold it.
func (c *Conn) Ref() Ref { return Ref{c} }

// RemoteAddr is the client's address, a *net.TCPAddr or a *net.UnixAddr: the peer's, or what a trusted proxy has told
// (ListenOptions.TrustedProxies; PeerAddr is the proxy then). It stays valid after the connection has closed.
func (c *Conn) RemoteAddr() net.Addr { return c.remote.addr() }

// LocalAddr is the address that the peer connected to. It stays valid after the connection has closed, and is not to be
// changed.
func (c *Conn) LocalAddr() net.Addr { return c.local }

// Handler is the connection's present handler.
func (c *Conn) Handler() Handler { return c.handler }

// SetHandler gives the connection another handler, as an upgrade of the protocol does. The new one gets the bytes that
// the old one's OnTraffic has not taken, without waiting for more; its OnOpen is not called. When the engine is stopping, it is told so
// (ShutdownHandler) after the present callback.
func (c *Conn) SetHandler(h Handler) {
	c.handler = h
	if c.state != open {
		return
	}
	c.undecoded = true // what is left may be messages to the new one
	c.loop.enqueue(c)
	if c.loop.leaving {
		_ = c.Ref().reply(sayGoodbye) // the old one may have been told, and have had an answer to wait for; ErrClosed: it is cut off
	}
}

// SetFormat tells how shared messages are put on this connection, and how its protocol says goodbye. Without it they are
// their payload, and a goodbye is Close. What was broadcast before leaves in the former format.
func (c *Conn) SetFormat(f *Format) {
	if c.hears {
		c.catchUp()
	}
	c.format = f
}

// Closing tells whether the end has begun: Close or Abort was called, or the peer has gone.
func (c *Conn) Closing() bool { return c.state != open }

// ReadClosed tells whether the peer has shut down its end (EOF).
func (c *Conn) ReadClosed() bool { return c.eof }

// Buffered is how many bytes wait for the peer, each frame counted with some bytes of bookkeeping. What has just been
// broadcast to others on the loop may be counted too.
func (c *Conn) Buffered() int { return c.pending() }

// Reading tells whether the peer is read: not while Pause, Hold, its own answers or the publishers' backlog forbids it, nor
// after its EOF.
func (c *Conn) Reading() bool { return c.reads() }

// Stalled tells whether the peer takes no more for now, so that what is sent waits until it does.
func (c *Conn) Stalled() bool { return c.stalled }

// Send queues a copy of p, in order behind everything sent before. It goes out at the end of the present callback, or when
// the loop comes to it. ErrClosed after the end has begun. ErrFull when more than MaxOutbox bytes wait for a peer that does
// not read; it is never returned inside the connection's own callbacks (what Ref.Post brings is none), because reading stops
// instead, nor after Detach.
func (c *Conn) Send(p []byte) error {
	_, err := c.Write(p)
	return err
}

// SendShared is Send without the copy: nobody may write to frame any more, and many connections may share it.
func (c *Conn) SendShared(frame []byte) error {
	if err := c.maySend(); err != nil {
		return err
	}
	c.queue(item{frame: frame})
	return nil
}

// Write is Send as an io.Writer has it.
func (c *Conn) Write(p []byte) (int, error) {
	if err := c.maySend(); err != nil {
		return 0, err
	}
	if len(p) == 0 {
		return 0, nil
	}
	l, o, position := c.loop, c.outbox(), c.position()
	if o.extend(p, position) {
		l.account(c, len(p))
	} else {
		o.pushChunk(append(c.chunk(len(p)), p...), position)
		l.account(c, len(p)+itemOverhead)
	}
	c.touch()
	return len(p), nil
}

// chunk is where Write copies n bytes to. For a stalled connection it is not much more than that: with broadcasts between
// its small writes each would pin a whole chunk of the pool's, of which MaxOutbox counts only what is filled.
func (c *Conn) chunk(n int) []byte {
	if c.stalled {
		return make([]byte, 0, max(2*n, 128))
	}
	return c.loop.pool.chunk(n)
}

// position is where something that is sent now stands among the log's entries, if c hears them.
func (c *Conn) position() uint64 {
	if !c.hears {
		return 0
	}
	return c.loop.everybody.end()
}

func (c *Conn) maySend() error {
	switch {
	case c.state != open:
		return ErrClosed
	case c.hold&holdOutbox != 0 && !c.answers() && !c.detached: // a goodbye is always let out
		return ErrFull
	}
	return nil
}

// answers tells whether what is sent now is sent by a callback that the peer has caused.
func (c *Conn) answers() bool { return c.loop.current == c && !c.loop.posted }

// queue puts something behind everything that waits for c.
func (c *Conn) queue(it item) {
	if len(it.frame) == 0 {
		return
	}
	it.position = c.position()
	c.outbox().add(it)
	c.loop.account(c, len(it.frame)+itemOverhead)
	c.touch()
}

func (c *Conn) outbox() *outbox {
	if c.out == nil {
		c.out = c.loop.pool.box()
	}
	return c.out
}

func (c *Conn) freeOutbox() {
	c.loop.pool.freeBox(c.out)
	c.out = nil
}

// touch sees to it that c gets its turn. The connection whose callback is running gets it at the callback's end, and a
// stalled one when EPOLLOUT comes. An outbox that grows past its mark before that is offered to the kernel now, so that
// what waits for a peer that reads stays bounded too.
func (c *Conn) touch() {
	switch {
	case c.stalled:
		c.markOutbox()
	case c.out.bytes > c.limits.MaxOutbox && c.state == open:
		c.loop.flush(c)
	case c.loop.current != c:
		c.loop.enqueue(c)
	}
}
