//go:build linux

package engine

import (
	"cmp"
	"net"
	"net/netip"
	"os"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/sys/unix"
)

// ListenOptions are a listener's; the zero value works.
type ListenOptions struct {
	// ReusePort lets several listeners, of this process or of others that ask for it too, share a TCP port; the kernel
	// spreads the connections. Off, because it also hides that a port was opened twice by mistake.
	ReusePort bool
	// SocketMode is the mode that the file of a unix socket is made with, less the bits of the umask: who may not write to
	// it cannot connect. Default 0777. Only the permission bits count.
	SocketMode os.FileMode
	// Loop, when it is set, is where all of the listener's connections live. Without it they are spread over the loops,
	// unless the server prefers home (HomeServer).
	Loop *Loop
	// Spread spreads the connections over the loops also when the server prefers home.
	Spread bool
	// MaxOutbox is how many bytes may wait for a peer that does not read, the high mark; half of it is the low mark. Default
	// 1 MiB. A push that would pass it is a matter of Slow, unless at most half of it waits and the push alone is within it.
	// The connection's own answers may pass it; then it is not read any more until it has drained to the low mark.
	MaxOutbox int
	// Slow is what becomes of pushes past MaxOutbox. Default CloseSlow.
	Slow SlowPolicy
	// MaxUnfinished is how many bytes of an unfinished message a handler may leave with the engine. Default 16 MiB.
	MaxUnfinished int
	// Linger is how long Close waits for a peer that neither reads what it is owed nor closes. Default 5 s.
	Linger time.Duration
	// MaxConnections is how many connections the listener may have open. One more is accepted and closed at once; so it is with
	// the next three limits. Default 1,048,576; below 0 there is no limit.
	MaxConnections int
	// MaxPerAddress is how many of them one address may have: of IPv6, all that share their first 64 bits. Default 1,024;
	// below 0 there is no limit. Loopback addresses, unix sockets and TrustedProxies are exempt, here and from AddressRate.
	MaxPerAddress int
	// AddressRate is how many new connections a second one address may open in the long run; four seconds' worth may come at
	// once. Default 100; below 0 there is no limit.
	AddressRate int
	// TrustedProxies are the networks of the proxies in front, which are believed when they say for whom they speak: by a PROXY
	// header (ProxyProtocol), and in the protocol, as codec/http does (Forwarded, X-Forwarded-For). Whoever is reached by such an
	// address could say anything, so they should be no wider than needed. They are exempt from the limits on an address. The peers of a
	// unix socket are trusted when any network is. Default: nobody.
	TrustedProxies []netip.Prefix
	// ProxyProtocol makes the connections of TrustedProxies begin with a PROXY header, version 1 or 2 of proxy-protocol.txt, in front
	// of TLS: without one, they are closed at once. RemoteAddr is then the client that it names, if any. Others are served without
	// one, and one that they send is taken for what the protocol makes of it.
	ProxyProtocol bool
	// ProxyTimeout is how long a connection may take to bring its PROXY header. Default 5 s. Beyond it: it is closed.
	ProxyTimeout time.Duration
	// UserTimeout is how long what has been sent to a peer over TCP may stay unacknowledged before the kernel ends the
	// connection (TCP_USER_TIMEOUT; OnClose gets ETIMEDOUT). Without it, a peer that has vanished keeps its place for a quarter
	// of an hour, if something is sent to it. A peer that is there but reads nothing for so long, while something waits for
	// it in the kernel, counts as gone too. Pausing our own reading does not. Default 30 s; of a HomeServer, whose peers may
	// write for long before they read the answers, the kernel's own, as below 0. Adopt leaves the socket as it is.
	UserTimeout time.Duration
	// MessageRate is how many messages a second one connection may send in the long run, and ByteRate how many bytes, as they come
	// over the wire. Four seconds' worth may come at once. What a message is the protocol says, by Conn.Count: a line; a WebSocket
	// message, Ping or Pong; an HTTP request. Default 0: no limit, because what is much depends on what is sent.
	MessageRate, ByteRate int
	// Fast is what becomes of a connection that sends more. Default PauseFast.
	Fast FastPolicy
	// KeepAlive is how long a TCP connection may be quiet before the kernel asks whether its peer is still there, and again after each
	// quarter of it. One that has not answered four times, or for UserTimeout, is gone (ETIMEDOUT). It is for protocols that are quiet
	// for long, as back ends' are: what is in use is not asked. Default 60 s, in whole seconds; below 0 nobody is asked.
	KeepAlive time.Duration
	// TLS, when it is set, makes the listener speak TLS. Default: it does not. Adopt refuses it.
	TLS *TLSOptions
}

