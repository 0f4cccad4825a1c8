//go:build linux

package http

import (
	"net/netip"
	"sync"
	"time"

	"fanloop/engine"
)

// Server serves HTTP/1.1 and HTTP/1.0. Give a pointer to it to Engine.Listen; one Server may have several listeners. Its
// fields are set before that and not changed afterwards; each may be left out, and a limit of 0 means its default.
//
// Handlers run on the connection's loop, one at a time, and must not block. Answers leave in the order of the requests,
// whichever is ready first. A handler that panics has its request answered with 500, if its answer has not begun, and its
// connection closed.
type Server struct {
	// MaxHead limits the request line (414), the head (431) and the number of its fields (431), and, Head and Fields of it,
	// what follows a chunked body (431).
	MaxHead Limits
	// MaxBody is the most bytes of a body that a handler on the loop is given. Default 1 MiB. Beyond it: 413, before the
	// body is read when its length is announced.
	MaxBody int64
	// HeadTimeout is how long a head may take from its first byte to its last. Default 10 s. Beyond it: 408.
	HeadTimeout time.Duration
	// BodyTimeout is how long a body may bring nothing, or less than MinBodyRate. Default 30 s. Beyond it: 408, if no answer has
	// begun. A peer may take nothing of a streamed answer as long; beyond it, it is cut off.
	BodyTimeout time.Duration
	// MinBodyRate is how many bytes a second a body must bring on average in each BodyTimeout, so that nobody can hold a request for
	// hours with a byte now and then. Default 240; below 0, one byte in each BodyTimeout is enough.
	MinBodyRate int
	// IdleTimeout is how long a connection may bring no request, from its beginning or the last answer on. Default 75 s.
	// Beyond it: it is closed without a word, which no client takes for an answer.
	IdleTimeout time.Duration
	// RateExempt are networks whose connections are not held to the listener's MessageRate and ByteRate as long as they speak HTTP: who
	// connects from there may pass on the requests of many. The peers of a unix socket are exempt when any network is, and trusted
	// proxies (engine.ListenOptions.TrustedProxies) always. A WebSocket is one client's, and held to the rates. Default: nobody.
	RateExempt []netip.Prefix
	// MaxPipelined is how many requests of one connection may wait for their answers; beyond it the connection is not read
	// until it is half of that. Default 64.
	MaxPipelined int
	// MaxWriteAhead is how many bytes of a streamed answer may wait for a peer that does not read; beyond it Stream.Write
	// returns ErrFull until it is half of that. Default 256 KiB.
	MaxWriteAhead int
	// Workers is how many net/http handlers of Mount run at once. Default 16.
	Workers int
	// QueueLength is how many requests may wait for one of them. Default 1024. Beyond it: 503 with Retry-After.
	QueueLength int

	// OnRequest is called with a request that no route takes. Default: 404.
	OnRequest func(x *Exchange)
	// OnRefusal is called with a request that the server itself refuses, for its head, its body or its time, and may answer it, with
	// Respond. When it does not, the answer is the reason as a text. Of a head that could not be read, Head has what could.
	OnRefusal func(x *Exchange, r *Refusal)

	routes routes[destination]
	desks  desks
	pool   pool
}

func (s *Server) maxBody() int64 {
	if s.MaxBody > 0 {
		return s.MaxBody
	}
	return 1 << 20
}

func (s *Server) headTimeout() time.Duration { return orElse(s.HeadTimeout, 10*time.Second) }
func (s *Server) bodyTimeout() time.Duration { return orElse(s.BodyTimeout, 30*time.Second) }

// bodyQuota is how many bytes a body must bring within its time.
func (s *Server) bodyQuota() int {
	rate := s.MinBodyRate
	if rate == 0 {
		rate = 240
	}
	return max(1, int(float64(rate)*s.bodyTimeout().Seconds()))
}

func (s *Server) idleTimeout() time.Duration { return orElse(s.IdleTimeout, 75*time.Second) }
func (s *Server) maxPipelined() int          { return orElse(s.MaxPipelined, 64) }
func (s *Server) maxWriteAhead() int         { return orElse(s.MaxWriteAhead, 256<<10) }

func orElse[N ~int | ~int64](limit, standard N) N {
	if limit > 0 {
		return limit
	}
	return standard
}

// Serve makes the engine's handler of a connection; the engine calls it.
func (s *Server) Serve(conn *engine.Conn) engine.Handler {
	conn.SetFormat(format)
	return &session{conn: conn, server: s, desk: s.desks.of(conn.Loop(), s)}
}

// format: there is no place for messages of a hub between answers, only in an event stream.
var format = engine.NewFormat(
	func(_, _ []byte, _ bool) []byte { return nil },
	func(conn *engine.Conn, code int, _ string) {
		if s, ok := conn.Handler().(*session); ok {
			s.kicked(code)
		}
	},
)

// desks are the things that the connections of a loop share, for each loop.
type desks struct {
	mu  sync.Mutex
	all map[*engine.Loop]*desk
}

// of is called once a connection.
func (d *desks) of(l *engine.Loop, s *Server) *desk {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.all == nil {
		d.all = map[*engine.Loop]*desk{}
	}
	if d.all[l] == nil {
		d.all[l] = &desk{loop: l, head: &HeadDecoder{Limits: s.MaxHead}, limits: s.MaxHead, started: l.Now()}
	}
	return d.all[l]
}
