//go:build linux

package engine

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"runtime/debug"
	"slices"
	"sync"
	"sync/atomic"
	"time"
)

// Options are an engine's; the zero value works.
type Options struct {
	// Loops is how many event loops there are, each a goroutine. Default 1: then all callbacks run on one goroutine, and
	// what they share needs no lock.
	Loops int
	// OwnThreads gives each loop a thread of its own with short time slices (Linux 6.12), so that the kernel lets it in soon
	// while other goroutines compute, if GOMAXPROCS is large enough to leave that to the kernel. Each wait for events then
	// costs some microseconds more. Default false.
	OwnThreads bool
	// OnStart is called by Run once on each loop, before Run begins to wait. An error ends Run with it, and so does a panic,
	// with ErrPanic. Default none.
	OnStart func(l *Loop) error
	// Logger is where the engine logs: at debug what happens to each connection, at info what peers are refused, at warn and error
	// what somebody should look at. Default slog.Default() with a loglimit.Handler in front: a peer could fill the log otherwise.
	// A Logger given here is used as it is.
	Logger *slog.Logger
	// Workers is how many goroutines Offload uses at most. Default 16: busy goroutines compete with the loops for CPUs.
	Workers int
	// OffloadQueue is how many calls of Offload may wait for a worker. Default 1024.
	OffloadQueue int
	// Handshakers is how many TLS handshakes are computed at once, by goroutines that compete with the loops for CPUs. Default:
	// a half of GOMAXPROCS, at least 1.
	Handshakers int
	// MaxConnections is how many connections the engine may have open, those of Adopt included. One more is accepted and
	// closed at once, and Adopt returns ErrConnections. Default 1,048,576; below 0 there is no limit.
	MaxConnections int
	// MaxMemory is how many bytes what waits for peers, in outboxes and logs, and what has come of messages that are not whole may take,
	// of all connections together. When it is spent, publishers wait, unfinished messages are not read on, accepting pauses, and
	// the connections that hold the most of it are closed, the largest first, until an eighth is free; others notice nothing.
	// Default: a quarter of what the process may have, which is the least of GOMEMLIMIT, the limit of its control group and the
	// machine's memory: connections need some themselves, and until it is collected there is garbage. Below 0 there is no limit.
	MaxMemory int64
	// DrainTimeout is how long Run waits, when its context has ended, for connections to get what they are owed. Default 15 s:
	// a WebSocket client that does not answer takes 10 (CloseTimeout, then Linger).
	DrainTimeout time.Duration
}

func (o Options) withDefaults() Options {
	if o.Loops <= 0 {
		o.Loops = 1
	}
	if o.Logger == nil {
		o.Logger = defaultLogger()
	}
	if o.Workers <= 0 {
		o.Workers = 16
	}
	if o.OffloadQueue <= 0 {
		o.OffloadQueue = 1024
	}
	o.MaxConnections = cmp.Or(o.MaxConnections, defaultConnections)
	if o.DrainTimeout <= 0 {
		o.DrainTimeout = 15 * time.Second
	}
	return o
}

// An Engine is a set of loops and what they serve. Its methods may be called from any goroutine; Run and Shutdown, which
// wait for the loops, not from a loop's.
type Engine struct {
	options Options
	log     *slog.Logger
	sys     *syscalls
	loops   []*Loop
	workers workers
	ran     atomic.Bool
	open    atomic.Int64 // connections of all loops, and those on their way there

	maxConnections atomic.Int64

	computing computing // of TLS handshakes
	memory    memory

	behind   atomic.Int32 // reasons to hold publishers back: see backlog.go
	reliefMu sync.Mutex
	relief   chan struct{} // closed, and made anew, when behind falls to 0

	paused atomic.Int32 // listeners that wait for a descriptor

	mu        sync.Mutex
	listeners []*Listener
	stopping  bool

	failed   chan error    // a loop's poller failed
	stopOnce sync.Once     // one Shutdown does the work
	done     chan struct{} // all loops have ended
	running  sync.WaitGroup
}

// New makes an engine and starts its loops: Listen, Post and timers work at once. An engine is freed by Shutdown, or by
// Run when that ends.
func New(o Options) (*Engine, error) { return newEngine(o, &kernel) }

func newEngine(o Options, sys *syscalls) (*Engine, error) {
	o = o.withDefaults()
	e := &Engine{
		options: o, log: o.Logger, sys: sys,
		workers: workers{max: o.Workers, maxWait: o.OffloadQueue},
		relief:  make(chan struct{}), failed: make(chan error, o.Loops), done: make(chan struct{}),
	}
	e.memory.init(o.MaxMemory, o.Loops)
	e.SetMaxConnections(o.MaxConnections)
	for i := range o.Loops {
		l, err := newLoop(e, i)
		if err != nil {
			for _, made := range e.loops {
				made.closeDescriptors()
			}
			return nil, err
		}
		e.loops = append(e.loops, l)
	}
	for _, l := range e.loops {
		e.running.Go(func() { e.runLoop(l) })
	}
	return e, nil
}

func (e *Engine) runLoop(l *Loop) {
	if err := l.run(); err != nil {
		e.log.Error("engine: a loop's poller failed", "loop", l.index, "err", err)
		e.failed <- fmt.Errorf("engine: loop %d: %w", l.index, err)
	}
}

// Loops are the engine's loops; the first is home. The slice is the caller's own.
func (e *Engine) Loops() []*Loop { return slices.Clone(e.loops) }

// Home is the first loop.
func (e *Engine) Home() *Loop { return e.loops[0] }

