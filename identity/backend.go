package identity

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"log/slog"
	"net/http"
	"net/url"
	"sync"
	"time"
)

// Backend asks the application's back end who a client is, by an HTTP request for each. Its fields are set before it is used and not
// changed afterwards; but for URL each may be left out. Any goroutine may use it.
//
// The request is a POST with the client's Cookie and Authorization as they are, so that the back end's own sessions work, and a JSON body:
//
//	{"path":"/ws","query":"room=7","host":"www.example.com","origin":"https://www.example.com","address":"192.0.2.7"}
//
// The back end answers 200 and who it is, and the rest may be missing:
//
//	{"uid":"u1","groups":["staff"],"expires":1893456000}
//
// or 401 or 403 when it knows nobody like that. Anything else is wrong, redirects too, and lets nobody in.
type Backend struct {
	// URL is what to ask, http or https; it is not logged. A user and password in it are sent for clients without an Authorization of
	// their own: they say nothing of who asks, and the back end must not take the client for that user.
	URL string
	// Timeout is how long a client waits at most. Default 3 s.
	Timeout time.Duration
	// CacheTime is how long an answer is taken for true, and one that refuses for a tenth of it; never longer than what it says of
	// itself. Others that say exactly the same, from the same address, get it without a request. Default 10 s; less than 0: not at all.
	CacheTime time.Duration
	// MaxCached is how many answers are kept. Default 10,000.
	MaxCached int
	// MaxConcurrent is how many requests are under way at once. Default 32.
	MaxConcurrent int
	// MaxWaiting is how many more wait for their turn. Default 1,024. Beyond it: ErrBackendBusy.
	MaxWaiting int
	// MaxPerAddress is how many of both one address may have, of IPv6 a /64, so that nobody has them all. Default 256; less than 0: no
	// limit. This machine and unix sockets are exempt. Beyond it: ErrBackendBusy.
	MaxPerAddress int
	// Client makes the requests. Default: one without cookies, proxies and redirects.
	Client *http.Client
	// Logger is told of failures, one line in ten seconds. Default: slog.Default.
	Logger *slog.Logger
	// Now is the clock of the cache. Default time.Now.
	Now func() time.Time

	once   sync.Once
	client *http.Client
	ctx    context.Context
	cancel context.CancelFunc

	mu      sync.Mutex
	flights map[question]*flight
	queue   []*flight
	crowd   crowd
	running int
	cache   cache
	stats   BackendStats
	logged  time.Time
}

// Why the back end has let nobody in.
var (
	// ErrRefused: it does not know the client (401, 403).
	ErrRefused = errors.New("identity: the back end refuses")
	// ErrBackendSlow: it has not answered in time.
	ErrBackendSlow = errors.New("identity: the back end is too slow")
	// ErrBackendAbsent: it cannot be reached, or hangs up.
	ErrBackendAbsent = errors.New("identity: the back end cannot be reached")
	// ErrBackendAnswer: its answer is none that it may give.
	ErrBackendAnswer = errors.New("identity: the back end's answer is wrong")
	// ErrBackendBusy: more clients than MaxWaiting wait already, or more than MaxPerAddress of this one's address.
	ErrBackendBusy = errors.New("identity: too many ask the back end")
)

// BackendStats are what has happened since a Backend began.
type BackendStats struct {
	Asked    uint64 // requests made
	Cached   uint64 // clients that were answered from the cache
	Shared   uint64 // clients that shared a request with others
	Refused  uint64 // requests that ended so, as the next four
	Slow     uint64
	Absent   uint64
	Wrong    uint64
	Busy     uint64 // clients turned away
	Underway int    // of the moment: requests, those that wait for their turn too
}

// Stats may be called from any goroutine.
func (b *Backend) Stats() BackendStats {
	b.mu.Lock()
	defer b.mu.Unlock()
	s := b.stats
	s.Underway = len(b.flights)
	return s
}

// Credentials are what a client shows.
type Credentials struct {
	Cookie        string `json:"-"`
	Authorization string `json:"-"`
	Path          string `json:"path"`
	Query         string `json:"query"`
	Host          string `json:"host"`
	Origin        string `json:"origin,omitempty"`
	Address       string `json:"address,omitempty"` // without the port
}

// question is what is asked for, as the key of what was answered: nobody can be found by it.
type question [sha256.Size]byte

func (c *Credentials) question() question {
	h := sha256.New()
	for _, part := range []string{c.Cookie, c.Authorization, c.Path, c.Query, c.Host, c.Origin, c.Address} {
		var length [8]byte
		binary.BigEndian.PutUint64(length[:], uint64(len(part)))
		h.Write(length[:])
		h.Write([]byte(part))
	}
	return question(h.Sum(nil))
}