// withDefaultsOf are those of a listener that s serves.
func (o ListenOptions) withDefaultsOf(s Server) ListenOptions {
	return o.patientWith(prefersHome(s)).withDefaults()
}

// patientWith has the kernel not give up those who publish: until they read their answers they acknowledge nothing.
func (o ListenOptions) patientWith(publishers bool) ListenOptions {
	if publishers {
		o.UserTimeout = cmp.Or(o.UserTimeout, -1)
	}
	return o
}

func (o ListenOptions) withDefaults() ListenOptions {
	if o.MaxOutbox <= 0 {
		o.MaxOutbox = 1 << 20
	}
	if o.MaxUnfinished <= 0 {
		o.MaxUnfinished = 16 << 20
	}
	if o.Linger <= 0 {
		o.Linger = 5 * time.Second
	}
	o.MaxConnections = cmp.Or(o.MaxConnections, defaultConnections)
	o.MaxPerAddress = cmp.Or(o.MaxPerAddress, 1024)
	o.AddressRate = cmp.Or(o.AddressRate, 100)
	if o.ProxyTimeout <= 0 {
		o.ProxyTimeout = 5 * time.Second
	}
	o.UserTimeout = cmp.Or(o.UserTimeout, 30*time.Second)
	o.KeepAlive = cmp.Or(o.KeepAlive, time.Minute)
	return o
}

// defaultConnections is more than most systems have memory for: a bound, not a guess at what this one can carry.
const defaultConnections = 1 << 20

// A Listener is one open port, or unix socket. Its methods may be called from any goroutine.
type Listener struct {
	engine  *Engine
	server  Server
	options ListenOptions
	boundSocket
	door    *door      // of TLS; nil without
	proxied *proxyDoor // of connections with a PROXY header; nil without
	loop    *Loop      // accepts
	pin     *Loop      // where the connections live; nil: spread

	publishers bool // its server is a HomeServer

	accepted  atomic.Uint64
	open      atomic.Int64
	addresses addresses

	tellings  tellings // that connections are turned away
	malformed tellings // that PROXY headers are

	mu     sync.Mutex
	closed bool

	// The accepting loop's own.
	limits  *ListenOptions // that have been set since; nil: options
	paused  *Timer         // runs while there are no descriptors left
	backoff time.Duration
	warned  time.Time // when a pause was logged last
	watched bool
	origins []*origin // by local address
}

// Addr is the address that the listener has: with the port that the system chose when port 0 was asked for.
func (ln *Listener) Addr() net.Addr { return ln.addr }

// Accepted is how many connections the listener has accepted.
func (ln *Listener) Accepted() uint64 { return ln.accepted.Load() }

// Open is how many of its connections are open.
func (ln *Listener) Open() int { return int(ln.open.Load()) }

// Close refuses new connections; the port is free when it returns. Connections that were accepted stay, those that the
// kernel has queued and nobody has accepted are reset. A second Close returns ErrClosed.
//
// Free means: to whoever sets SO_REUSEADDR, as servers and Go's net package do. To others, and for an abstract unix
// address, it is free when the accepting loop has come to it, and as for any server on TCP, when its connections are gone.
// A socket that others may hold too is theirs: see ListenOn.
func (ln *Listener) Close() error {
	ln.mu.Lock()
	defer ln.mu.Unlock()
	if ln.closed {
		return ErrClosed
	}
	ln.closed = true
	// The path goes first: nobody finds a socket there that does not answer.
	ln.unlink()
	// This alone refuses and frees the port; the descriptor is closed on its loop, which may be looking at it now.
	if !ln.shared {
		_ = unix.Shutdown(ln.fd, unix.SHUT_RDWR)
	}
	ln.engine.forget(ln)
	if ln.loop.Post(ln.remove) != nil {
		_ = unix.Close(ln.fd) // the loop has stopped
	}
	return nil
}

