//go:build linux

package identity

import (
	"log/slog"
	"sync/atomic"
	"time"

	"fanloop/codec/websocket"
	"fanloop/engine"
	"fanloop/hub"
)

// CodeExpired is the close code of a connection whose identity has expired, in the range for applications (RFC 6455 7.4.2): the client
// may come back with a fresh token.
const CodeExpired = 4401

// Door lets clients in when it is known who they are, and binds them on a hub: uid and groups. Its fields are set before Guard and not
// changed afterwards. Hub has to be there, and one of Tokens and Backend.
//
// With Tokens, a WebSocket client shows its token in the request (Sources), and is refused with 401 if it is not right, or sends it as
// its first message:
//
//	{"token":"eyJ..."}
//
// Anything else as the first message, a token that is not right, or none in the time of FirstToken, is Close 1008. The same message
// with a fresh token, of the same uid, lets it stay for longer, and changes its groups by what the two tokens differ in; one that is
// not right is Close 1008. When its identity expires, or the token that it sends has expired already, the connection is closed with
// CodeExpired. An event stream has its token in the request (else 401), and comes back with a fresh one.
//
// With Backend, a WebSocket is opened first, and then closed: with 1008 when the back end refuses the client, with 1013 (try again
// later) when it is slow, absent, wrong or busy: scripts of a page see close codes, and no status. Until it has answered nothing is
// read. A request for an event stream is answered 403 when the back end refuses, 504 when it is slow, 502 when its answer is wrong,
// 503 otherwise.
type Door struct {
	Hub     *hub.Hub
	Tokens  *Verifier
	Backend *Backend
	Sources Sources
	// FirstToken is how long a client may take to send its token, if it has not shown one in its request. Default 10 s; less than 0: it
	// has to be in the request, else 401.
	FirstToken time.Duration

	after func(l *engine.Loop, d time.Duration, fn func()) timer // tests have their own

	admitted, refused, stale, missing, expired, refreshed, unanswered atomic.Uint64
}

// DoorStats are what has happened since a Door began.
type DoorStats struct {
	Admitted   uint64 // clients let in
	Refused    uint64 // tokens that were not right, and clients that the back end refused
	Stale      uint64 // of the tokens, those that had expired
	Missing    uint64 // clients that have shown no token
	Expired    uint64 // connections closed because their identity had expired
	Refreshed  uint64 // fresh tokens taken
	Unanswered uint64 // clients turned away because the back end was slow, absent, wrong or busy
}

// Stats may be called from any goroutine.
func (d *Door) Stats() DoorStats {
	return DoorStats{
		Admitted: d.admitted.Load(), Refused: d.refused.Load(), Stale: d.stale.Load(), Missing: d.missing.Load(),
		Expired: d.expired.Load(), Refreshed: d.refreshed.Load(), Unanswered: d.unanswered.Load(),
	}
}

// timer is an engine.Timer.
type timer interface {
	Stop() bool
	Reset(d time.Duration)
}

func (d *Door) wait(l *engine.Loop, t time.Duration, fn func()) timer {
	if d.after != nil {
		return d.after(l, t, fn)
	}
	return l.After(t, fn)
}

func (d *Door) now() time.Time {
	if d.Tokens != nil {
		return d.Tokens.now()
	}
	return d.Backend.now()
}

// Visit is what a Door keeps with a connection, as its Value. It belongs to the connection's loop.
type Visit struct {
	// Identity is whose connection it is; its UID is "" until that is known.
	Identity
	// Value is the user's own, in the place of the connection's.
	Value any

	timer timer        // for the first token, then until the identity expires
	said  *Credentials // while the back end has not been asked
}

// VisitOf is the Visit of a connection behind a Door, or of an exchange there; nil of others.
func VisitOf(c interface{ Value() any }) *Visit {
	v, _ := c.Value().(*Visit)
	return v
}

// LogValue is what log lines of the connection say of it.
func (v *Visit) LogValue() slog.Value {
	if !v.known() {
		return slog.GroupValue()
	}
	return slog.GroupValue(slog.String("uid", v.UID))
}

func (v *Visit) known() bool { return v.UID != "" }

func (v *Visit) stop() {
	if v.timer != nil {
		v.timer.Stop()
	}
}

// admit binds a connection whose identity is known.
func (d *Door) admit(c engine.Peer, v *Visit) {
	d.admitted.Add(1)
	d.wind(c, v)
	ref, uid, groups := c.Ref(), v.UID, v.Groups
	log := c.Loop().Logger()
	d.Hub.Do(c.Loop(), func(x *hub.Home) {
		err := x.Bind(ref, uid)
		for i := 0; err == nil && i < len(groups); i++ {
			err = x.Join(ref, groups[i])
		}
		settle(log, ref, uid, err)
	})
}

// settle is told by home what has become of it.
func settle(log *slog.Logger, ref engine.Ref, uid string, err error) {
	switch err {
	case nil:
		log.Debug("identity: bound", ref.Log(), "uid", uid)
	case hub.ErrGone:
	default:
		log.Info("identity: a client cannot be bound", ref.Log(), "err", err)
		_ = ref.Kick(websocket.StatusPolicyViolation, err.Error()) // fails when its loop has stopped
	}
}

// refresh takes a fresh token of the same uid, whose groups may be others.
func (d *Door) refresh(c engine.Peer, v *Visit, id Identity) {
	d.refreshed.Add(1)
	was := v.Groups
	v.Identity = id
	d.wind(c, v)
	ref, log := c.Ref(), c.Loop().Logger()
	d.Hub.Do(c.Loop(), func(x *hub.Home) {
		for _, group := range without(was, id.Groups) {
			x.Leave(ref, group)
		}
		for _, group := range without(id.Groups, was) {
			if err := x.Join(ref, group); err != nil {
				log.Info("identity: a client cannot join a group", ref.Log(), "err", err)
			}
		}
	})
}

// without are those of some that are not among others.
func without(some, others []string) (rest []string) {
	there := make(map[string]bool, len(others))
	for _, s := range others {
		there[s] = true
	}
	for _, s := range some {
		if !there[s] {
			rest = append(rest, s)
		}
	}
	return rest
}

// longestWait is how long a timer runs at most before the clock is asked again, which may have been set.
const longestWait = time.Hour

// wind sets the timer to when v expires.
func (d *Door) wind(c engine.Peer, v *Visit) {
	v.stop()
	if v.Expires.IsZero() {
		return
	}
	v.timer = d.wait(c.Loop(), min(v.Expires.Sub(d.now()), longestWait), func() { d.expire(c, v) })
}

func (d *Door) expire(c engine.Peer, v *Visit) {
	if d.now().Before(v.Expires) {
		d.wind(c, v)
		return
	}
	d.expired.Add(1)
	c.Loop().Logger().Debug("identity: expired", c.Ref().Log(), "uid", v.UID)
	_ = c.Ref().Kick(CodeExpired, "the identity has expired")
}