// Listen opens a port, or a unix socket, and serves what connects to it with s. It may be called at any time: before and
// while the engine runs, from any goroutine, from inside any callback. The address is "host:port" or "unix:/path", or has
// a network in front: tcp4://, tcp6://, unix://. Port 0 lets the system choose; see Listener.Addr. Of options at most one
// is used; none means the defaults.
//
// A taken port is an error that names the address, for which errors.Is(err, syscall.EADDRINUSE) holds. A socket file that
// a process left behind is replaced; any other file at the path is an error and stays as it is. After Shutdown: ErrClosed.
// A host that is a name is looked up, which can take long: on a loop, use numbers.
func (e *Engine) Listen(address string, s Server, options ...ListenOptions) (*Listener, error) {
	network, hostport, err := parseAddress(address)
	if err != nil {
		return nil, err
	}
	o := first(options)
	door, err := e.checkListen(s, &o)
	if err != nil {
		return nil, fmt.Errorf("engine: listen on %s: %w", address, err)
	}
	o = o.withDefaultsOf(s)
	sock, err := listenSocket(network, hostport, o)
	if err != nil {
		return nil, fmt.Errorf("engine: listen on %s: %w", address, err)
	}
	return e.serveOn(sock, s, o, door)
}

// first is the one of options that is used.
func first(options []ListenOptions) (o ListenOptions) {
	if len(options) > 0 {
		o = options[0]
	}
	return o
}

// checkListen refuses options that cannot be, and makes what stands in front of s with TLS, nil without.
func (e *Engine) checkListen(s Server, o *ListenOptions) (*door, error) {
	if o.Loop != nil && o.Loop.engine != e {
		return nil, errors.New("ListenOptions.Loop is another engine's")
	}
	if err := o.checkProxies(); err != nil {
		return nil, err
	}
	return e.door(s, o.TLS)
}

// serveOn makes a listener of a socket, which is closed if the engine stops.
func (e *Engine) serveOn(sock boundSocket, s Server, o ListenOptions, door *door) (*Listener, error) {
	ln := &Listener{engine: e, server: s, options: o, boundSocket: sock, loop: e.Home(), pin: e.placed(o, s), publishers: prefersHome(s)}
	if door != nil {
		ln.server, ln.door = door, door
	}
	if ln.pin != nil {
		ln.loop = ln.pin
	}
	if o.ProxyProtocol {
		ln.proxied = &proxyDoor{listener: ln, server: ln.server}
	}
	ln.addresses.most, ln.addresses.rate, ln.addresses.proxies = o.MaxPerAddress, o.AddressRate, o.TrustedProxies
	if err := e.register(ln); err != nil {
		_ = ln.Close()
		return nil, err
	}
	return ln, nil
}

// placed is the loop that all connections of a listener live on; nil: they are spread.
func (e *Engine) placed(o ListenOptions, s Server) *Loop {
	if o.Loop != nil {
		return o.Loop
	}
	if prefersHome(s) && !o.Spread {
		return e.Home()
	}
	return nil
}

func (e *Engine) register(ln *Listener) error {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.stopping {
		return ErrClosed
	}
	e.listeners = append(e.listeners, ln)
	return ln.loop.Post(ln.watch)
}

func (e *Engine) forget(ln *Listener) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.listeners = slices.DeleteFunc(e.listeners, func(other *Listener) bool { return other == ln })
}

// Listeners are those that are open. The slice is the caller's own.
func (e *Engine) Listeners() []*Listener {
	e.mu.Lock()
	defer e.mu.Unlock()
	return slices.Clone(e.listeners)
}

// leastLoaded is the loop with the fewest connections.
func (e *Engine) leastLoaded() *Loop {
	least := e.loops[0]
	for _, l := range e.loops[1:] {
		if l.open.Load() < least.open.Load() {
			least = l
		}
	}
	return least
}

// Run calls Options.OnStart on each loop, in the order of their numbers, then serves until ctx ends, and shuts down: nil
// when every connection got what it was owed, else the error of Shutdown. It also ends when OnStart returns an error, when
// Shutdown is called elsewhere (nil), or when the system's poller fails, with that error. Run can be called once:
// ErrRunning; after Shutdown: ErrClosed.
func (e *Engine) Run(ctx context.Context) error {
	if e.ran.Swap(true) {
		return ErrRunning
	}
	if e.isStopping() {
		return ErrClosed
	}
	err := e.start()
	if err == nil {
		select {
		case <-ctx.Done():
		case <-e.done:
		case err = <-e.failed:
		}
	}
	drain, cancel := context.WithTimeout(context.WithoutCancel(ctx), e.options.DrainTimeout)
	defer cancel()
	return cmp.Or(err, e.Shutdown(drain))
}

func (e *Engine) isStopping() bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.stopping
}

func (e *Engine) start() error {
	if e.options.OnStart == nil {
		return nil
	}
	for _, l := range e.loops {
		result := make(chan error, 1)
		if err := l.Post(func() { result <- callOnStart(e.options.OnStart, l) }); err != nil {
			return err
		}
		if err := <-result; err != nil {
			return err
		}
	}
	return nil
}

func callOnStart(onStart func(*Loop) error, l *Loop) (err error) {
	defer func() {
		if r := recover(); r != nil {
			l.stats.panics.Add(1)
			l.log.Error("engine: OnStart panicked", "loop", l.index, "panic", r, "stack", string(debug.Stack()))
			err = fmt.Errorf("%w: OnStart: %v", ErrPanic, r)
		}
	}()
	return onStart(l)
}