func (ln *Listener) isClosed() bool {
	ln.mu.Lock()
	defer ln.mu.Unlock()
	return ln.closed
}

// watch begins to accept. On the accepting loop.
func (ln *Listener) watch() {
	l := ln.loop
	l.listeners = append(l.listeners, ln)
	ln.resume()
}

// remove closes the descriptor. On the accepting loop.
func (ln *Listener) remove() {
	l := ln.loop
	l.listeners = slices.DeleteFunc(l.listeners, func(other *Listener) bool { return other == ln })
	if ln.watched {
		_ = l.sys.forget(l.poller.Delete, ln.fd)
	}
	ln.endPause()
	_ = unix.Close(ln.fd)
}

const acceptsPerTurn = 16

// accept takes some of those who wait. On the accepting loop.
func (ln *Listener) accept() {
	if ln.isClosed() {
		return // a unix socket still gives out those who were queued
	}
	for range acceptsPerTurn {
		if ln.door != nil && ln.door.room.crowded() {
			ln.pause(ErrHandshakes)
			return
		}
		if ln.engine.memory.spent.Load() {
			ln.pause(ErrMemory)
			return
		}
		fd, peer, err := ln.loop.sys.accept(ln.fd)
		switch err {
		case nil:
			ln.backoff = 0
			ln.receive(fd, endpointFrom(peer))
		case unix.EINTR, unix.ECONNABORTED, unix.EPROTO, unix.EPERM, unix.ENETDOWN, unix.ENETUNREACH, unix.EHOSTDOWN, unix.EHOSTUNREACH,
			unix.ENONET, unix.ENOPROTOOPT, unix.EOPNOTSUPP:
			// That one is gone (accept(2) lists what the network may have said of it); the next may be there.
		case unix.EAGAIN:
			return // nobody is left
		default:
			if !ln.isClosed() { // or EINVAL says so
				ln.pause(err)
			}
			return
		}
	}
}

// receive lets a new connection in, or turns it away.
func (ln *Listener) receive(fd int, peer endpoint) {
	if err := ln.admit(&peer); err != nil {
		ln.turnAway(fd, &peer, err)
		return
	}
	ln.loop.stats.accepted.Add(1)
	ln.accepted.Add(1)
	ln.hand(fd, peer)
}

// hand gives a new connection to its loop.
func (ln *Listener) hand(fd int, peer endpoint) {
	l := ln.pin
	if l == nil {
		l = ln.engine.leastLoaded()
	}
	c, s := newConn(l, fd, peer, ln), ln.entrance(&peer)
	l.open.Add(1)
	if l == ln.loop {
		l.adopt(c, s)
		return
	}
	if l.Post(func() { l.adopt(c, s) }) != nil {
		_ = l.sys.close(fd)
		ln.dismiss(c)
		l.open.Add(-1)
	}
}

// origin is that of a new connection. Its local address is what the peer connected to: the listener's own, unless that is a
// wildcard. Connections with the same share one.
func (ln *Listener) origin(fd int) *origin {
	var at endpoint
	if tcp, ok := ln.addr.(*net.TCPAddr); ok && tcp.IP.IsUnspecified() {
		if sa, err := unix.Getsockname(fd); err == nil {
			at = endpointFrom(sa)
		}
	}
	for _, known := range ln.origins {
		if known.at == at {
			return known
		}
	}
	limits := ln.held()
	o := &origin{limits: limits, listener: ln, local: ln.addr, at: at, costs: costsOf(limits)}
	if at.isTCP() {
		o.local = at.addr()
	}
	if len(ln.origins) < maxOrigins {
		ln.origins = append(ln.origins, o)
	}
	return o
}

// maxOrigins is how many local addresses a listener on a wildcard address remembers; further ones are not shared.
const maxOrigins = 16
