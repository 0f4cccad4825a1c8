//go:build linux

package text

import (
	"bytes"
	"crypto/sha256"
	"crypto/subtle"
	"errors"
	"sync/atomic"
)

// Auth is the token that peers have to show. Their first line is then
//
//	auth <token>
//
// and is answered "ok"; any other, and a wrong token, with "fail", and the connection closes with ErrAuth. One Auth may be that of
// several servers. Any goroutine may use it.
//
// The token should be long and random. Without TLS everybody on the way can read it.
type Auth struct {
	token  atomic.Pointer[[sha256.Size]byte]
	failed atomic.Uint64
	late   atomic.Uint64
}

// ErrAuth is the reason that a connection closes for when its peer has not shown the token.
var ErrAuth = errors.New("text: the peer has not shown the token")

const (
	authCommand = "auth "
	authOK      = "ok"
	authFail    = "fail"
	// maxAuthLine bounds a line, in bytes, of whom is not trusted yet.
	maxAuthLine = 4 << 10
)

// NewAuth makes one of a token; see Set.
func NewAuth(token string) *Auth {
	a := new(Auth)
	a.Set(token)
	return a
}

// Set replaces the token, for connections to come. "" asks for none, and then a line that begins with "auth" is like any other.
func (a *Auth) Set(token string) {
	if token == "" {
		a.token.Store(nil)
		return
	}
	sum := sha256.Sum256([]byte(token))
	a.token.Store(&sum)
}

// Failed is how many connections have been closed because of what they have shown, or not shown in time; those are Late too.
func (a *Auth) Failed() uint64 { return a.failed.Load() }

// Late is how many connections have been closed for AuthTimeout.
func (a *Auth) Late() uint64 { return a.late.Load() }

// wanted tells whether a token is asked for.
func (a *Auth) wanted() bool { return a != nil && a.token.Load() != nil }

// right tells whether it is the token. It takes the same time whatever is wrong with it, its length too.
func (a *Auth) right(token []byte) bool {
	want := a.token.Load()
	if want == nil {
		return true // it has been taken away a moment ago
	}
	sum := sha256.Sum256(token)
	return subtle.ConstantTimeCompare(sum[:], want[:]) == 1
}

// awaitAuth is called once, first: connects at once whom nothing is asked of.
func (s *session) awaitAuth() {
	server := s.server
	s.admitted = !server.Auth.wanted()
	if s.admitted || server.AuthOptional {
		s.connect()
		return
	}
	s.decoder.MaxLine = min(maxAuthLine, s.decoder.limit())
	s.timer = s.conn.Loop().After(server.authTimeout(), func() {
		s.server.Auth.late.Add(1)
		s.refuseAuth()
	})
}

func (s *session) connect() {
	s.connected = true
	if f := s.server.OnConnect; f != nil {
		f((*Conn)(s))
	}
}

// authorize looks at the first line, and tells whether it has been dealt with.
func (s *session) authorize(line []byte) bool {
	token, is := bytes.CutPrefix(line, []byte(authCommand))
	switch {
	case is && s.server.Auth.right(token):
		s.admit()
		_ = (*Conn)(s).Send([]byte(authOK)) // fails when it closes, by OnConnect too
		return true
	case !is && s.server.AuthOptional:
		s.admit()
		return false
	}
	s.refuseAuth()
	return true
}

func (s *session) admit() {
	s.stopTimer()
	s.admitted = true
	s.decoder.MaxLine = s.server.MaxLine
	if !s.connected {
		s.connect()
	}
}

func (s *session) refuseAuth() {
	s.stopTimer()
	s.server.Auth.failed.Add(1)
	s.conn.Loop().Logger().Info("text: no token, or a wrong one", s.conn.Log())
	s.refuse(ErrAuth, authFail)
}

func (s *session) stopTimer() {
	if s.timer != nil {
		s.timer.Stop()
		s.timer = nil
	}
}