// flight is a request that is under way, or waits for its turn, and those who want to know.
type flight struct {
	question question
	said     Credentials
	deadline time.Time
	waiting  []func(Identity, error)
}

// Ask calls answer once: before it returns, when the answer is known, or from another goroutine. It never blocks. The error is one of
// the five above. The identity's Groups are not to be changed.
func (b *Backend) Ask(c Credentials, answer func(Identity, error)) {
	b.once.Do(b.begin)
	q := c.question()
	b.mu.Lock()
	if known, there := b.cache.get(q, b.now()); there {
		b.stats.Cached++
		b.mu.Unlock()
		answer(known.identity, known.err)
		return
	}
	if f := b.flights[q]; f != nil {
		b.stats.Shared++
		f.waiting = append(f.waiting, answer)
		b.mu.Unlock()
		return
	}
	if b.running >= b.maxConcurrent() && len(b.queue) >= b.maxWaiting() || !b.crowd.enter(c.Address, b.maxPerAddress()) {
		b.stats.Busy++
		b.mu.Unlock()
		answer(Identity{}, ErrBackendBusy)
		return
	}
	f := &flight{q, c, time.Now().Add(b.timeout()), []func(Identity, error){answer}}
	b.flights[q] = f
	if b.running < b.maxConcurrent() {
		b.running++
		go b.fly(f)
	} else {
		b.queue = append(b.queue, f)
	}
	b.mu.Unlock()
}

// fly makes the request, and those that wait for their turn after it.
func (b *Backend) fly(f *flight) {
	for f != nil {
		id, cause := b.call(f)
		f = b.land(f, id, cause)
	}
}

// land tells those who wait, and returns what is next.
func (b *Backend) land(f *flight, id Identity, cause error) (next *flight) {
	err := kindOf(cause)
	b.mu.Lock()
	delete(b.flights, f.question)
	b.crowd.leave(f.said.Address)
	b.count(err)
	b.keep(f.question, id, err)
	b.complain(err, cause)
	waiting := f.waiting
	if len(b.queue) > 0 {
		next = b.queue[0]
		b.queue[0] = nil
		b.queue = b.queue[1:]
	} else {
		b.running--
		b.queue = nil
	}
	b.mu.Unlock()
	for _, answer := range waiting {
		answer(id, err)
	}
	return next
}

func (b *Backend) count(err error) {
	b.stats.Asked++
	switch err {
	case ErrRefused:
		b.stats.Refused++
	case ErrBackendSlow:
		b.stats.Slow++
	case ErrBackendAbsent:
		b.stats.Absent++
	case ErrBackendAnswer:
		b.stats.Wrong++
	}
}

// complain logs a failure of the back end's, unless one has been logged a moment ago. The cause says nothing that a client
// has said.
func (b *Backend) complain(err, cause error) {
	now := b.now()
	if err == nil || err == ErrRefused || !b.logged.IsZero() && now.Sub(b.logged) < 10*time.Second {
		return
	}
	b.logged = now
	if address := (*url.Error)(nil); errors.As(cause, &address) {
		cause = address.Err // without the URL, which may have a password
	}
	log := b.Logger
	if log == nil {
		log = slog.Default()
	}
	log.Warn("identity: the back end does not say who clients are", "err", err, "cause", cause,
		"slow", b.stats.Slow, "absent", b.stats.Absent, "wrong", b.stats.Wrong)
}

// Close ends the requests under way: the clients that wait are told ErrBackendAbsent, and so are later ones.
func (b *Backend) Close() {
	b.once.Do(b.begin)
	b.cancel()
	b.client.CloseIdleConnections()
}

func (b *Backend) timeout() time.Duration { return positiveOr(b.Timeout, 3*time.Second) }
func (b *Backend) maxConcurrent() int     { return positiveOr(b.MaxConcurrent, 32) }
func (b *Backend) maxCached() int         { return positiveOr(b.MaxCached, 10_000) }
func (b *Backend) maxWaiting() int        { return positiveOr(b.MaxWaiting, 1024) }
func (b *Backend) maxPerAddress() int     { return cmp.Or(b.MaxPerAddress, 256) }

func positiveOr[N ~int | ~int64](n, standard N) N {
	if n > 0 {
		return n
	}
	return standard
}

func (b *Backend) now() time.Time {
	if b.Now != nil {
		return b.Now()
	}
	return time.Now()
}
